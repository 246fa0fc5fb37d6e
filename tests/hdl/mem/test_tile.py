"""MEM tile: a word written is read back, each in its cycle; strays of addresses are faults."""

import pytest

from arch.config import Config
from arch.faults import Fault
from arch.isa.fields import stream_ref
from arch.isa.mem import READ, WRITE
from arch.isa.spec import make
from arch.queues import Unit
from arch.timing import timing
from hdl.icu.layout import layout_of
from hdl.mem.tile import CODES, MemTile
from tests.hdl.configs import SMALL_CONFIGS
from tests.hdl.simulate import simulate

CONFIGS = pytest.mark.parametrize("config", SMALL_CONFIGS, ids=lambda c: c.name)


def packed(*ops) -> int:
    word = 0
    for op in ops:
        word |= op.encode()
    return layout_of(Unit.MEM).pack_int(word)


@CONFIGS
def test_a_read_one_cycle_after_a_write_sees_it_after_its_latency(config: Config):
    dut = MemTile(config=config)
    bits = config.code_bits
    value = (0x1234567 << 8 | 0x5A) & (1 << bits) - 1

    async def bench(ctx):
        ctx.set(dut.lit, 1)
        ctx.set(dut.columns[1], value << 3 * bits)
        ctx.set(dut.fire, 1)
        ctx.set(dut.instr, packed(make(WRITE, a=5, s=stream_ref(1, 3))))
        await ctx.tick()
        ctx.set(dut.columns[1], 0)
        ctx.set(dut.instr, packed(make(READ, a=5, s=stream_ref(0, 6))))
        for cycle in range(timing(config).read + 2):
            drives = [(ctx.get(d.en), ctx.get(d.stream), ctx.get(d.words)) for d in dut.drives]
            expected = (1, 6, value) if cycle == timing(config).read - 1 else None
            if expected:
                assert drives[0] == expected
            else:
                assert not drives[0][0]
            assert not drives[1][0]
            await ctx.tick()
            ctx.set(dut.fire, 0)

    simulate(dut, bench)


@CONFIGS
@pytest.mark.parametrize("lit", [0, 1])
def test_an_offset_out_of_range_drives_zeros_and_is_reported_where_there_is_power(config: Config, lit: int):
    dut = MemTile(config=config)

    async def bench(ctx):
        ctx.set(dut.lit, lit)
        ctx.set(dut.fire, 1)
        ctx.set(dut.instr, packed(make(READ, a=config.bank_words, s=stream_ref(0, 6))))
        for cycle in range(timing(config).read):
            hit = lit << CODES.index(Fault.RANGE) if cycle == config.stages.operand else 0
            assert ctx.get(dut.hit) == hit
            assert ctx.get(dut.drives[0].en) == (cycle == timing(config).read - 1)
            assert ctx.get(dut.drives[0].words) == 0
            await ctx.tick()
            ctx.set(dut.fire, 0)

    simulate(dut, bench)
