"""Fault record: the first fault stays, counts saturate."""

from arch.faults import CORRECTED_LIMIT, COUNT_LIMIT, Fault
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
        ctx.set(dut.cycle, 8)
        ctx.set(dut.hit, 0b001)
        assert seen() == (0, 0, 0, 0)
        await ctx.tick()
        assert seen() == (Fault.RANGE, 8, 4, 1)
        ctx.set(dut.cycle, 9)
        await ctx.tick()
        assert seen() == (Fault.RANGE, 8, 7, 2)
        await ctx.tick().repeat(100)
        assert seen() == (Fault.RANGE, 8, COUNT_LIMIT, 102)

    simulate(dut, bench)


def test_corrected_words_saturate():
    """A unit of so many words stands for a run of so many cycles."""
    dut, words = FaultRecord(codes=(Fault.DRY,), words=30_000), []

    async def bench(ctx):
        for corrected in (30_000, 30_000, 5_534, 1, 1, 30_000, 0):
            ctx.set(dut.corrected, corrected)
            await ctx.tick()
            words.append(ctx.get(dut.fixed))
        await ctx.tick()
        words.append(ctx.get(dut.fixed))

    simulate(dut, bench)
    assert words == [0, 30_000, 60_000, 65_534, *[CORRECTED_LIMIT] * 4] and CORRECTED_LIMIT == 65_535


def test_of_faults_in_one_cycle_the_lowest_code_is_the_first():
    dut = FaultRecord(codes=(Fault.DRY, Fault.OVERFLOW, Fault.MAP), words=1)

    async def bench(ctx):
        ctx.set(dut.hit, 0b110)
        ctx.set(dut.failed, 1)
        await ctx.tick().repeat(2)
        assert (ctx.get(dut.code), ctx.get(dut.count)) == (Fault.OVERFLOW, 3)

    simulate(dut, bench)


def test_words_that_fail_are_the_fault_of_highest_code():
    dut = FaultRecord(codes=(), words=2)

    async def bench(ctx):
        ctx.set(dut.cycle, 5)
        ctx.set(dut.failed, 2)
        await ctx.tick()
        ctx.set(dut.failed, 0)
        await ctx.tick()
        assert (ctx.get(dut.code), ctx.get(dut.first), ctx.get(dut.count)) == (Fault.ECC, 5, 2)

    simulate(dut, bench)
