"""Reductions over rows and pools: one ALU takes row after row, and its own result of ``timing.alu`` cycles ago.

So that many results are made at once, interleaved: a *batch*. In a batch the first rows of all its results follow each
other, then their second rows, and so on; each result sees its rows in order.
"""

from collections.abc import Sequence
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
from compiler.schedule.draft import Draft
from compiler.schedule.flow import Issue
from compiler.schedule.ledger import Times
from compiler.schedule.storage import Layout, Stored
from compiler.schedule.views import View

_SPECS = {spec.mnemonic: spec for spec in VXM}
#: Cycles of one flow, about: longer ones find no place, shorter ones are many.
_LENGTH = 160


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
    per_batch = timing(build.config).alu
    batches = max(1, _LENGTH // (per_batch * len(taps)))
    for block in range(layout.blocks):
        found = [views.aligned(View(view.stored, tap), layout, block) for tap in taps]
        number = max(owner for owner, _ in found)
        rows = np.stack([row for _, row in found])
        for first in range(0, layout.rows, per_batch * batches):
            part = rows[:, first : first + per_batch * batches]
            _flow(build, label, op, view, number, part, stored, block, first, border)
    return stored


def _flow(
    build: Build,
    label: str,
    op: str,
    view: View,
    number: int,
    rows: NDArray[np.int64],
    stored: Stored,
    block: int,
    first: int,
    border: int,
) -> None:
    """One flow: results ``first`` and following, from rows int64[taps, results]."""
    config, t = build.config, timing(build.config)
    taps, count = rows.shape
    starts = range(0, count, t.alu)
    order = [
        np.pad(rows[tap, start : start + t.alu], (0, t.alu - len(rows[tap, start : start + t.alu])), mode="edge")
        for start in starts
        for tap in range(taps)
    ]
    reading = build.rows(view, number, np.concatenate(order), border=border)
    target = build.reserve(stored, block, first, count, [reading])
    draft, site = Draft(config, label), vxm_site(config)
    way = Direction.EAST if reading.side is Hemisphere.WEST else Direction.WEST
    end = site.sample(way)
    assert end is not None
    wire = draft.read(reading, way, end, Times(0, taps * t.alu * len(starts)))
    direction = outward(target.side)
    out, at = draft.wire(direction, stored.tensor.type.bytes), site.drive(direction)
    assert at is not None
    last = (taps - 1) * t.alu
    for number, start in enumerate(starts):
        times = Times(number * taps * t.alu + last + t.vxm, min(t.alu, count - start))
        draft.drive(out, at, times)
        draft.write(replace(target, rows=target.rows[start : start + t.alu]), out, at, times)
    draft.choices.append(_alternatives(build, op, stored.tensor.type, wire, out, taps, count))
    flow = draft.flow()
    ready = build.plan.place(flow, 0) + flow.last + t.write
    build.settle(stored, target, ready)


def _alternatives(
    build: Build, op: str, element: Type, wire: int, out: int, taps: int, count: int
) -> tuple[tuple[Issue, ...], ...]:
    """Issues for each ALU that has the type."""
    step = timing(build.config).alu
    identity = {"type": element.code, "a": 0}
    more = {"type": element.code, "a": 0, "b": SOURCES.index("self")}
    found = []
    for alu, has in enumerate(build.config.alus):
        if element not in has.types:
            continue
        queue = queues_by_name(build.config)[f"vxm{alu}"].index
        issues = []
        for number, start in enumerate(range(0, count, step)):
            at, made = number * taps * step, min(step, count - start)
            read, write = ("a", wire, 0), ("out", out, 0)
            if taps == 1:
                issues.append(Issue(queue, Times(at, made), _SPECS["Identity"], identity, (read, write)))
                continue
            issues.append(Issue(queue, Times(at, step), _SPECS["Identity"], identity, (read,)))
            if taps > 2:
                issues.append(Issue(queue, Times(at + step, step * (taps - 2)), _SPECS[op], more, (read,)))
            last = Times(at + step * (taps - 1), made)
            issues.append(Issue(queue, last, _SPECS[op], more, (read, write)))
        found.append(tuple(issues))
    return tuple(found)
