"""What follows from a program's text alone: when everything issues, and what is wrong whatever the data.

The same unrolling, links and definedness as the fast engine's (``golden.fast``), without any values. Inputs count as
defined. A Gather requires its whole range to be defined; a Scatter of defined words counts as defining its whole range,
for which of the words it stores to is data. Faults that hang on data (INDEX, MAP) do not show.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS
from arch.conveyor import Hemisphere
from arch.isa.icu import IFETCH
from arch.isa.spec import OPCODE_BITS
from arch.isa.table import Word
from arch.program import Program
from golden.fast.carry import boot_mask
from golden.fast.engine import Engine
from golden.fast.lane import Wait
from golden.lanes import Bytes
from golden.result import ErrorEntry, FaultEntry, TraceEntry

__all__ = ["LIMIT", "Analysis", "StaticError", "TextEntry", "Trace", "analyze"]

#: Cycles after which a program counts as one that never ends.
LIMIT = 1_000_000

_OPCODE = (1 << OPCODE_BITS) - 1


class StaticError(enum.Enum):
    """What only an analysis objects to; the value is the phrase of messages."""

    UNKNOWN_TEXT = "fetches text that is only known when it runs"


@dataclass(frozen=True)
class TextEntry:
    """An Ifetch whose text does not follow from the program alone; fields as those of ``ErrorEntry``."""

    queue: int
    cycle: int
    error: StaticError
    detail: str


@dataclass(frozen=True)
class Trace:
    """Runs of issues, a row each: ``n`` issues ``d`` cycles apart, of a word whose repeats count from ``repeat`` on.

    Attributes
    ----------
    queue, start, n, d, repeat : int64[runs]
    word : int64[runs]
        Index into ``words``.
    words
        The distinct words, decoded.
    """

    queue: NDArray[np.int64]
    start: NDArray[np.int64]
    n: NDArray[np.int64]
    d: NDArray[np.int64]
    repeat: NDArray[np.int64]
    word: NDArray[np.int64]
    words: tuple[Word | None, ...]


@dataclass(frozen=True)
class Analysis:
    """What is known of a program before it runs.

    Attributes
    ----------
    cycles
        Cycle in which the chip is idle; where ``complete`` is False, or the limit ended it, the cycle it was followed
        to.
    complete
        Whether the program was followed to its end: all text known, and idle before the limit.
    errors
        Program errors as a run reports them, by cycle, queue and name, and behind them Ifetches of unknown text.
    faults
        Faults of the queues and of the units, by queue and superlane.
    trace
        Issues of the units.
    control
        Issues of Ifetch, Sync, Notify and Config, by cycle and queue.
    """

    cycles: int
    complete: bool
    errors: tuple[ErrorEntry | TextEntry, ...]
    faults: tuple[FaultEntry, ...]
    trace: Trace
    control: tuple[TraceEntry, ...] = ()


def analyze(program: Program, *, limit: int = LIMIT) -> Analysis:
    """Follow a program without data; see the module's docstring."""
    data, known = _contents(program)
    engine = Engine(program, limit, data, boot_mask(program), known, values=False)
    while not engine.finished and engine.carry.start < limit:
        at = engine.carry.start
        engine.advance_to(engine.next_stop())
        if engine.stuck and engine.carry.start == at:
            break
    complete, end = False, engine.carry.start
    if engine.finished:
        ending = engine.ending()
        complete, end = not ending.stopped, ending.cycles
        engine.advance_to(end)
    remarks = engine.remarks
    queue_faults = [(f.queue, f.fault, f.cycle, f.count) for f in engine.unroller.queue_faults(end)]
    errors = (*remarks.sorted_errors(end), *_unknown(engine))
    return Analysis(
        end, complete, errors, remarks.sorted_faults(end, queue_faults), _trace(engine), _control(engine, end)
    )


def _contents(program: Program) -> tuple[Bytes, NDArray[np.bool_]]:
    """Memory of the program's own data, uint8[2, slices, 2, words, S, L], and which of its words are known.

    What the host fills is not.
    """
    config = program.config
    shape = (len(Hemisphere), config.slices, BANKS, config.bank_words)
    data = np.zeros((*shape, config.superlanes, config.lanes), np.uint8)
    known = np.ones(shape, np.bool_)
    if not any(word & _OPCODE == IFETCH.opcode for words in program.preload for word in words):
        return data, known  # no text is ever looked for: the zeros cost nothing, a copy of all data would
    for segment in program.data:
        rows = np.frombuffer(segment.data, np.uint8).reshape(-1, config.superlanes, config.lanes)
        bank, offset = divmod(segment.address, 1 << OFFSET_BITS)
        data[segment.hemisphere, segment.mem_slice, bank, offset : offset + len(rows)] = rows
    for region in program.regions:
        if region.role != "output":
            bank, offset = divmod(region.address, 1 << OFFSET_BITS)
            known[region.hemisphere, region.mem_slice, bank, offset : offset + region.rows] = False
    return data, known


def _unknown(engine: Engine) -> list[TextEntry]:
    """The oldest Ifetch of each queue that waits for text, if the queues wait for it."""
    if engine.finished:
        return []
    found: dict[int, TextEntry] = {}
    for _, block, _ in sorted(engine.unroller.text.open, key=lambda entry: entry[:1]):
        if block.lane.wait is Wait.TEXT:
            where = f"{block.direction.letter}{block.stream}"
            entry = TextEntry(block.lane.queue, block.cycle, StaticError.UNKNOWN_TEXT, where)
            found.setdefault(block.lane.queue, entry)
    return sorted(found.values(), key=lambda entry: (entry.cycle, entry.queue))


def _trace(engine: Engine) -> Trace:
    runs, words = engine.unroller.log.runs, engine.unroller.words
    used = sorted(set(runs.wid))
    place = {wid: number for number, wid in enumerate(used)}
    columns = (runs.queue, runs.start, runs.n, runs.d, runs.repeat, [place[wid] for wid in runs.wid])
    queue, start, n, d, repeat, word = (np.array(column, np.int64) for column in columns)
    return Trace(queue, start, n, d, repeat, word, tuple(words.word(wid) for wid in used))


def _control(engine: Engine, end: int) -> tuple[TraceEntry, ...]:
    """What the queues did for themselves before a cycle."""
    log, words = engine.unroller.log, engine.unroller.words
    found = [(t, queue, wid) for t, queue, wid in log.control if t < end]
    decoded = {wid: words.word(wid) or () for wid in {wid for _, _, wid in found}}
    return tuple(TraceEntry(t, queue, decoded[wid], 0) for t, queue, wid in sorted(found))
