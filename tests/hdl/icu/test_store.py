"""Queue memory against a deque, with pushes and pops drawn at random, full and empty included."""

import random
from collections import deque

from hdl.icu.store import Store
from tests.hdl.simulate import simulate


def test_store_is_a_queue():
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
