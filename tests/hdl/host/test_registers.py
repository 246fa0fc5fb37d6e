"""Registers behind AXI4-Lite: the table is what answers, and everything else is refused."""

from dataclasses import replace
from typing import Any

import pytest
from amaranth import Module
from amaranth.lib.wiring import Component, In, Out

from arch.config import Config
from arch.host import ADDRESS_BITS, DATA_BITS, STEP, Access, Command, Refusal, largest_fuse, registers
from hdl.host.axil import OKAY, SLVERR, STROBES, AxiLiteSlave
from hdl.host.registers import Registers, readings
from tests.hdl.configs import ODD, ONE, SMALL_CONFIGS, TINY
from tests.hdl.simulate import simulate

ALL_BYTES = (1 << STROBES) - 1


class Joined(Component):
    """The slave and the register file."""

    def __init__(self, config: Config):
        self.file = Registers(config=config)
        self.axil = AxiLiteSlave()
        super().__init__({"unused": In(1), "also": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.file, m.submodules.axil = file, axil = self.file, self.axil
        m.d.comb += [
            file.write.eq(axil.write),
            file.write_address.eq(axil.awaddr),
            file.write_data.eq(axil.wdata),
            file.write_strobe.eq(axil.wstrb),
            axil.write_refused.eq(file.write_refused),
            file.read.eq(axil.read),
            file.read_address.eq(axil.araddr),
            axil.read_data.eq(file.read_data),
            axil.read_refused.eq(file.read_refused),
        ]
        return m


async def write(ctx: Any, dut: Joined, offset: int, value: int, strobes: int = ALL_BYTES) -> int:
    """Response to a write; address and data come in different cycles."""
    axil = dut.axil
    ctx.set(axil.awaddr, offset)
    ctx.set(axil.awvalid, 1)
    await ctx.tick()
    assert not ctx.get(axil.bvalid), "an address without data is no write"
    ctx.set(axil.wdata, value)
    ctx.set(axil.wstrb, strobes)
    ctx.set(axil.wvalid, 1)
    assert ctx.get(axil.awready) and ctx.get(axil.wready)
    await ctx.tick()
    ctx.set(axil.awvalid, 0)
    ctx.set(axil.wvalid, 0)
    await ctx.tick().repeat(2)
    assert ctx.get(axil.bvalid), "a response must wait"
    response = ctx.get(axil.bresp)
    ctx.set(axil.bready, 1)
    await ctx.tick()
    ctx.set(axil.bready, 0)
    assert not ctx.get(axil.bvalid)
    return response


async def read(ctx: Any, dut: Joined, offset: int) -> tuple[int, int]:
    """Response and data of a read."""
    axil = dut.axil
    ctx.set(axil.araddr, offset)
    ctx.set(axil.arvalid, 1)
    assert ctx.get(axil.arready)
    await ctx.tick()
    ctx.set(axil.arvalid, 0)
    await ctx.tick().repeat(2)
    assert ctx.get(axil.rvalid)
    found = ctx.get(axil.rresp), ctx.get(axil.rdata)
    ctx.set(axil.rready, 1)
    await ctx.tick()
    ctx.set(axil.rready, 0)
    assert not ctx.get(axil.rvalid)
    return found


async def error(ctx: Any, dut: Joined, config: Config) -> Refusal:
    """The refusal on record, which is cleared."""
    offset = registers(config)["ERROR"].offset
    response, code = await read(ctx, dut, offset)
    assert response == OKAY
    assert await write(ctx, dut, offset, 0) == OKAY
    assert await read(ctx, dut, offset) == (OKAY, Refusal.NONE)
    return Refusal(code)


@pytest.mark.parametrize("config", SMALL_CONFIGS, ids=lambda c: c.name)
def test_every_register_of_the_table_answers(config: Config):
    dut = Joined(config)
    now = {r.name: 0x8421_0000 + r.offset for r in readings(config)}

    async def bench(ctx: Any) -> None:
        for name, value in now.items():
            ctx.set(getattr(dut.file, f"now_{name.lower()}"), value)
        for register in registers(config).values():
            wanted = now.get(register.name, register.reset)
            if register.access.readable:
                assert await read(ctx, dut, register.offset) == (OKAY, wanted), register.name
            else:
                assert await read(ctx, dut, register.offset) == (SLVERR, 0)
                assert await error(ctx, dut, config) is Refusal.REGISTER
            if register.access is Access.BOTH:
                value = largest_fuse(config) if register.name == "FUSE" else 0x5A5A_A5A5 & register.mask
                assert await write(ctx, dut, register.offset, value) == OKAY
                assert await read(ctx, dut, register.offset) == (OKAY, value)
                assert ctx.get(getattr(dut.file, f"set_{register.name.lower()}")) == value
            elif not register.access.writable:
                assert await write(ctx, dut, register.offset, 0) == SLVERR
                assert await error(ctx, dut, config) is Refusal.REGISTER

    simulate(dut, bench)


def test_what_is_no_register_is_refused():
    dut, table = Joined(TINY), registers(TINY)
    known = {register.offset for register in table.values()}
    holes = [offset for offset in range(0, 1 << ADDRESS_BITS, 0x34) if offset not in known]

    async def bench(ctx: Any) -> None:
        place = table["PLACE"]
        for offset in (*holes, place.offset + 1, place.offset + 2, (1 << ADDRESS_BITS) - STEP):
            assert await read(ctx, dut, offset) == (SLVERR, 0), offset
            assert await error(ctx, dut, TINY) is Refusal.REGISTER
            assert await write(ctx, dut, offset, 0) == SLVERR
            assert await error(ctx, dut, TINY) is Refusal.REGISTER
        unused = [1 << bit for bit in range(DATA_BITS) if not place.mask >> bit & 1]
        for value, strobes in ((1, ALL_BYTES >> 1), (1, 0), *((bit, ALL_BYTES) for bit in unused)):
            assert await write(ctx, dut, place.offset, value, strobes) == SLVERR, hex(value)
            assert await error(ctx, dut, TINY) is Refusal.REGISTER
        assert await read(ctx, dut, place.offset) == (OKAY, 0), "nothing that is refused is written"

    simulate(dut, bench)


def test_bits_that_a_register_does_not_have_are_refused():
    dut, table = Joined(TINY), registers(TINY)

    async def bench(ctx: Any) -> None:
        for register in (register for register in table.values() if register.access.writable):
            for bit in (bit for bit in range(DATA_BITS) if not register.mask >> bit & 1):
                assert await write(ctx, dut, register.offset, 1 << bit) == SLVERR, f"{register.name}, bit {bit}"
                assert await error(ctx, dut, TINY) is Refusal.REGISTER

    simulate(dut, bench)


def test_the_first_refusal_stays():
    dut, table = Joined(TINY), registers(TINY)

    async def bench(ctx: Any) -> None:
        ctx.set(dut.file.running, 1)
        assert await write(ctx, dut, table["PLACE"].offset, 0) == SLVERR
        ctx.set(dut.file.running, 0)
        assert await write(ctx, dut, table["MAGIC"].offset, 0) == SLVERR
        assert await error(ctx, dut, TINY) is Refusal.RUNNING
        ctx.set(dut.file.event, Refusal.TIMEOUT)
        await ctx.tick()
        ctx.set(dut.file.event, 0)
        await ctx.tick()
        assert await error(ctx, dut, TINY) is Refusal.TIMEOUT

    simulate(dut, bench)


@pytest.mark.parametrize("config", (ONE, ODD), ids=lambda c: c.name)
def test_settings_wait_for_the_program_and_for_commands(config: Config):
    dut = Joined(config)

    async def bench(ctx: Any) -> None:
        for flag, refusal in (("running", Refusal.RUNNING), ("busy", Refusal.BUSY)):
            ctx.set(getattr(dut.file, flag), 1)
            for register in registers(config).values():
                if register.access is not Access.BOTH:
                    continue
                allowed = getattr(register, f"while_{flag}")
                assert await write(ctx, dut, register.offset, 0) == (OKAY if allowed else SLVERR), register.name
                assert await error(ctx, dut, config) is (Refusal.NONE if allowed else refusal)
            ctx.set(getattr(dut.file, flag), 0)

    simulate(dut, bench)


def test_start_and_reset():
    dut, control = Joined(TINY), registers(TINY)["CONTROL"]
    start, reset = control.pack(start=1), control.pack(reset=1)

    async def bench(ctx: Any) -> None:
        async def attempt(value: int) -> tuple[Refusal, int, int]:
            axil = dut.axil
            for port, bits in ((axil.awaddr, control.offset), (axil.wdata, value), (axil.wstrb, ALL_BYTES)):
                ctx.set(port, bits)
            for port in (axil.awvalid, axil.wvalid, axil.bready):
                ctx.set(port, 1)
            await ctx.tick()
            for port in (axil.awvalid, axil.wvalid):
                ctx.set(port, 0)
            await ctx.tick()
            pulse = ctx.get(dut.file.start), ctx.get(dut.file.clear)
            await ctx.tick()
            assert not ctx.get(dut.file.start) and not ctx.get(dut.file.clear), "a pulse is one cycle long"
            ctx.set(axil.bready, 0)
            return await error(ctx, dut, TINY), *pulse

        assert await attempt(start) == (Refusal.NONE, 1, 0)
        assert await attempt(reset) == (Refusal.NONE, 0, 1)
        assert await attempt(start | reset) == (Refusal.COMMAND, 0, 0)
        for flag, refusal in (("running", Refusal.RUNNING), ("started", Refusal.STARTED), ("busy", Refusal.BUSY)):
            ctx.set(getattr(dut.file, flag), 1)
            assert await attempt(start) == (refusal, 0, 0)
            assert await attempt(reset) == (Refusal.NONE, 0, 1)
            ctx.set(getattr(dut.file, flag), 0)

    simulate(dut, bench)


@pytest.mark.parametrize("config", (TINY, replace(ODD, spare=True)), ids=("none", "spare"))
def test_the_fuse_resets_and_knows_what_there_is(config: Config):
    dut, table = Joined(config), registers(config)
    fuse, largest = table["FUSE"], largest_fuse(config)
    assert largest == config.superlanes * config.spare == table["SPARE"].reset * config.superlanes
    clears = []

    async def watch(ctx: Any) -> None:
        async for _, _, cleared, value in ctx.tick().sample(dut.file.clear, dut.file.set_fuse):
            if cleared:
                clears.append(value)

    async def bench(ctx: Any) -> None:
        for value in range(largest + 1):
            assert await write(ctx, dut, fuse.offset, value) == OKAY
            assert await read(ctx, dut, fuse.offset) == (OKAY, value)
        assert clears == list(range(largest + 1)), "each resets once, with the new value"
        for value in (largest + 1, 1 << 5, (1 << DATA_BITS) - 1):
            assert await write(ctx, dut, fuse.offset, value) == SLVERR
            assert await error(ctx, dut, config) is Refusal.RANGE
        for flag, refusal in (("running", Refusal.RUNNING), ("started", Refusal.STARTED), ("busy", Refusal.BUSY)):
            ctx.set(getattr(dut.file, flag), 1)
            assert await write(ctx, dut, fuse.offset, 0) == SLVERR
            assert await error(ctx, dut, config) is refusal
            ctx.set(getattr(dut.file, flag), 0)
        assert await read(ctx, dut, fuse.offset) == (OKAY, largest) and len(clears) == largest + 1

    simulate(dut, bench, watch)


def test_commands_go_unless_the_engine_refuses():
    dut, command = Joined(TINY), registers(TINY)["COMMAND"]

    async def bench(ctx: Any) -> None:
        gone = []

        async def attempt(refusal: Refusal) -> int:
            ctx.set(dut.file.command_refused, refusal)
            axil = dut.axil
            ctx.set(axil.bready, 1)
            for port, value in ((axil.awaddr, command.offset), (axil.wdata, Command.FIND), (axil.wstrb, ALL_BYTES)):
                ctx.set(port, value)
            ctx.set(axil.awvalid, 1)
            ctx.set(axil.wvalid, 1)
            await ctx.tick()
            ctx.set(axil.awvalid, 0)
            ctx.set(axil.wvalid, 0)
            gone.append((ctx.get(dut.file.go), ctx.get(dut.file.command)))
            await ctx.tick()
            response = ctx.get(axil.bresp)
            await ctx.tick()
            return response

        assert await attempt(Refusal.NONE) == OKAY
        assert await attempt(Refusal.RANGE) == SLVERR
        ctx.set(dut.axil.bready, 0)
        await ctx.tick()
        assert gone == [(1, Command.FIND), (0, Command.FIND)]

    simulate(dut, bench)
