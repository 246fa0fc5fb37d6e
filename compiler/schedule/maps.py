"""Maps that stand alone: rows of memory through the VXM and back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

from arch.conveyor import Hemisphere, vxm_site
from arch.timing import timing
from compiler.graph.ir import Input, Map, Step, Tensor
from compiler.schedule import mesh, split, views
from compiler.schedule.access import outward
from compiler.schedule.build import Build
from compiler.schedule.draft import Draft, Rows
from compiler.schedule.flow import Flow
from compiler.schedule.ledger import Times
from compiler.schedule.products import Source, source
from compiler.schedule.storage import CapacityError, Layout, Stored
from compiler.schedule.views import View


def schedule(build: Build, node: Map, tensor: Tensor, layout: Layout) -> Stored:
    """Schedule a Map; its result in memory.

    What the ALUs cannot hold at once is computed in parts, with values between them in memory.
    """
    return in_parts(build, split.parts(build.config, node), tensor, layout)


def in_parts(build: Build, parts: Sequence[Map], tensor: Tensor, layout: Layout) -> Stored:
    """Schedule parts of a Map, each of which the ALUs can hold, the last of which gives its result."""
    for number, part in enumerate(parts[:-1]):
        kind = mesh.result_of(part.steps[-1])
        made = _part(build, part, Tensor(f"{tensor.name} part {number}", tensor.shape, kind), layout)
        build.views[part.output] = views.whole(made)
    return _part(build, parts[-1], tensor, layout)


def _part(build: Build, node: Map, tensor: Tensor, layout: Layout) -> Stored:
    stored = Stored(tensor, layout, [[]])
    sources = _sources(build, node, layout)
    step = min(build.config.acc_rows, build.config.bank_words)
    for block in range(layout.blocks):
        first = 0
        while first < layout.rows:
            most = min(step, layout.rows - first)
            every = [one.rows(build, block, slice(first, first + most)) for one in sources]
            chunk = slice(first, first + build.stretch(every, most))
            reading = [one.rows(build, block, chunk) for one in sources]
            rows = build.reserve(stored, block, first, chunk.stop - first, reading)
            flows = []
            for early in (0, None) if any(one.latched for one in reading) else (0,):
                try:
                    flows.append(_flow(build, node, reading, rows, early))
                except mesh.MeshError:
                    if early is None and not flows:
                        raise
            number, at = build.plan.place_best(flows, 0)
            build.settle(stored, rows, at + flows[number].last + timing(build.config).write)
            first = chunk.stop
    return stored


def _flow(build: Build, node: Map, reading: list[Rows], rows: Rows, early: int | None) -> Flow:
    draft = Draft(build.config, node.source or node.output)
    direction = outward(rows.side)
    wire, driven = draft.compute(node.steps, Times(0, len(rows.rows)), reading, direction, early)
    at = vxm_site(build.config).drive(direction)
    assert at is not None
    draft.write(rows, wire, at, driven)
    return draft.flow()


def _sources(build: Build, node: Map, layout: Layout) -> list[Source]:
    """Operands in slices of their own: a tensor that shares one with another operand is copied."""
    found: dict[str, Source] = {}
    # A constant can be placed anew, so tensors choose first.
    for name in sorted(node.inputs, key=lambda name: name in build.graph.constants):
        others = list(found.values())
        one = source(build, name, layout, others, ())
        taken = {queue for other in others for queue in _queues(other)}
        if not build.is_constant(one.view) and taken & set(_queues(one)):
            build.views[name] = relocated(build, build.views[name], taken)
            one = source(build, name, layout, others, ())
        elif any(_meet(one, other, layout) for other in others):
            one = _apart(build, name, layout, others) or one
        found[name] = one
    return [found[name] for name in node.inputs]


def _meet(one: Source, other: Source, layout: Layout) -> bool:
    """Whether a block of results reads both from one slice."""
    blocks = [[_queues(source, source.blocks[block][0]) for block in range(layout.blocks)] for source in (one, other)]
    return any(set(first) & set(second) for first, second in zip(*blocks, strict=True))


def _apart(build: Build, name: str, layout: Layout, others: Sequence[Source]) -> Source | None:
    """A constant once more, in slices that no block of the other operands lies in, or at least not the same block of
    them; None if there is no room for it."""
    for avoided in ({queue for other in others for queue in _queues(other)}, frozenset()):
        for user in count(len(Hemisphere)):
            try:
                one = source(build, name, layout, others, avoided, user)
            except CapacityError:
                break
            if not any(_meet(one, other, layout) for other in others):
                return one
    return None


def _queues(one: Source, block: int | None = None) -> Iterable[int]:
    """Queues of the slices in which an operand lies, or one block of it."""
    return (piece.queue for piece in one.view.stored.copies[0] if block in (None, piece.block))


def relocated(build: Build, view: View, avoid: Iterable[int]) -> View:
    """The same view of a copy of its tensor, in other slices than some."""
    old = view.stored
    copy = Stored(replace(old.tensor, name=f"{old.tensor.name} copy"), old.layout, [[]])
    node = Map((old.tensor.name,), copy.tensor.name, "", (Step("Identity", old.tensor.type, (Input(0),)),))
    whole = views.whole(old)
    step = min(build.config.acc_rows, build.config.bank_words)
    for block in range(old.layout.blocks):
        number, rows = views.aligned(whole, old.layout, block)
        for first in range(0, old.layout.rows, step):
            reading = build.rows(whole, number, rows[first : first + step])
            target = build.reserve(copy, block, first, len(reading.rows), [reading], avoid)
            flow = _flow(build, node, [reading], target, 0)
            at = build.plan.place(flow, 0)
            build.settle(copy, target, at + flow.last + timing(build.config).write)
    return View(copy, view.index)
