"""Stream registers: they move on, take what is driven, and take an injected error, each one cycle later."""

import pytest

from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from hdl.streams import Column, Tap
from tests.hdl.configs import TINY
from tests.hdl.simulate import simulate

BITS = TINY.code_bits


def test_column():
    dut = Column(config=TINY, widths=((1, 4), (1,)))

    async def bench(ctx):
        upstream = sum(n << n * BITS for n in range(TINY.streams))
        ctx.set(dut.upstream[0], upstream)
        await ctx.tick()
        assert ctx.get(dut.here[0]) == upstream
        producer = dut.producer(Direction.EAST, 1)
        ctx.set(producer.en, 1)
        ctx.set(producer.stream, 8)
        ctx.set(producer.words, sum(100 + n << n * BITS for n in range(4)))
        ctx.set(dut.inject.en, 1)
        ctx.set(dut.inject.ref, stream_ref(Direction.EAST, 9))
        ctx.set(dut.inject.mask, 1 << BITS - 1)
        assert ctx.get(dut.here[0]) == upstream
        await ctx.tick()
        words = [ctx.get(dut.here[0]) >> n * BITS & (1 << BITS) - 1 for n in range(TINY.streams)]
        expected = [100 + n - 8 if 8 <= n < 12 else n for n in range(TINY.streams)]
        expected[9] ^= 1 << BITS - 1
        assert words == expected
        assert ctx.get(dut.here[1]) == 0

    simulate(dut, bench)


def test_column_with_the_vxm():
    """Merged results go where the mask says, over what another producer drives; the rest moves on."""
    dut = Column(config=TINY, widths=((4,), ()), merged=(True, False))
    mask, words = dut.merged_ports(Direction.EAST)

    async def bench(ctx):
        ctx.set(dut.upstream[0], sum(n << n * BITS for n in range(TINY.streams)))
        ctx.set(dut.producer(Direction.EAST, 0).en, 1)
        ctx.set(dut.producer(Direction.EAST, 0).stream, 4)
        ctx.set(dut.producer(Direction.EAST, 0).words, sum(100 + n << n * BITS for n in range(4)))
        ctx.set(mask, 1 << 5 | 1 << 31)
        ctx.set(words, sum(200 + n << n * BITS for n in range(TINY.streams)))
        await ctx.tick()
        expected = [n + 96 if 4 <= n < 8 else n for n in range(TINY.streams)]
        expected[5], expected[31] = 205, 231
        assert [ctx.get(dut.here[0]) >> n * BITS & (1 << BITS) - 1 for n in range(TINY.streams)] == expected

    simulate(dut, bench)


def test_tap():
    dut = Tap(config=TINY, width=4)

    async def bench(ctx):
        for direction in (0, 1):
            ctx.set(dut.columns[direction], sum((direction << 8 | n) << n * BITS for n in range(TINY.streams)))
        for direction in (0, 1):
            for first in range(0, TINY.streams, 4):
                ctx.set(dut.en, 1)
                ctx.set(dut.ref, stream_ref(Direction(direction), first))
                assert ctx.get(dut.words) == sum((direction << 8 | first + n) << n * BITS for n in range(4))
                ctx.set(dut.en, 0)
                assert ctx.get(dut.words) == 0

    simulate(dut, bench)


def test_widths_are_checked():
    with pytest.raises(ValueError, match=r"widths must be from 1 to 32 streams, not 33"):
        Column(config=TINY, widths=((33,), ()))
    with pytest.raises(ValueError, match=r"directions must be 1 or 2, not 3"):
        Tap(config=TINY, directions=3)
