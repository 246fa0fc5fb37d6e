"""How fast machines are simulated, and what their units cost, from kept records: a part of `docs/full-chip.md`, which
`make bench` prints, too."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from arch.config import PRESETS, Config
from arch.rates import rates
from scripts.bench.programs import UNITS
from scripts.full.sizes import SIZES
from scripts.pages.markdown import table

#: Loads whose speed is shown.
LOADS = ("idle", "streaming", "busy")
_SPEEDS = (
    "machine",
    "threads",
    *(f"{load}, cycles/s" for load in LOADS),
    *(f"int8 MAC/s, {load}" for load in LOADS[1:]),
    "golden model, busy",
)
#: What a unit costs is the difference of two loads, from one to the next of these.
_STAGES = ("idle", "streaming", *(f"busy{n}" for n in range(1, len(UNITS))), "busy")
_COSTS = ("machine", "nothing busy", "MXM, its memory", *UNITS, "all")


def text(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """Tables of the speeds of machines, in the order of their records, and of what units cost."""
    measured = any(_cost(name, record) for name, record in kept.items())
    costs = _UNIT_COSTS.format(costs=table_of(kept, _COSTS, _cost)) if measured else _SHARES
    return _TEXT.format(speeds=table_of(kept, _SPEEDS, _speed), ratio=_ratio(kept), costs=costs)


def machines() -> Mapping[str, Config]:
    """All machines by name."""
    return {**PRESETS, **SIZES}


def macs(config: Config) -> int:
    """Multiply-accumulations of int8 in a cycle."""
    return rates(config)["int8_macs_per_cycle"]


def rate(run: Mapping[str, Any], threads: str) -> float:
    """Clock cycles in a second: of a processor, where there is one thread, for other work on it then counts little."""
    return run.get("work", 0.0) if threads == "1" else run["speed"]


def table_of(
    kept: Mapping[str, Mapping[str, Any]],
    heads: Sequence[str],
    rows: Callable[[str, Mapping[str, Any]], list[list[str]]],
) -> str:
    """A table of what rows say of each machine."""
    found = (row for name in kept for row in rows(name, kept[name]))
    return table(heads, found, numbers=range(1, len(heads)))


def _speed(name: str, record: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for threads, runs in sorted(record.get("runs", {}).items()):
        speeds = [f"{rate(runs[load], threads):,.0f}" if load in runs else "" for load in LOADS]
        size = macs(machines()[name])
        made = [f"{size * rate(runs[load], threads):.2g}" if load in runs else "" for load in LOADS[1:]]
        golden = f"{runs['busy']['golden']:,.0f}" if "busy" in runs else ""
        rows.append([name, threads, *speeds, *made, golden])
    return rows


def _cost(name: str, record: Mapping[str, Any]) -> list[list[str]]:
    """Microseconds of a processor for a clock cycle: of an idle chip, of what is added from load to load, of all."""
    runs = record.get("runs", {}).get("1", {})
    if not all(stage in runs for stage in _STAGES):
        return []
    times = [1e6 / rate(runs[stage], "1") for stage in _STAGES]
    parts = [times[0], *(after - before for before, after in pairwise(times)), times[-1]]
    return [[name, *(f"{part:,.0f}" for part in parts)]]


def _ratio(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """How the smallest and the largest machine compare where every unit is busy, by the MACs that they make."""
    made = {
        name: macs(machines()[name]) * rate(runs["busy"], "1")
        for name in kept
        if "busy" in (runs := kept[name].get("runs", {}).get("1", {}))
    }
    if len(made) < 2:
        return ""
    small, large = next(iter(made)), list(made)[-1]
    more = made[large] / made[small]
    return (
        f"With every unit busy, `{large}` makes {more:.0f} times as many multiply-accumulations in a second of a\n"
        f"processor as `{small}`: the same number of them takes {1 / more:.1%} of the time."
    )


_TEXT = """\
Clock cycles from the start of a program to its end, on the two cores of the computer of the project's development:
with one thread in a second of a processor, with more in a second, other work going on in either case. The golden
model's are those in a second.

{speeds}

{ratio}

{costs}"""
_UNIT_COSTS = """\
What each unit costs: microseconds of a processor for a clock cycle, by the differences of programs in which ever more
is busy, on one thread. *Memory* are the slices of weights, which store sums whenever they do not read.

{costs}"""
_SHARES = """\
What each unit costs at `full`, every unit busy, by the profile of [decision 9](decisions/0009-simulation-speed.md):
the MXM 37 % of the time, the VXM 17, columns and what else is the superlane's own 11, copies of memory 7, the SXM 7,
the rim 6, MEM 4, what is handed from superlane to superlane 3, checkers 2."""
