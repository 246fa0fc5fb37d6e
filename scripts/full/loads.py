"""Programs that keep the whole chip busy, or idle, for its speed in simulation; compared like the others."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from arch.config import Config
from arch.program import Program
from scripts.bench import programs
from scripts.full.case import Case

#: Cycles of each: long enough for the second load of weights, and short enough for a chip of this size.
CYCLES = 1200


def _load(name: str, title: str, make: Callable[[Config, int], Program]) -> Callable[[Config], Case]:
    return lambda config: Case(name, title, make(config, CYCLES))


#: By name.
LOADS: Mapping[str, Callable[[Config], Case]] = MappingProxyType(
    {
        "idle": _load("idle", "nothing but waiting", programs.idle),
        "streaming": _load("streaming", "all planes and their memories busy", programs.streaming),
        "busy": _load("busy", "every unit busy", programs.every_unit),
    }
)
