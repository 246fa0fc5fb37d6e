"""What happened beside what was promised: they must coincide, issue by issue."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from arch.isa.table import decode, encode
from arch.queues import Unit, queues
from compiler.asm.strides import advance
from compiler.asm.trace import Happened, Mark, spelled
from scripts.timeline.extract import Promise, keys

#: Kinds of differences, each with what it says.
MISSING, EXTRA, OTHER, FAULT, ABSENT, TEXT = "missing", "extra", "other", "fault", "absent", "meta"
MEANINGS = {
    MISSING: "promised, and did not happen",
    EXTRA: "happened, and was not promised",
    OTHER: "another instruction than promised",
    FAULT: "a fault that was not foreseen",
    ABSENT: "a fault that was foreseen, and did not come",
    TEXT: "predicted by the compiler, and not in the program's text",
}


@dataclass(frozen=True)
class Difference:
    """One issue or fault in which the two differ; either text may be empty."""

    kind: str
    cycle: int
    queue: int
    promised: str = ""
    happened: str = ""


@dataclass(frozen=True)
class Comparison:
    """All in which a trace, or the compiler's prediction, differs from the promise.

    Attributes
    ----------
    issues
        Issues of the trace that were compared; None without a trace.
    differences
        By cycle and queue.
    cycles
        (what says so, cycles) that are not those of the promise.
    marks
        Faults and errors of the trace.
    """

    issues: int | None
    differences: tuple[Difference, ...]
    cycles: tuple[tuple[str, int], ...]
    marks: tuple[Mark, ...] = ()

    @property
    def count(self) -> int:
        """Differences in all."""
        return len(self.differences) + len(self.cycles)


def compare(promise: Promise, happened: Happened | None) -> Comparison:
    """Lay what happened, if anything did, and what `meta` predicts beside a promise."""
    cycles, found = [], []
    if promise.meta.predicted is not None and promise.complete and promise.meta.predicted != promise.cycles:
        cycles.append(("the compiler predicts", promise.meta.predicted))
    gap = promise.gap
    found += [Difference(TEXT, t, q) for q, t in zip(gap.queue.tolist(), gap.cycle.tolist(), strict=True)]
    if happened is not None:
        if happened.cycles is not None and happened.cycles != promise.cycles:
            cycles.append(("the trace took", happened.cycles))
        found += _issues(promise, happened)
        if happened.cycles is not None:
            found += _faults(promise.marks, happened.marks)
    found.sort(key=lambda entry: (entry.cycle, entry.queue))
    count, marks = (None, ()) if happened is None else (len(happened.cycle), happened.marks)
    return Comparison(count, tuple(found), tuple(cycles), marks)


def _issues(promise: Promise, happened: Happened) -> list[Difference]:
    runs = promise.runs
    rows, number = runs.expand()
    queue, cycle = runs.queue[rows], runs.start[rows] + number * runs.d[rows]
    repeat, word = runs.repeat[rows] + number, runs.word[rows]
    # Where the promise ends, because its text is not known further, nothing is compared.
    seen = slice(None) if promise.complete else happened.cycle < promise.cycles
    happened_queue, happened_cycle = happened.queue[seen], happened.cycle[seen]
    happened_word, happened_repeat = happened.word[seen], happened.repeat[seen]
    own, theirs = keys(queue, cycle), keys(happened_queue, happened_cycle)
    order = np.argsort(own, kind="stable")
    own, queue, cycle, repeat, word = own[order], queue[order], cycle[order], repeat[order], word[order]
    _, mine, other = np.intersect1d(own, theirs, assume_unique=True, return_indices=True)
    values = [encode(entry) for entry in runs.words]
    known = {value: number for number, value in enumerate(happened.words)}
    same_id = np.array([known.get(value, -1) for value in values], np.int64)
    units = [entry.unit for entry in queues(promise.program.config)]
    plain = (same_id[word[mine]] == happened_word[other]) & (repeat[mine] == happened_repeat[other])
    found = []

    def promised_text(at: int) -> str:
        return _text(units[queue[at]], values[word[at]], int(repeat[at]))

    def happened_text(at: int) -> str:
        return _text(units[happened_queue[at]], happened.words[happened_word[at]], int(happened_repeat[at]))

    for at, its in zip(mine[~plain].tolist(), other[~plain].tolist(), strict=True):
        # Hardware has added the strides; the golden model tells how often they count.
        unit = units[queue[at]]
        one = effective(unit, values[word[at]], int(repeat[at]))
        two = effective(unit, happened.words[happened_word[its]], int(happened_repeat[its]))
        if one != two:
            texts = promised_text(at), happened_text(its)
            found.append(Difference(OTHER, int(cycle[at]), int(queue[at]), *texts))
    for at in _without(len(own), mine):
        found.append(Difference(MISSING, int(cycle[at]), int(queue[at]), promised_text(at), ""))
    for at in _without(len(theirs), other):
        found.append(Difference(EXTRA, int(happened_cycle[at]), int(happened_queue[at]), "", happened_text(at)))
    return found


def _without(count: int, some: NDArray[np.int64]) -> list[int]:
    left = np.ones(count, np.bool_)
    left[some] = False
    return np.flatnonzero(left).tolist()


@lru_cache(maxsize=1 << 16)
def effective(unit: Unit, value: int, repeat: int) -> int:
    """The word as the unit gets it: strides added ``repeat`` times."""
    word = decode(value, unit)
    return value if word is None or not repeat else encode(advance(word, repeat))


def _text(unit: Unit, value: int, repeat: int) -> str:
    word = decode(effective(unit, value, repeat), unit)
    return f".word {value:#x}" if word is None else spelled(word)


def _faults(promised: tuple[Mark, ...], happened: tuple[Mark, ...]) -> list[Difference]:
    """Faults of queue and superlane, the first of each as the hardware keeps it; errors are a model's to see."""
    mine, theirs = (
        {(m.cycle, m.queue, m.superlane, m.text) for m in ms if m.kind == "fault"} for ms in (promised, happened)
    )
    found = [Difference(ABSENT, c, q, f"{text} in superlane {k}", "") for c, q, k, text in mine - theirs]
    return found + [Difference(FAULT, c, q, "", f"{text} in superlane {k}") for c, q, k, text in theirs - mine]
