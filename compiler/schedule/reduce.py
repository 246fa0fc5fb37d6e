"""Reductions over rows and pools: one ALU takes row after row, and its own result of ``timing.alu`` cycles ago.

So that many results are made at once, interleaved: a *batch*. In a batch the first rows of all its results follow each
other, then their second rows, and so on; each result sees its rows in order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from arch.conveyor import Direction, Hemisphere, vxm_site
from arch.isa.fields import SOURCES
from arch.isa.vxm import VXM
from arch.queues import queues_by_name
from arch.timing import timing
from arch.types import Type
from compiler.graph.ir import Tensor
from compiler.schedule import views
from compiler.schedule.access import outward
from compiler.schedule.build import Build
from compiler.schedule.draft import Draft, Rows
from compiler.schedule.flow import Issue
from compiler.schedule.ledger import Times
from compiler.schedule.storage import Layout, Stored
from compiler.schedule.views import View

_SPECS = {spec.mnemonic: spec for spec in VXM}
#: Cycles of one flow, about: longer ones find no place, shorter ones are many.
_LENGTH = 160

#: Rows of memory of taps and results, as a flow reads them.
Reads = Callable[[NDArray[np.int64]], Rows]


def schedule(
    build: Build,
    label: str,
    op: str,
    view: View,
    taps: Sequence[NDArray[np.int64]],
    tensor: Tensor,
    layout: Layout,
    border: int = 0,
) -> Stored:
    """Schedule a reduction; its result in memory.

    Parameters
    ----------
    op
        "Add", "Max" or "Min".
    view, taps
        The tensor, and for each tap the element numbers, of the result's shape.
    tensor, layout
        The result.
    border
        Bits of elements beyond the border.
    """
    stored = Stored(tensor, layout, [[]])
    for block in range(layout.blocks):
        found = [views.aligned(View(view.stored, tap), layout, block) for tap in taps]
        number = max(owner for owner, _ in found)
        rows, first = np.stack([row for _, row in found]), 0

        def reads(some: NDArray[np.int64], number: int = number) -> Rows:
            return build.rows(view, number, _order(build, some), border=border)

        while first < layout.rows:
            count = _batches(build, rows[:, first:], reads) * timing(build.config).alu
            parts = list(_cut(build, rows[:, first : first + count], reads))
            so_far: Rows | None = None
            for part in parts:
                target = stored if part is parts[-1] else Stored(tensor, layout, [[]])
                so_far = _flow(build, label, op, reads(part), so_far, part.shape, target, block, first)
            first += count
    return stored


def _order(build: Build, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows int64[taps, results] in the order in which they are read: batch by batch, in each tap by tap."""
    taps, count = rows.shape
    step = timing(build.config).alu
    padded = np.pad(rows, ((0, 0), (0, -count % step)), mode="edge")
    return padded.reshape(taps, -1, step).transpose(1, 0, 2).ravel()


def _batches(build: Build, rows: NDArray[np.int64], reads: Reads) -> int:
    """Batches that one flow makes: no longer than others, and with no more text than a queue has room for."""
    step = timing(build.config).alu
    most = max(1, min(_LENGTH // (step * len(rows)), -(-rows.shape[1] // step)))
    length = most * step * len(rows)
    return max(1, build.stretch([reads(rows[:, : most * step])], length) // (step * len(rows)))


def _cut(build: Build, rows: NDArray[np.int64], reads: Reads) -> Iterator[NDArray[np.int64]]:
    """Taps of a flow's results, in parts that a queue has room for."""
    length = rows.shape[1] + -rows.shape[1] % timing(build.config).alu
    while len(rows):
        count = max(1, build.stretch([reads(rows)], length * len(rows)) // length)
        yield rows[:count]
        rows = rows[count:]


def _flow(
    build: Build,
    label: str,
    op: str,
    reading: Rows,
    so_far: Rows | None,
    shape: tuple[int, ...],
    stored: Stored,
    block: int,
    first: int,
) -> Rows:
    """One flow: results ``first`` and following, [taps, results] of them, from rows and what is there so far."""
    config, t = build.config, timing(build.config)
    taps, count = shape
    starts = range(0, count, t.alu)
    target = build.reserve(stored, block, first, count, [reading, *([so_far] if so_far else [])])
    draft, site = Draft(config, label), vxm_site(config)

    def read(rows: Rows, times: Times) -> int:
        way = Direction.EAST if rows.side is Hemisphere.WEST else Direction.WEST
        end = site.sample(way)
        assert end is not None
        return draft.read(rows, way, end, times)

    wire = read(reading, Times(t.alu if so_far else 0, taps * t.alu * len(starts)))
    begin = wire
    if so_far:
        begin, taps = read(_padded(so_far, t.alu), Times(0, t.alu)), taps + 1
    direction = outward(target.side)
    out, at = draft.wire(direction, stored.tensor.type.bytes), site.drive(direction)
    assert at is not None
    last = (taps - 1) * t.alu
    for number, start in enumerate(starts):
        times = Times(number * taps * t.alu + last + t.vxm, min(t.alu, count - start))
        draft.drive(out, at, times)
        draft.write(replace(target, rows=target.rows[start : start + t.alu]), out, at, times)
    draft.choices.append(_alternatives(build, op, stored.tensor.type, (begin, wire), out, taps, count))
    flow = draft.flow()
    ready = build.plan.place(flow, 0) + flow.last + t.write
    build.settle(stored, target, ready)
    pieces = tuple(tuple(replace(piece, ready=ready) for piece in one) for one in target.planes)
    return Rows(pieces, target.rows)


def _padded(rows: Rows, count: int) -> Rows:
    """As many rows, the last one again and again."""
    return replace(rows, rows=np.pad(rows.rows, (0, count - len(rows.rows)), mode="edge"))


def _alternatives(
    build: Build, op: str, element: Type, wires: tuple[int, int], out: int, taps: int, count: int
) -> tuple[tuple[Issue, ...], ...]:
    """Issues for each ALU that has the type; the first rows come by the first of two wires."""
    step = timing(build.config).alu
    identity = {"type": element.code, "a": 0}
    more = {"type": element.code, "a": 0, "b": SOURCES.index("self")}
    found = []
    for alu, has in enumerate(build.config.alus):
        if element not in has.types:
            continue
        queue = queues_by_name(build.config)[f"vxm{alu}"].index
        issues = []
        for number, done in enumerate(range(0, count, step)):
            at, made = number * taps * step, min(step, count - done)
            start, read, write = ("a", wires[0], 0), ("a", wires[1], 0), ("out", out, 0)
            if taps == 1:
                issues.append(Issue(queue, Times(at, made), _SPECS["Identity"], identity, (start, write)))
                continue
            issues.append(Issue(queue, Times(at, step), _SPECS["Identity"], identity, (start,)))
            if taps > 2:
                issues.append(Issue(queue, Times(at + step, step * (taps - 2)), _SPECS[op], more, (read,)))
            last = Times(at + step * (taps - 1), made)
            issues.append(Issue(queue, last, _SPECS[op], more, (read, write)))
        found.append(tuple(issues))
    return tuple(found)
