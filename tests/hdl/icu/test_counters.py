"""Counters of queues against plain sums: read in every cycle, for queues in any order, through resets."""

import random

import pytest
from amaranth import Module, ResetInserter, Signal

from hdl.icu import counters
from hdl.icu.counters import Counters
from tests.hdl.simulate import simulate


@pytest.mark.parametrize("count", [1, 2, 3, 11])
def test_counters_are_exact_in_every_cycle(count: int):
    dut, cycles, m, reset = Counters(count=count), 400, Module(), Signal()
    m.submodules.dut = ResetInserter(reset)(dut)

    async def bench(ctx):
        rng, known, sums = random.Random(count), range(len(dut.select)), [[0] * count, [0] * count]
        resets = {0, 1, 3, 150, 150 + count // 2, 151 + 2 * count}
        for cycle in range(cycles):
            busy = (0.0, 1.0, 0.5)[cycle // 20 % 3]
            events = [sum((rng.random() < busy) << n for n in range(count)) for _ in sums]
            ctx.set(dut.issues, events[0])
            ctx.set(dut.waits, events[1])
            queue = rng.randrange(1 << len(known))
            ctx.set(dut.select, queue)
            wanted = [sums[kind][queue] if queue < count and cycle not in resets else 0 for kind in (0, 1)]
            ctx.set(reset, cycle in resets)
            await ctx.tick()
            assert [ctx.get(dut.issued), ctx.get(dut.waited)] == wanted, (cycle, queue)
            for kind, word in enumerate(events):
                for n in range(count):
                    sums[kind][n] = 0 if cycle in resets else sums[kind][n] + (word >> n & 1)
        assert all(sum(kind) for kind in sums)

    simulate(m, bench)


def test_a_counter_begins_anew_behind_its_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counters, "COUNTER_BITS", 4)
    dut = Counters(count=3)

    async def bench(ctx):
        ctx.set(dut.issues, 0b010)
        ctx.set(dut.select, 1)
        for cycle in range(40):
            await ctx.tick()
            assert (ctx.get(dut.issued), ctx.get(dut.waited)) == (cycle % 16, 0)

    simulate(dut, bench)
