"""What a program file keeps of its network: names of operators and tensors, and the predicted cycles.

`superlane timeline` shows them, and `superlane run` packs and unpacks arrays by them (docs/timeline.md lists the keys).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.program import Segment
from compiler.asm.lower import Laid
from compiler.graph.ir import Graph
from compiler.schedule import host
from compiler.schedule.build import Build
from compiler.schedule.emit import Placed
from compiler.schedule.facts import Facts, label_of
from compiler.schedule.rows import runs
from compiler.schedule.storage import Piece, Stored
from compiler.schedule.traffic import NOBODY, Traffic

#: Label of what the assembler adds so that queues have their text in time.
TEXT = "text"


def interface(graph: Graph, made: Build) -> dict[str, Any]:
    """Inputs and outputs, by :func:`compiler.schedule.host.record`."""
    found: dict[str, Any] = {"network": graph.name}
    for role, edges in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        views = ((edge, made.views[edge.tensor]) for edge in edges)
        found[role] = [host.record(edge, view) for edge, view in views]
    return found


def record(graph: Graph, made: Build, laid: Laid, found: Traffic, known: Facts) -> dict[str, Any]:
    """All of it, in JSON."""
    labels, rows = labeled(made.plan.placed, laid)
    return {
        **interface(graph, made),
        "predicted": {"cycles": known.cycles},
        "labels": labels,
        "runs": rows,
        "tensors": [*_tensors(made.graph, made.stored, found), *_segments(made, laid, found)],
        "operators": _operators(graph, known),
    }


def labeled(placed: Sequence[Placed], laid: Laid) -> tuple[list[str], list[list[int]]]:
    """Labels, and runs [queue, first cycle, issues, cycles between, label] of all issues of all units.

    What no flow has placed is text on its way.
    """
    cycles: dict[tuple[int, str], list[NDArray[np.int64]]] = {}
    for one in placed:
        times = one.times
        cycles.setdefault((one.queue, one.label), []).append(times.first + np.arange(times.n) * times.every)
    for queue, line in laid.lines.items():
        if fetched := _fetched(line.items(), [c for (q, _), found in cycles.items() if q == queue for c in found]):
            cycles[queue, TEXT] = fetched
    labels = {label: n for n, label in enumerate(dict.fromkeys(label for _, label in cycles))}
    rows = [
        [queue, run.row, run.n, run.stride or 1, labels[label]]
        for (queue, label), found in sorted(cycles.items(), key=lambda pair: pair[0][0])
        for run in runs(np.unique(np.concatenate(found)))
    ]
    return list(labels), rows


def _fetched(items: Iterable, placed: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Issues of a queue that no flow has placed."""
    issued = [i.cycle + np.arange(i.n) * i.every for i in items if i.word[0].mnemonic not in ("Sync", "NOP")]
    if not issued:
        return []
    rest = np.setdiff1d(np.concatenate(issued), np.concatenate(placed) if placed else np.zeros(0, np.int64))
    return [rest] if len(rest) else []


def _tensors(graph: Graph, stored: Iterable[Stored], found: Traffic) -> list[dict[str, Any]]:
    roles = dict.fromkeys(graph.constants, "constant")
    roles |= {edge.tensor: "input" for edge in graph.inputs}
    roles |= {edge.tensor: "output" for edge in graph.outputs}
    return [
        _tensor(one, piece, found, roles.get(one.tensor.name, "tensor"))
        for one in stored
        for copy in one.copies
        for piece in copy
    ]


def _tensor(one: Stored, piece: Piece, found: Traffic, role: str) -> dict[str, Any]:
    first, last = found.life(piece)
    return {
        "name": one.tensor.name,
        "shape": list(one.tensor.shape),
        "type": one.tensor.type.value,
        "hemisphere": int(piece.hemisphere),
        "slice": piece.mem_slice,
        "address": piece.address(piece.first),
        "rows": piece.rows,
        "first": first,
        "last": None if role == "output" else last,
        "role": role,
    }


def _segments(made: Build, laid: Laid, found: Traffic) -> list[dict[str, Any]]:
    """Initial memory that is no tensor of the graph: weights as the planes load them, borders, text."""
    known = {
        (piece.hemisphere, piece.mem_slice, piece.address(piece.first))
        for one in made.stored
        for copy in one.copies
        for piece in copy
    }
    text, vector = set(map(_place, laid.text)), laid.program.config.vector
    rows = []
    for segment in laid.program.data:
        if _place(segment) in known:
            continue
        reader = int(found.reader[segment.hemisphere, segment.mem_slice, segment.address])
        name = TEXT if _place(segment) in text else found.labels[reader] if reader != NOBODY else "constant"
        last = None if name == TEXT else found.last_read(segment.hemisphere, segment.mem_slice, segment.address)
        rows.append(
            {
                "name": name if name in (TEXT, "constant") else f"{name}: weights",
                "hemisphere": int(segment.hemisphere),
                "slice": segment.mem_slice,
                "address": segment.address,
                "rows": len(segment.data) // vector,
                "first": None,
                "last": last,
                "role": TEXT if name == TEXT else "constant",
            }
        )
    return rows


def _place(segment: Segment) -> tuple[int, int, int]:
    return segment.hemisphere, segment.mem_slice, segment.address


def _operators(graph: Graph, known: Facts) -> list[dict[str, Any]]:
    sources: Mapping[str, str] = {label_of(node): node.source for node in graph.nodes}
    return [
        {
            "name": one.name,
            "source": sources.get(one.name, ""),
            "first": one.span.first,
            "last": one.span.last,
            "macs": one.macs,
        }
        for one in known.operators
    ]
