"""The checks fire where a program does what none may, do not where it comes near, and are not in plain exports."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from amaranth import Fragment, Module, Signal
from amaranth.sim import Simulator

from arch.config import preset
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from arch.isa.mem import READ, WRITE
from arch.isa.spec import make
from hdl.checks import overlap
from hdl.export import export
from hdl.mem.tile import MemTile
from hdl.seam import Block, Outline
from hdl.streams import Column
from hdl.vxm.mesh import Mesh
from tests.hdl.configs import TINY
from tests.hdl.mem.test_tile import packed


class Checked(Outline):
    """Real bodies all the way down, with their checks."""

    def leaves_out(self, block: Block) -> bool:
        return False


def simulate(dut: Block, bench: Callable[[Any], Awaitable[None]]) -> None:
    simulator = Simulator(Fragment.get(dut, Checked(dut, checks=True)))
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def drive_two(first: int, second: int, *, apart: bool = False) -> None:
    """Have a producer of four streams and one of one stream drive eastward registers from a stream each on."""
    dut = Column(config=TINY, widths=((4, 1), (1,)))

    async def bench(ctx):
        for n, stream in enumerate((first, second)):
            if n and apart:
                ctx.set(dut.producer(Direction.EAST, 0).en, 0)
            ctx.set(dut.producer(Direction.EAST, n).en, 1)
            ctx.set(dut.producer(Direction.EAST, n).stream, stream)
            if apart:
                await ctx.tick()
        # The westward producer is another matter.
        ctx.set(dut.producer(Direction.WEST, 0).en, 1)
        ctx.set(dut.producer(Direction.WEST, 0).stream, first)
        await ctx.tick()
        await ctx.tick()

    simulate(dut, bench)


@pytest.mark.parametrize("second", [8, 11])
def test_two_producers_on_one_register(second: int):
    with pytest.raises(AssertionError, match="two producers on one eastward stream register"):
        drive_two(8, second)


@pytest.mark.parametrize("second", [7, 12])
def test_neighboring_streams_are_no_conflict(second: int):
    drive_two(8, second)


def test_neither_are_consecutive_cycles():
    drive_two(8, 9, apart=True)


@pytest.mark.parametrize(("stream", "meets"), [(6, True), (5, False)])
def test_the_vxm_and_another_producer(stream: int, meets: bool):
    dut = Column(config=TINY, widths=((), (1,)), merged=(False, True))

    async def bench(ctx):
        ctx.set(dut.merged_ports(Direction.WEST)[0], 1 << 6)
        ctx.set(dut.producer(Direction.WEST, 0).en, 1)
        ctx.set(dut.producer(Direction.WEST, 0).stream, stream)
        await ctx.tick()

    if meets:
        with pytest.raises(AssertionError, match="westward"):
            simulate(dut, bench)
    else:
        simulate(dut, bench)


def access(read_bank: int, write_bank: int, *, lit: int = 1) -> None:
    """Have a tile execute a word of two parts, as no queue lets through where the banks are one."""
    dut = MemTile(config=TINY)
    ref = stream_ref(Direction.EAST, 1)

    async def bench(ctx):
        ctx.set(dut.lit, lit)
        ctx.set(dut.fire, 1)
        parts = make(READ, a=read_bank << 12 | 3, s=ref), make(WRITE, a=write_bank << 12 | 4, s=ref)
        ctx.set(dut.instr, packed(*parts))
        await ctx.tick()
        ctx.set(dut.fire, 0)
        await ctx.tick()
        await ctx.tick()

    simulate(dut, bench)


@pytest.mark.parametrize("bank", [0, 1])
def test_two_accesses_to_one_bank(bank: int):
    with pytest.raises(AssertionError, match="two accesses to one bank"):
        access(bank, bank)
    access(bank, 1 - bank)
    access(bank, bank, lit=0)


def test_only_exports_that_ask_have_checks():
    column = Column(config=TINY, widths=((4, 1), (1,)))
    assert "assert" not in export(column)[column.module_name]
    text = export(Column(config=TINY, widths=((4, 1), (1,))), checks=True)[column.module_name]
    # One direction has two producers.
    assert text.count("assert (") == 1
    assert "two producers on one eastward stream register" in text


@pytest.mark.parametrize(
    ("masks", "found"),
    [((), 0), ((0b111,), 0), ((0b101, 0b010), 0), ((0b101, 0b010, 0b100), 1), ((0b1, 0b1), 1), ((0, 0, 0), 0)],
)
def test_a_bit_in_two_masks_is_found_however_many_there_are(masks: tuple[int, ...], found: int):
    m, rows, out = Module(), [Signal(3, init=mask) for mask in masks], Signal()
    m.d.comb += out.eq(overlap(rows))

    async def bench(ctx):
        assert ctx.get(out) == found

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_mesh_of_one_alu_checks_itself():
    config = preset("fpga")
    assert len(config.alus) == 1
    assert any("two ALUs" in text for text in export(Mesh(config=config), checks=True).values())
