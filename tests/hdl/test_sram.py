"""SRAM: one access or one of each kind per cycle, what was read stays; and its ports are all there in Verilog."""

import random
import re
from typing import Any

import pytest

from hdl.export import export
from hdl.sram import DualPort, RegisterFile, SinglePort
from tests.hdl.simulate import simulate

DEPTH, WIDTH, CYCLES = 5, 9, 300


@pytest.mark.parametrize("kind", [SinglePort, DualPort])
def test_a_memory_of_one_word_has_addresses_of_one_bit(kind: type):
    (text,) = export(kind(depth=1, width=4)).values()
    ports = re.findall(r"^\s*input\s+(\w*addr)\s*;", text, re.MULTILINE)
    assert ports
    assert "[-1:0]" not in text


def test_one_access_per_cycle():
    dut, rng, rows, read = SinglePort(depth=DEPTH, width=WIDTH), random.Random(1), [0] * DEPTH, 0

    async def bench(ctx: Any) -> None:
        nonlocal read
        for cycle in range(CYCLES):
            en, write, addr, wdata = (rng.randrange(size) for size in (2, 2, DEPTH, 1 << WIDTH))
            for port, value in ((dut.en, en), (dut.write, write), (dut.addr, addr), (dut.wdata, wdata)):
                ctx.set(port, value)
            await ctx.tick()
            if en and write:
                rows[addr] = wdata
            elif en:
                read = rows[addr]
            assert ctx.get(dut.rdata) == read, f"cycle {cycle}"

    simulate(dut, bench)


def test_one_read_and_one_write_per_cycle():
    dut, rng, rows, read = DualPort(depth=DEPTH, width=WIDTH), random.Random(2), [0] * DEPTH, 0

    async def bench(ctx: Any) -> None:
        nonlocal read
        for cycle in range(CYCLES):
            read_en, write_en, source, target = (rng.randrange(size) for size in (2, 2, DEPTH, DEPTH))
            wdata = rng.getrandbits(WIDTH)
            ctx.set(dut.read_en, read_en)
            ctx.set(dut.read_addr, source)
            ctx.set(dut.write_en, write_en)
            ctx.set(dut.write_addr, target)
            ctx.set(dut.wdata, wdata)
            await ctx.tick()
            # A row that is written is read as it was before.
            read = rows[source] if read_en else read
            if write_en:
                rows[target] = wdata
            assert ctx.get(dut.rdata) == read, f"cycle {cycle}"

    simulate(dut, bench)


def test_a_register_file_gives_any_rows_in_the_cycle_of_their_addresses():
    dut, rng, rows = RegisterFile(depth=DEPTH, width=WIDTH, readers=2), random.Random(3), [0] * DEPTH

    async def bench(ctx: Any) -> None:
        for cycle in range(CYCLES):
            write_en, target, wdata = rng.randrange(2), rng.randrange(DEPTH), rng.getrandbits(WIDTH)
            for port, value in ((dut.write_en, write_en), (dut.write_addr, target), (dut.wdata, wdata)):
                ctx.set(port, value)
            for reader, row in enumerate(dut.rdata):
                address = rng.choice((target, rng.randrange(DEPTH)))
                ctx.set(dut.read_addr[reader], address)
                assert ctx.get(row) == rows[address], f"cycle {cycle}"
            await ctx.tick()
            if write_en:
                rows[target] = wdata

    simulate(dut, bench)
