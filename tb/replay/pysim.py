"""Amaranth's own simulator: the blocks' real bodies, without Verilog between."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from amaranth import Value
from amaranth.hdl import Fragment
from amaranth.sim import Simulator

from hdl.seam import Block
from tb.frames import Name
from tb.replay.record import Record, row_of
from tb.replay.stimulus import Stimulus


def play(top: Block, stimulus: Stimulus, names: Sequence[Name]) -> Record:
    """Play a stimulus to a block.

    Parameters
    ----------
    top
        The block, not elaborated yet.
    stimulus
        What its ports are set to. Reset is left out: the simulator starts from it.
    names
        Ports of blocks to record, by the places that the blocks have in exported Verilog.
    """
    fragment = Fragment.get(top, None)
    blocks = dict(_blocks(fragment, top.module_name))
    signals = [_port(blocks[scope], name) for scope, name in names]
    widths = [len(signal) for signal in signals]
    rows = []

    async def bench(context: Any) -> None:
        for changes in stimulus.rows:
            for name, value in changes.items():
                if name != "rst":
                    context.set(_port(top, name), value)
            await context.tick()
            rows.append(row_of([context.get(signal) for signal in signals], widths))

    simulator = Simulator(fragment)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return Record(tuple(zip(names, widths, strict=True)), np.stack(rows))


def _blocks(fragment: Fragment, place: str) -> Iterator[tuple[str, Block]]:
    """Blocks of an elaborated design by their places."""
    for origin in fragment.origins or ():
        if isinstance(origin, Block):
            yield place, origin
    for inner, name, *_ in fragment.subfragments:
        yield from _blocks(inner, f"{place}.{name}")


def _port(block: Block, name: str) -> Value:
    """A block's port by its name in Verilog."""
    found: Any = block
    for step in name.split("__"):
        found = found[int(step)] if step.isdecimal() else getattr(found, step)
    return Value.cast(found)
