"""Queue memory against a deque, with pushes and pops drawn at random, full and empty included."""

import random
from collections import deque
from typing import Any

import pytest
from amaranth import Module, Signal

from hdl.icu import store
from hdl.icu.ahead import LATENCY, AheadStore, narrow
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


def test_a_store_that_reads_ahead_is_a_queue_that_is_three_cycles_late():
    """What can be popped is always the next word; none is lost or comes early, and none stays behind."""
    depth = 6
    dut = AheadStore(depth=depth)

    async def bench(ctx):
        rng, held = random.Random(4), deque()
        for cycle in range(900):
            some = ctx.get(dut.some)
            if cycle >= 4:
                assert some or all(cycle - pushed < 4 for pushed, _ in list(held)[:1])
            if some:
                assert (ctx.get(dut.first), cycle - held[0][0] >= 4) == (held[0][1], True)
            push = rng.random() < (0.8 if cycle // 40 % 2 else 0.3)
            pop = bool(some) and rng.random() < (0.9 if cycle // 60 % 2 else 0.4)
            word = rng.getrandbits(128)
            ctx.set(dut.push, push)
            ctx.set(dut.word, word)
            ctx.set(dut.pop, pop)
            assert ctx.get(dut.lost) == (push and len(held) == depth)
            second, loaded = ctx.get(dut.second), ctx.get(dut.load)
            if push and len(held) < depth:
                held.append((cycle, word))
            if pop:
                held.popleft()
            await ctx.tick()
            if loaded:
                assert ctx.get(dut.first) == second

    simulate(dut, bench)


def test_reading_ahead_gives_a_word_in_each_cycle():
    depth = 48
    dut = AheadStore(depth=depth)

    async def bench(ctx):
        for n in range(depth):
            ctx.set(dut.push, 1)
            ctx.set(dut.word, n + 1)
            await ctx.tick()
        ctx.set(dut.push, 0)
        for n in range(depth):
            assert (ctx.get(dut.some), ctx.get(dut.first)) == (1, n + 1)
            ctx.set(dut.pop, 1)
            await ctx.tick()
        assert not ctx.get(dut.some)

    simulate(dut, bench)


def test_a_store_of_the_bits_that_are_used_tells_of_others():
    """A word comes out as it went in where it has no others, and else with the same bits and some other."""
    depth, used = 4, 0xF00000000000000000000000000FF0F1
    dut, rng = AheadStore(depth=depth, used=used), random.Random(7)
    words = [rng.getrandbits(128) & used for _ in range(20)]
    words += [word | 1 << rng.choice([n for n in range(128) if not used >> n & 1]) for word in words]
    words += [0, used, ~used & (1 << 128) - 1, 1 << 1, 1 << 123, (1 << 128) - 1]
    rng.shuffle(words)

    async def bench(ctx):
        for word in words:
            ctx.set(dut.push, 1)
            ctx.set(dut.word, word)
            ctx.set(dut.pop, 0)
            await ctx.tick()
            ctx.set(dut.push, 0)
            for _ in range(LATENCY - 1):
                assert not ctx.get(dut.some)
                await ctx.tick()
            found = ctx.get(dut.first)
            assert (ctx.get(dut.some), found & used, found & ~used != 0) == (1, word & used, word & ~used != 0)
            ctx.set(dut.pop, 1)
            await ctx.tick()

    simulate(dut, bench)


def test_what_is_held_of_a_word_is_its_used_bits_and_whether_there_are_others():
    assert narrow(0b1011_0010, 0b1111_0000) == 0b1_1011
    assert narrow(0b1011_0000, 0b1111_0000) == 0b0_1011
    assert narrow(0b1010_0101, 0b1000_0101) == 0b1_111
    assert narrow((1 << 128) - 1, (1 << 128) - 1) == (1 << 128) - 1
