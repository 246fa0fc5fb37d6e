"""What `superlane compile` tells of a program before it runs, for people and for machines."""

from typing import Any

from arch.config import Config
from arch.queues import Unit, queues
from compiler.schedule.facts import Facts
from scripts.commands.report import CLOCK_HZ
from scripts.commands.tables import columns, percent, unit_name

#: Operators of the critical path that people see, the longest ones; JSON has all.
SHOWN = 20


def record(name: str, config: Config, known: Facts, size: int) -> dict[str, Any]:
    """Everything, for JSON: counts, cycles, rows of memory, bytes."""
    return {
        "network": name,
        "machine": config.name,
        "fingerprint": config.fingerprint.hex(),
        "bytes": size,
        "cycles": known.cycles,
        "microseconds_at_900_mhz": known.cycles / CLOCK_HZ * 1e6,
        "drain": known.drain,
        "macs": known.macs,
        "macs_per_cycle_at_most": known.peak,
        "mxm_utilization": known.macs / (known.peak * known.cycles),
        "passes": known.passes,
        "reads": known.reads,
        "writes": known.writes,
        "units": {
            unit_name(unit): {"queues": use.queues, "used": use.used, "issued": use.issued}
            for unit, use in known.units.items()
        },
        "memory": {
            side.letter: {
                "slices": one.slices,
                "host": one.host,
                "constants": one.constants,
                "results": one.results,
                "text": one.text,
                "rows": one.capacity,
            }
            for side, one in known.memory.items()
        },
        "text": {
            "words": known.words,
            "at_boot": known.preloaded,
            "blocks": known.blocks,
            "bytes": known.text_bytes,
        },
        "operators": [
            {"name": one.name, "first": one.span.first, "last": one.span.last, "macs": one.macs}
            for one in known.operators
        ],
        "critical_path": [
            {"name": step.name, "first": step.first, "last": step.last, "cycles": step.cycles} for step in known.path
        ],
    }


def text(name: str, config: Config, known: Facts, size: int) -> str:
    """The same for people."""
    cycles, mxm = known.cycles, known.units[Unit.MXM_ACTIVATIONS]
    vxm, mem = known.units[Unit.VXM], known.units[Unit.MEM]
    facts = [
        f"network   {name}: {len(known.operators)} operators, a program of {size:,} bytes",
        f"machine   {config.name}: {config.superlanes} x {config.lanes}, {len(queues(config))} queues",
        f"cycles    {cycles:,} exactly ({cycles / CLOCK_HZ * 1e6:,.3f} us at {CLOCK_HZ // 10**6} MHz)",
        f"MXM       {known.macs:,} MACs, {percent(known.macs, known.peak * cycles)} % of the peak of {known.peak:,} a "
        f"cycle; planes multiply in {percent(known.passes, mxm.queues * cycles)} % of their cycles",
        f"VXM       {vxm.issued:,} instructions, {percent(vxm.issued, vxm.queues * cycles)} % of its ALUs' slots",
        f"MEM       {known.reads:,} reads and {known.writes:,} writes, "
        f"{percent(known.reads + known.writes, 2 * mem.queues * cycles)} % of what the slices can do",
        f"text      {known.words:,} words, {known.preloaded:,} of them in the queues at boot; {known.blocks:,} blocks "
        f"of {known.text_bytes:,} bytes are fetched",
    ]
    return "\n\n".join(("\n".join(facts), _units(known), _memory(known), _path(known)))


def _units(known: Facts) -> str:
    rows = [
        [
            unit_name(unit),
            str(use.queues),
            str(use.used),
            f"{use.issued:,}",
            percent(use.issued, use.queues * known.cycles),
        ]
        for unit, use in known.units.items()
        if use.issued
    ]
    return columns(["unit", "queues", "used", "instructions", "busy %"], rows)


def _memory(known: Facts) -> str:
    rows = []
    for side, one in known.memory.items():
        kinds = [f"{n:,}" for n in (one.host, one.constants, one.results, one.text, one.used)]
        rows.append([side.name.lower(), str(one.slices), *kinds, percent(one.used, one.capacity)])
    return columns(
        ["memory, rows", "slices", "host", "constants", "results", "text", "in use", "% of hemisphere"], rows
    )


def _path(known: Facts) -> str:
    chosen = sorted(known.path, key=lambda step: -step.cycles)[:SHOWN]
    rows = [
        [step.name, f"{step.first:,}", f"{step.last:,}", f"{step.cycles:,}", percent(step.cycles, known.cycles)]
        for step in known.path
        if step in chosen
    ]
    if len(known.path) > SHOWN:
        rest = known.path[-1].last + 1 - sum(step.cycles for step in chosen)
        rows.append([f"{len(known.path) - SHOWN} others", "", "", f"{rest:,}", percent(rest, known.cycles)])
    drain = known.cycles - (known.path[-1].last + 1 if known.path else 0)
    rows.append(["until the chip is idle", "", "", f"{drain:,}", percent(drain, known.cycles)])
    return columns(["critical path", "from", "to", "cycles", "%"], rows)
