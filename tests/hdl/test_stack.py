"""The vertical ways between superlanes: each leads to the next one that is not bypassed, and none is forgotten."""

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from amaranth import Module, Signal, Value
from amaranth.hdl import Elaboratable
from amaranth.lib.wiring import In

from arch.config import preset
from hdl.stack import signals, stack, ways_down, ways_up
from hdl.superlane import Superlane
from tests.hdl.simulate import simulate

#: Only the ports of superlanes are used here.
pytestmark = pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")

#: A spare, and as little else as there can be.
SPARE = replace(
    preset("tiny"), name="spare", spare=True, superlanes=3, streams=8, alus=preset("tiny").alus[:4], mxm_fp16=False
)


class Ways(Elaboratable):
    """The ports of superlanes, and what joins them; nothing is in the superlanes."""

    clocked = False

    def __init__(self, spare: bool):
        self.config = replace(SPARE, spare=spare)
        self.lanes = [Superlane(config=self.config) for _ in range(self.config.physical_superlanes)]
        self.fuse = Signal(5)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        spare = self.config.spare
        stack(m, self.config, self.lanes, [self.fuse == n if spare else None for n in range(len(self.lanes))])
        return m


@pytest.mark.parametrize("fuse", [None, *range(SPARE.physical_superlanes)])
def test_every_way_leads_past_the_superlane_that_is_bypassed(fuse: int | None):
    dut, rng = Ways(spare=fuse is not None), random.Random(fuse)
    kept = [lane for n, lane in enumerate(dut.lanes) if n != fuse]

    async def bench(ctx: Any) -> None:
        ctx.set(dut.fuse, fuse or 0)
        given: dict[int, int] = {}
        for lane in dut.lanes:
            for _, leaves in (*ways_up(dut.config), *ways_down(dut.config)):
                for signal in signals(lane, leaves):
                    given[id(signal)] = rng.getrandbits(len(signal))
                    ctx.set(signal, given[id(signal)])
        for below, above in pairwise(kept):
            for ways, source, target in ((ways_up, below, above), (ways_down, above, below)):
                for enters, leaves in ways(dut.config):
                    for mine, theirs in zip(signals(target, enters), signals(source, leaves), strict=True):
                        bits = (1 << len(mine)) - 1
                        assert ctx.get(mine) & bits == given[id(theirs)] & bits, f"{enters}, fuse {fuse}"

    simulate(dut, bench)


def test_no_way_is_forgotten():
    """Whatever a superlane takes comes from a neighbor, or from the chip."""
    lane = Superlane(config=SPARE)
    given = {"number", "top", "host_word", "armed", "report_queue"}
    entering = {name for ways in (ways_up, ways_down) for (name, _), _ in ways(SPARE)}
    taken = {name for name, member in lane.signature.members.items() if member.flow == In}
    faults = {name for name in taken if name.endswith("_hit")}
    assert taken == entering | given | faults
    assert all(isinstance(value, Value) for name in given - {"armed"} for value in signals(lane, (name, None)))
