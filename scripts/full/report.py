"""What `make full` prints and writes."""

from collections.abc import Mapping, Sequence
from typing import Any

from arch.config import Config
from arch.rates import PUBLISHED, rates
from scripts.full.runner import Ran
from scripts.pages.markdown import table

#: Names of the published figures, for people.
NAMES: Mapping[str, str] = {
    "dot_product_cycles": "cycles through the supercells of a plane",
    "plane_load_cycles": "cycles to load a plane's weights",
    "all_planes_load_cycles": "cycles to load all planes, transit included",
    "hemisphere_hops": "hops across a hemisphere",
    "barrier_cycles": "cycles from Notify to release",
    "int8_macs_per_cycle": "int8 multiply-accumulations in a cycle",
}


def line(ran: Ran) -> str:
    """A program, and whether all is equal."""
    state = "equal" if not ran.differences else "DIFFERENT"
    took = f"{ran.outcome.cycles:>8,} cycles{ran.work:>9,.0f} cycles/s of a processor"
    return f"{ran.case.name:10}{state:>10}{took}  {ran.case.title}"


def unlike(config: Config, measured: Mapping[str, int]) -> list[str]:
    """Measured figures that are not those of the timing table, or not as published."""
    derived = rates(config)
    found = [
        f"{NAMES[name]}: {value:,} on the hardware, {derived[name]:,} by the timing table"
        for name, value in measured.items()
        if value != derived[name]
    ]
    if config.name != "full":
        return found
    return found + [
        f"{NAMES[name]}: {value:,} on the hardware, published {PUBLISHED[name]:,}"
        for name, value in measured.items()
        if (value > PUBLISHED[name] if name == "all_planes_load_cycles" else value != PUBLISHED[name])
    ]


def figures(config: Config, measured: Mapping[str, int]) -> str:
    """Table of the measured figures."""
    published = config.name == "full"
    heads = ("figure", "hardware", "timing table", *(("published",) if published else ()))
    rows = []
    for name, value in measured.items():
        known = "under 40" if name == "all_planes_load_cycles" else f"{PUBLISHED[name]:,}"
        rows.append([NAMES[name], f"{value:,}", f"{rates(config)[name]:,}", *((known,) if published else ())])
    return table(heads, rows, numbers=range(1, len(heads)))


def programs(found: Sequence[Ran]) -> str:
    """Table of the programs."""
    heads = ("program", "what it does", "cycles", "against the golden model", "clock cycles a second of a processor")
    rows = []
    for ran in found:
        state = "equal" if not ran.differences else "; ".join(ran.differences)
        rows.append((ran.case.name, ran.case.title, f"{ran.outcome.cycles:,}", state, f"{ran.work:,.0f}"))
    return table(heads, rows, numbers=(2, 4))


def text(config: Config, found: Sequence[Ran], measured: Mapping[str, int], kept: Mapping[str, Any]) -> str:
    """The report, Markdown."""
    parts = [f"# {config.name} in the hardware", programs(found)]
    parts += ["## Figures", figures(config, measured)] if measured else []
    effort = [
        f"{step}: {took['seconds']:,} s, {took['processor']:,} s of processors, {took['peak_mib']:,} MiB"
        for step in ("export", "superlane", "rim")
        if (took := kept.get(step))
    ]
    return "\n\n".join([*parts, *(["## Effort", *effort] if effort else [])]) + "\n"
