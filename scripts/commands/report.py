"""The report of a run: cycles, faults, program errors, utilization, throughput; for people and for machines."""

from dataclasses import dataclass

import numpy as np

from arch.queues import Queue, Unit, queues
from arch.rates import rates
from golden.result import ErrorEntry, FaultEntry, Result
from scripts.commands.tables import columns, percent, unit_name

#: Clock of the throughput figures (published: 900 MHz).
CLOCK_HZ = 900_000_000
#: Lines of faults and of program errors that people see; JSON has all.
SHOWN = 20


@dataclass(frozen=True)
class Use:
    """Use of the queues of one unit: how many there are and issued anything, instructions, cycles parked."""

    unit: Unit
    queues: int
    used: int
    issued: int
    parked: int


@dataclass(frozen=True)
class Ran:
    """A run and what it took.

    Attributes
    ----------
    result
        What it gave.
    seconds
        Of this machine.
    engine
        Who ran it: the golden model, or the hardware, which knows neither multiplications, nor program errors, nor what
        is undefined.
    golden
        The golden model's run of the same, where it is known: it supplies what the hardware does not know.
    differences
        In what the two differ, if they were compared.
    """

    result: Result
    seconds: float
    engine: str = "golden"
    golden: Result | None = None
    differences: list[str] | None = None

    @property
    def known(self) -> Result | None:
        """The golden model's run, if there is one."""
        return self.result if self.engine == "golden" else self.golden


def uses(result: Result) -> list[Use]:
    """Use by kind of unit, in the order of the manual."""
    chip, counters = queues(result.program.config), result.counters
    found = []
    for unit in Unit:
        own = [queue.index for queue in chip if queue.unit is unit]
        issued, parked = counters.issued[own], counters.parked[own]
        found.append(Use(unit, len(own), int(np.count_nonzero(issued)), int(issued.sum()), int(parked.sum())))
    return found


def text(ran: Ran) -> str:
    """The report for people."""
    result, known = ran.result, ran.known
    config, cycles = result.program.config, result.cycles
    state = "stopped at the limit; the program had not ended" if result.stopped else "until idle"
    facts = [
        f"machine   {config.name}: {config.superlanes} x {config.lanes}, {len(queues(config))} queues",
        f"cycles    {cycles:,} {state} ({cycles / CLOCK_HZ * 1e6:,.3f} us at {CLOCK_HZ // 10**6} MHz)",
        f"{ran.engine:9} {ran.seconds:.2f} s, {cycles / max(ran.seconds, 1e-9):,.0f} cycles/s",
        *([f"MACs      {_macs(known)}"] if known else []),
        f"VXM       {_elements(result)}",
        f"corrected {int(result.counters.corrected.sum()):,} single bit errors",
    ]
    if ran.differences is not None:
        facts.append(f"compare   {_verdict(ran)}")
    blocks = ["\n".join(facts), _unit_table(result), _queue_table(result)]
    blocks += _findings("faults", [fault_line(result, entry) for entry in result.faults])
    if known:
        blocks += _findings("program errors", [error_line(known, entry) for entry in known.errors])
        unknown = [f"{n}: {count} words" for n, count in undefined_outputs(known).items()]
        blocks += _findings("undefined outputs", unknown)
    else:
        blocks.append("program errors: not seen by the hardware; --compare asks the golden model")
    if ran.differences:
        blocks.append("\n".join(["differences:", *(f"  {line}" for line in ran.differences)]))
    return "\n\n".join(block for block in blocks if block)


def _verdict(ran: Ran) -> str:
    if ran.differences:
        return "DIFFERENT from the golden model, see below"
    if ran.result.stopped:
        return "stopped at the limit like the golden model; nothing else is compared"
    return "equal: outputs, cycles, faults, corrected words and counters are the golden model's"


def _macs(result: Result) -> str:
    total, peak = int(result.counters.macs.sum()), rates(result.program.config)["int8_macs_per_cycle"]
    rate = total / max(result.cycles, 1)
    return f"{total:,}, {rate:,.1f} per cycle, {percent(rate, peak)} % of the int8 peak of {peak:,}"


