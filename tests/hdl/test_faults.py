"""Fault record: the first fault stays, counts saturate."""

from arch.faults import Fault
from hdl.faults import FaultRecord
from tests.hdl.simulate import simulate


def test_record():
    dut = FaultRecord(codes=(Fault.DRY, Fault.RANGE, Fault.RANGE), words=2)

    async def bench(ctx):
        def seen() -> tuple[int, ...]:
            return tuple(ctx.get(port) for port in (dut.code, dut.first, dut.count, dut.fixed))

        assert seen() == (0, 0, 0, 0)
        ctx.set(dut.cycle, 7)
        ctx.set(dut.hit, 0b110)
        ctx.set(dut.failed, 2)
        ctx.set(dut.corrected, 1)
        await ctx.tick()
        assert seen() == (Fault.RANGE, 7, 4, 1)
        ctx.set(dut.cycle, 8)
        ctx.set(dut.hit, 0b001)
        await ctx.tick()
        assert seen() == (Fault.RANGE, 7, 7, 2)
        await ctx.tick().repeat(100)
        assert seen() == (Fault.RANGE, 7, 255, 102)

    simulate(dut, bench)
