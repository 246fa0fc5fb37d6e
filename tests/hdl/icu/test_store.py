"""Queue memory against a deque, with pushes and pops drawn at random, full and empty included."""

import random
from collections import deque
from typing import Any

import pytest
from amaranth import Module, Signal

from hdl.icu import store
from hdl.icu.store import Store
from hdl.sram import DualPort
from tests.hdl.simulate import simulate


class Careless(DualPort):
    """A memory that gives wrong rows where it may."""

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.kept = kept = DualPort(depth=self.depth, width=self.width)
        for name in ("read_en", "read_addr", "write_en", "write_addr", "wdata"):
            m.d.comb += getattr(kept, name).eq(getattr(self, name))
        wrong = Signal()
        with m.If(self.read_en):
            m.d.sync += wrong.eq(self.write_en & (self.write_addr == self.read_addr) & (not self.old))
        m.d.comb += self.rdata.eq(kept.rdata ^ wrong.replicate(self.width))
        return m


@pytest.mark.parametrize("memory", [DualPort, Careless])
def test_store_is_a_queue(memory: type[DualPort], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "DualPort", memory)
    depth = 5
    dut = Store(depth=depth)

    async def bench(ctx):
        rng, held = random.Random(3), deque()
        for cycle in range(600):
            assert ctx.get(dut.some) == bool(held)
            if held:
                assert ctx.get(dut.first) == held[0]
            push = rng.random() < (0.8 if cycle // 40 % 2 else 0.3)
            pop = bool(held) and rng.random() < 0.5
            word = rng.getrandbits(128)
            ctx.set(dut.push, push)
            ctx.set(dut.word, word)
            ctx.set(dut.pop, pop)
            assert ctx.get(dut.lost) == (push and len(held) == depth)
            if push and len(held) < depth:
                held.append(word)
            if pop:
                held.popleft()
            await ctx.tick()

    simulate(dut, bench)
