"""The fp32 adder of the accumulators, by any number of registers, against SoftFloat's rules in the golden numerics."""

from typing import Any

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.hdl import Elaboratable

from arch.transcendental import F32
from golden.numerics import floats
from hdl.float.add import WORK
from hdl.mxm.accumulator import CUTS
from hdl.pipeline import staged
from tests.hdl.simulate import simulate


class Adder(Elaboratable):
    """The pieces with ``ranks`` registers."""

    def __init__(self, ranks: int):
        self.ranks = ranks
        self.en, self.a, self.b, self.done, self.result = Signal(), Signal(32), Signal(32), Signal(), Signal(32)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        done, (row,) = staged(m, WORK, CUTS, self.ranks, self.en, [{"a": self.a, "b": self.b}])
        m.d.comb += [self.done.eq(done), self.result.eq(row["result"])]
        # A clock domain even where there are no registers.
        m.d.sync += Signal(name="beat").eq(self.en)
        return m


def operands(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of edge cases, and random ones that meet: exponents that are near, numbers that cancel, ties."""
    edges = [0, 1, 2, 0x007FFFFF, 0x00800000, 0x00800001, 0x00FFFFFF, 0x01000000, F32.one, F32.one + 1, F32.one - 1]
    edges += [0x33800000, 0x33800001, 0x34000000, 0x7F7FFFFF, 0x7F7FFFFE, 0x73000000, 0x7E800000, F32.inf, F32.nan]
    edges += [0x7F800001, 0x4B800000, 0x4B7FFFFF]
    signed = np.array([e | s for e in edges for s in (0, F32.sign)], np.uint32)
    a, b = (x.reshape(-1) for x in np.meshgrid(signed, signed))
    rng = np.random.default_rng(3)
    x = rng.integers(0, 1 << 32, count, np.uint32)
    y = x ^ rng.integers(0, 1 << 32, count, np.uint32) >> rng.integers(1, 32, count).astype(np.uint32)
    flips = rng.integers(0, 2, count).astype(np.uint32) << np.uint32(31)
    near = (rng.integers(0, 27, count).astype(np.uint32)) << np.uint32(23)
    return np.concatenate([a, x, x]), np.concatenate([b, y ^ flips, (y ^ flips) - near])


@pytest.mark.parametrize("ranks", [0, 1, 2, 3, 6])
def test_sums(ranks: int):
    a, b = operands(1500 if ranks == 2 else 200)
    wanted = floats.add(a, b, "f32")
    dut = Adder(ranks)

    async def bench(ctx: Any) -> None:
        for n in range(len(a) + ranks):
            ctx.set(dut.en, n < len(a) and n % 5 != 0)
            if n < len(a):
                ctx.set(dut.a, int(a[n]))
                ctx.set(dut.b, int(b[n]))
            at = n - ranks
            assert ctx.get(dut.done) == (at >= 0 and at % 5 != 0)
            if ctx.get(dut.done):
                seen = ctx.get(dut.result)
                assert seen == wanted[at], f"{a[at]:#x} + {b[at]:#x}: {seen:#x} instead of {wanted[at]:#x}"
            await ctx.tick()

    simulate(dut, bench)
