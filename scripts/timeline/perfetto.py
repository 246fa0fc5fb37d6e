"""The schedule in the trace event format of Chrome, which Perfetto reads: a process per group of queues, a thread per
queue, a slice per run. A cycle is written as a microsecond, the unit of the format."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from arch.queues import Unit, queues
from compiler.asm.strides import advance
from compiler.asm.trace import spelled
from scripts.commands.tables import unit_name
from scripts.timeline.compare import MEANINGS, Comparison
from scripts.timeline.extract import Promise
from scripts.timeline.page import group_of, rows

#: Process of the operators; those of the groups follow.
_OPERATORS = 1
#: Process of the counters.
_COUNTERS = 1000
#: Points of each counter.
_POINTS = 1000


def perfetto(promise: Promise, comparison: Comparison) -> str:
    """Text of the file, an event a line."""
    events = ",\n".join(json.dumps(event, separators=(",", ":")) for event in _events(promise, comparison))
    head = {"displayTimeUnit": "ns", "otherData": {"unit": "1 us is 1 cycle", "cycles": promise.cycles}}
    return f'{json.dumps(head)[:-1]}, "traceEvents":[\n{events}\n]}}\n'


def _events(promise: Promise, comparison: Comparison) -> Iterator[dict[str, Any]]:
    chip = queues(promise.program.config)
    process: dict[int, int] = {}
    numbers: dict[str, int] = {}
    yield from _name(_OPERATORS, "operators", 0)
    for place, queue in enumerate(rows(promise)):
        group = group_of(queue)
        if group not in numbers:
            numbers[group] = _OPERATORS + 1 + len(numbers)
            yield from _name(numbers[group], group, len(numbers))
        process[queue.index] = numbers[group]
        thread = {"pid": numbers[group], "tid": queue.index}
        yield {"ph": "M", "name": "thread_name", **thread, "args": {"name": queue.name}}
        yield {"ph": "M", "name": "thread_sort_index", **thread, "args": {"sort_index": place}}
    for number, operator in enumerate(promise.meta.operators):
        about = {"source": operator.source, "macs": operator.macs}
        span = {"ts": operator.first, "dur": operator.last - operator.first + 1}
        yield {"ph": "X", "name": operator.name, "pid": _OPERATORS, "tid": number, **span, "args": about}
    yield from _runs(promise, process)
    yield from _counters(promise)
    for mark in dict.fromkeys((*promise.marks, *comparison.marks)):
        yield _instant(mark.text, mark.cycle, mark.queue, process, {"kind": mark.kind, "detail": mark.detail})
    for entry in comparison.differences:
        about = {"promised": entry.promised, "happened": entry.happened, "queue": chip[entry.queue].name}
        yield _instant(f"DIFFERENCE: {MEANINGS[entry.kind]}", entry.cycle, entry.queue, process, about)


def _runs(promise: Promise, process: dict[int, int]) -> Iterator[dict[str, Any]]:
    runs, labels = promise.runs, promise.meta.labels
    names = ["|".join(op.mnemonic for op in word) or "?" for word in runs.words]
    columns = (runs.queue, runs.start, runs.n, runs.d, runs.repeat, runs.word, runs.label, promise.unit)
    for queue, start, n, d, repeat, word, label, unit in zip(*(column.tolist() for column in columns), strict=True):
        about: dict[str, Any] = {"instruction": spelled(advance(runs.words[word], repeat)), "issues": n, "every": d}
        if label >= 0:
            about["label"] = labels[label]
        span = {"ts": start, "dur": (n - 1) * d + 1}
        kind = "unit" if unit else "queue"
        yield {"ph": "X", "name": names[word], "cat": kind, "pid": process[queue], "tid": queue, **span, "args": about}


def _counters(promise: Promise) -> Iterator[dict[str, Any]]:
    """Use of each kind of unit over time, in percent of its queues' cycles."""
    runs, chip = promise.runs, queues(promise.program.config)
    step = max(1, -(-promise.cycles // _POINTS))
    bins = -(-promise.cycles // step)
    yield from _name(_COUNTERS, "use, percent", _COUNTERS)
    row, number = runs.expand()
    cycle = runs.start[row] + number * runs.d[row]
    for unit in Unit:
        own = [queue.index for queue in chip if queue.unit is unit]
        chosen = promise.unit[row] & np.isin(runs.queue[row], own)
        counts = np.bincount(cycle[chosen] // step, minlength=bins)
        if chosen.any():
            for at, count in enumerate(counts.tolist()):
                width = min(step, promise.cycles - at * step)
                value = {"%": round(100 * count / (width * len(own)), 2)}
                yield {"ph": "C", "name": unit_name(unit), "pid": _COUNTERS, "ts": at * step, "args": value}


def _name(pid: int, name: str, order: int) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": name}}
    yield {"ph": "M", "name": "process_sort_index", "pid": pid, "args": {"sort_index": order}}


def _instant(name: str, cycle: int, queue: int, process: dict[int, int], about: dict[str, Any]) -> dict[str, Any]:
    return {"ph": "i", "s": "t", "name": name, "pid": process[queue], "tid": queue, "ts": cycle, "args": about}