def _elements(result: Result) -> str:
    """Element operations of the ALUs; those of dark superlanes count too."""
    config = result.program.config
    (vxm,) = (use for use in uses(result) if use.unit is Unit.VXM)
    total, peak = vxm.issued * config.vector, rates(config)["alus"]
    rate = total / max(result.cycles, 1)
    return f"{total:,} element operations, {rate:,.1f} per cycle, {percent(rate, peak)} % of {peak:,}"


def _unit_table(result: Result) -> str:
    rows = []
    for use in uses(result):
        if use.queues:
            whole = use.queues * result.cycles
            shares = [percent(use.issued, whole), percent(use.parked, whole)]
            rows.append([unit_name(use.unit), str(use.queues), str(use.used), f"{use.issued:,}", *shares])
    return columns(["unit", "queues", "used", "instructions", "busy %", "parked %"], rows)


def _queue_table(result: Result) -> str:
    rows = []
    for queue in _active(result):
        issued, parked = int(result.counters.issued[queue.index]), int(result.counters.parked[queue.index])
        rows.append([queue.name, f"{issued:,}", percent(issued, result.cycles), percent(parked, result.cycles)])
    return columns(["queue", "instructions", "busy %", "parked %"], rows) if rows else "no queue issued anything"


def _active(result: Result) -> list[Queue]:
    return [queue for queue in queues(result.program.config) if result.counters.issued[queue.index]]


def _findings(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return [] if title.startswith("undefined") else [f"{title}: none"]
    more = [f"  and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return ["\n".join([f"{title}: {len(lines)}", *(f"  {line}" for line in lines[:SHOWN]), *more])]


def fault_line(result: Result, entry: FaultEntry) -> str:
    """One fault: where, when, what."""
    name = queues(result.program.config)[entry.queue].name
    more = f", {entry.count} in all" if entry.count > 1 else ""
    return f"{name} superlane {entry.superlane} cycle {entry.cycle}: {entry.fault.name}{more}"


def error_line(result: Result, entry: ErrorEntry) -> str:
    """One program error: where, when, what."""
    name = queues(result.program.config)[entry.queue].name
    return f"{name} cycle {entry.cycle}: {entry.error.value} ({entry.detail})"


def undefined_outputs(result: Result) -> dict[str, int]:
    """Words of the host's outputs that nothing defined, by region."""
    names = dict.fromkeys(region.name for region in result.program.regions if region.role != "input")
    counts = {name: int(np.count_nonzero(~result.region_defined(name))) for name in names}
    return {name: count for name, count in counts.items() if count}


def clean(result: Result) -> bool:
    """Whether the run ended by itself, without fault and program error."""
    return not (result.stopped or result.faults or result.errors)


def record(ran: Ran) -> dict:
    """The report for machines; null is what the hardware does not know."""
    result, known = ran.result, ran.known
    config, counters = result.program.config, result.counters
    chip = queues(config)
    compared = {} if ran.differences is None else {"differences": ran.differences}
    return {
        "machine": config.name,
        "fingerprint": config.fingerprint.hex(),
        "engine": ran.engine,
        "cycles": result.cycles,
        "stopped": result.stopped,
        "clean": clean(result),
        "seconds": round(ran.seconds, 6),
        "macs": int(known.counters.macs.sum()) if known else None,
        "corrected": int(counters.corrected.sum()),
        "units": {
            unit_name(use.unit): {"queues": use.queues, "used": use.used, "issued": use.issued, "parked": use.parked}
            for use in uses(result)
        },
        "queues": {
            queue.name: {
                "issued": int(counters.issued[queue.index]),
                "parked": int(counters.parked[queue.index]),
                "corrected": int(counters.corrected[queue.index].sum()),
            }
            for queue in chip
        },
        "faults": [
            {
                "queue": chip[entry.queue].name,
                "superlane": entry.superlane,
                "fault": entry.fault.name,
                "cycle": entry.cycle,
                "count": entry.count,
            }
            for entry in result.faults
        ],
        "errors": [_error(known, entry) for entry in known.errors] if known else None,
        "undefined_outputs": undefined_outputs(known) if known else None,
        **compared,
    }


def _error(result: Result, entry: ErrorEntry) -> dict:
    return {
        "queue": queues(result.program.config)[entry.queue].name,
        "cycle": entry.cycle,
        "error": entry.error.name,
        "message": entry.error.value,
        "detail": entry.detail,
    }
