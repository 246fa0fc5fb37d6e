"""Maps that stand alone: rows of memory through the VXM and back."""

from arch.conveyor import vxm_site
from arch.timing import timing
from compiler.graph.ir import Map, Tensor
from compiler.schedule.access import outward
from compiler.schedule.build import Build
from compiler.schedule.draft import Draft
from compiler.schedule.ledger import Times
from compiler.schedule.products import Source, source
from compiler.schedule.storage import Layout, Stored


def schedule(build: Build, node: Map, tensor: Tensor, layout: Layout) -> Stored:
    """Schedule a Map; its result in memory."""
    stored = Stored(tensor, layout, [[]])
    sources: list[Source] = []
    for name in node.inputs:
        sources.append(source(build, name, layout, sources, ()))
    step = min(build.config.acc_rows, build.config.bank_words)
    for block in range(layout.blocks):
        for first in range(0, layout.rows, step):
            chunk = slice(first, min(first + step, layout.rows))
            reading = [one.rows(build, block, chunk) for one in sources]
            rows = build.reserve(stored, block, first, chunk.stop - first, reading)
            draft = Draft(build.config, node.source or node.output)
            direction = outward(rows.side)
            times = Times(0, chunk.stop - first)
            wire, driven = draft.compute(node.steps, times, reading, direction)
            at = vxm_site(build.config).drive(direction)
            assert at is not None
            draft.write(rows, wire, at, driven)
            flow = draft.flow()
            ready = build.plan.place(flow, 0) + flow.last + timing(build.config).write
            build.settle(stored, rows, ready)
    return stored
