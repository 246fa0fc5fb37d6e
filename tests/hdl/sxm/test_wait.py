"""The ring of memory that restores the stagger, at every delay."""

import random

import pytest

from hdl.sxm.wait import Wait, cut
from tests.hdl.simulate import simulate


@pytest.mark.parametrize("cycles", [0, 2, 3, 4, 6])
def test_items_come_out_as_late_as_the_port_says(cycles: int):
    dut, rng = Wait(width=8, longest=6), random.Random(cycles)
    items = [rng.choice([None, rng.randrange(256)]) for _ in range(40)] + [None] * 8

    async def bench(ctx):
        ctx.set(dut.cycles, cycles)
        for n, item in enumerate(items):
            ctx.set(dut.en, item is not None)
            ctx.set(dut.data, 0x55 if item is None else item)
            expected = items[n - cycles] if n >= cycles else None
            assert ctx.get(dut.en_late) == (expected is not None)
            if expected is not None:
                assert ctx.get(dut.late) == expected
            await ctx.tick()

    simulate(dut, bench)


def test_a_ring_needs_two_cycles():
    with pytest.raises(ValueError, match=r"^longest must be at least 2, not 1$"):
        Wait(width=8, longest=1)


def test_parts_must_be_the_whole():
    dut = Wait(width=8, longest=2)
    assert [len(part) for part in cut(dut.data, 3, 5)] == [3, 5]
    with pytest.raises(ValueError, match=r"^widths must add up to 8 bits, not 7$"):
        cut(dut.data, 3, 4)
    simulate(dut, _nothing)


async def _nothing(_ctx):
    return
