"""The cubic, every row of its table, in the right cycle."""

import random

import pytest

from arch.transcendental import PATH, TABLE
from hdl.float.cubic import SPLIT_STAGES, STAGES, Cubic
from tests.hdl.simulate import simulate


def expected(row: int, t: int) -> int:
    """``docs/decisions/0002-transcendentals.md``, section 3."""
    r = TABLE[row]
    s2 = r.c2 + ((r.c3 * (t >> (PATH.t_bits - PATH.t_high_bits))) >> PATH.t_high_bits)
    s1 = r.c1 + ((s2 * t) >> PATH.t_bits)
    return r.c0 + ((s1 * t) >> PATH.t_bits)


@pytest.mark.parametrize("stages", [STAGES, SPLIT_STAGES])
def test_every_row_in_every_cycle(stages: int):
    rng, dut = random.Random(3), Cubic(stages=stages)
    limits = (0, 1, (1 << PATH.t_bits) - 1)
    work = [(row, t) for row in range(len(TABLE)) for t in (*limits, rng.getrandbits(PATH.t_bits))]

    async def bench(ctx):
        ctx.set(dut.en, (1 << stages) - 1)
        for cycle in range(len(work) + stages):
            row, t = work[min(cycle, len(work) - 1)]
            ctx.set(dut.row, row)
            ctx.set(dut.t, t)
            if cycle >= stages:
                assert ctx.get(dut.value) == expected(*work[cycle - stages]), work[cycle - stages]
            await ctx.tick()

    simulate(dut, bench)


def test_a_stage_without_enable_keeps_still():
    dut = Cubic()

    async def bench(ctx):
        ctx.set(dut.row, 40)
        ctx.set(dut.t, 12345)
        for stage in range(STAGES):
            ctx.set(dut.en, 1 << stage)
            await ctx.tick()
            ctx.set(dut.row, 90)
            ctx.set(dut.t, 777)
            ctx.set(dut.en, 0)
            await ctx.tick().repeat(2)
        assert ctx.get(dut.value) == expected(40, 12345)

    simulate(dut, bench)
