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


def _with(count: int) -> Callable[[Config, int], Program]:
    return lambda config, cycles: programs.with_units(config, cycles, count)


#: By name; from one to the next of them units are added, so that differences tell what each costs.
LOADS: Mapping[str, Callable[[Config], Case]] = MappingProxyType(
    {
        "idle": _load("idle", "nothing but waiting", programs.idle),
        "streaming": _load("streaming", "all planes and their memories busy", programs.streaming),
        **{
            f"busy{n}": _load(f"busy{n}", f"as streaming, and {', '.join(list(programs.UNITS)[:n])}", _with(n))
            for n in range(1, len(programs.UNITS))
        },
        "busy": _load("busy", "every unit busy", programs.every_unit),
    }
)
