"""Program errors and faults that follow from a program's text alone, with their places in the source."""

from collections.abc import Mapping

from arch import effects
from arch.config import Config
from arch.faults import Fault, ProgramError
from arch.isa.table import is_icu
from arch.program import Program
from arch.queues import queues
from compiler.asm.errors import Diagnostic
from compiler.asm.line import Line
from compiler.asm.schedule import CYCLE_LIMIT
from compiler.asm.strides import advance
from golden.analysis import analyze

_FAULTS = {
    Fault.DRY: "the queue runs dry",
    Fault.UNDEFINED: "the word is undefined",
    Fault.OVERFLOW: "the queue overflows",
    Fault.FETCH_BUSY: "Ifetch while the last block is still on its way",
    Fault.CONFIG_BUSY: "Config while another queue is not parked",
    Fault.REPEAT: "Repeat without an instruction to repeat",
    Fault.RANGE: "a stride leads out of range",
    Fault.INDEX: "a map leads out of range",
    Fault.MAP: "the map of Permute is no bijection",
    Fault.ABSENT: "Receive without a vector on the link",
    Fault.ECC: "a word is damaged",
}


def dataflow(program: Program, lines: Mapping[int, Line]) -> list[Diagnostic]:
    """What :func:`golden.analysis.analyze` finds wrong, once for each run of the source and kind of mistake.

    Parameters
    ----------
    program
        The program as it will boot.
    lines
        The queues that it was made of, for the places in the source.
    """
    config, found = program.config, analyze(program, limit=2 * CYCLE_LIMIT)
    complaints: dict[tuple[object, ...], Diagnostic] = {}
    for entry in sorted(found.errors, key=lambda e: (e.cycle, e.queue)):
        text = f"{entry.error.value} ({entry.detail})"
        if entry.error is ProgramError.DOUBLE_DRIVE:
            text = f"{entry.error.value} ({entry.detail}{_other(config, lines, entry.queue, entry.cycle)})"
        _add(config, complaints, lines, entry.queue, entry.cycle, entry.error, text)
    for fault in sorted(found.faults, key=lambda f: (f.cycle, f.queue)):
        cycle = fault.cycle - fault.superlane
        _add(config, complaints, lines, fault.queue, cycle, fault.fault, _FAULTS[fault.fault])
    if not complaints and not found.complete:
        return [Diagnostic(None, "the program does not come to an end")]
    return list(complaints.values())


def _add(
    config: Config,
    complaints: dict[tuple[object, ...], Diagnostic],
    lines: Mapping[int, Line],
    queue: int,
    cycle: int,
    kind: object,
    text: str,
) -> None:
    issued = lines[queue].where(cycle)
    where = issued[0].where if issued else None
    key = (queue, kind, where) if where else (queue, kind, cycle)
    complaints.setdefault(key, Diagnostic(where, f"{queues(config)[queue].name} cycle {cycle}: {text}"))


def _other(config: Config, lines: Mapping[int, Line], queue: int, cycle: int) -> str:
    """When and where the other producer of a register issued, as the end of a message."""
    mine = _drives(config, lines, queue, cycle)
    for index in lines:
        for late in sorted({0} | _lateness(config, lines, index)):
            for register, time in mine.items():
                issue = time - late
                if (index, issue) != (queue, cycle) and _drives(config, lines, index, issue).get(register) == time:
                    issued = lines[index].where(issue)
                    place = f", {issued[0].where}" if issued and issued[0].where else ""
                    return f"; the other is {queues(config)[index].name} at cycle {issue}{place}"
    return ""


def _drives(config: Config, lines: Mapping[int, Line], queue: int, cycle: int) -> dict[tuple[int, ...], int]:
    """Registers (direction, stream, position) that a queue's issue drives, and when."""
    issued = lines[queue].where(cycle)
    if issued is None or is_icu(issued[0].word):
        return {}
    return {
        (use.direction, use.stream + n, use.position or 0): cycle + use.offset
        for op in advance(issued[0].word, issued[1])
        for use in effects.drives(config, queues(config)[queue], op)
        for n in range(use.width)
    }


def _lateness(config: Config, lines: Mapping[int, Line], queue: int) -> set[int]:
    """Cycles from issue to result of what a queue drives."""
    return {
        use.offset
        for item in lines[queue].items()
        if not is_icu(item.word)
        for op in item.word
        for use in effects.drives(config, queues(config)[queue], op)
    }
