"""A superlane by itself: its host port, memory, injections, power, fault records and what climbs, each in its cycle."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from arch.config import Alu, Config, preset
from arch.conveyor import Direction, Hemisphere, hops, mxm_site
from arch.faults import Fault
from arch.isa.fields import stream_ref
from arch.isa.table import Word, encode
from arch.queues import queues_by_name
from arch.timing import timing
from arch.types import Type
from hdl.c2c.link import Loopback
from hdl.icu.layout import layout_of
from hdl.superlane import Superlane
from hdl.vertical import port_name
from tests.golden.schedule import word
from tests.hdl.paths import direct
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import code_of

#: As little as there can be, so that the simulation is soon built.
MICRO: Config = replace(
    preset("tiny"),
    name="micro",
    streams=8,
    bank_words=16,
    acc_rows=4,
    planes=1,
    mxm_fp16=False,
    alus=(Alu(types=(Type.U8,)),) * 4,
    c2c_links=0,
)
NUMBER = 1
WEST, EAST = Direction.WEST, Direction.EAST


class Bench:
    """Drives a superlane; one step is one cycle, and the cycle's number counts along."""

    def __init__(self, ctx: Any, dut: Superlane):
        self.ctx, self.dut, self.cycle = ctx, dut, 100
        for port, value in (
            (dut.number, NUMBER),
            (dut.top, 1),
            (dut.lit, MICRO.superlanes),
            (dut.cycle, self.cycle + 1),
        ):
            ctx.set(port, value)

    async def step(self, cycles: int = 1) -> None:
        """Let cycles pass."""
        for _ in range(cycles):
            await self.ctx.tick()
            self.cycle += 1
            self.ctx.set(self.dut.cycle, self.cycle + 1)

    async def light(self, superlanes: int) -> None:
        """Give power to so many superlanes from the next cycle on."""
        self.ctx.set(self.dut.lit, superlanes)
        await self.step()

    async def issue(self, name: str, instruction: Word) -> int:
        """Execute an instruction in this cycle, which is given; it climbs, a cycle later."""
        queue = queues_by_name(MICRO)[name]
        port, above = (getattr(self.dut, f"{port_name(queue)}_{way}") for way in ("in", "up"))
        packed = layout_of(queue.unit).pack_int(encode(instruction))
        self.ctx.set(port.fire, 1)
        self.ctx.set(port.instr, packed)
        await self.step()
        self.ctx.set(port.fire, 0)
        assert self.ctx.get(above.fire) and self.ctx.get(above.instr) == packed
        return self.cycle - 1

    async def put(self, side: Hemisphere, stream: int, value: int) -> None:
        """Let the host drive a word at an edge."""
        host = self.dut.host
        for port, setting in ((host.en, 1), (host.side, int(side)), (host.stream, stream), (self.dut.host_word, value)):
            self.ctx.set(port, setting)
        await self.step()
        self.ctx.set(host.en, 0)
        self.ctx.set(self.dut.host_word, 0)

    async def take(self, side: Hemisphere, stream: int) -> int:
        """Codeword that the host samples at an edge in this cycle, as it comes down a cycle later."""
        host = self.dut.host
        for port, setting in ((host.take, 1), (host.side, int(side)), (host.stream, stream)):
            self.ctx.set(port, setting)
        await self.step()
        self.ctx.set(host.take, 0)
        assert self.ctx.get(self.dut.host_taken.valid)
        return self.ctx.get(self.dut.host_taken.word)

    async def report(self, name: str) -> tuple[int, ...]:
        """Fault record of a queue, as it stands in this cycle and comes in the next."""
        self.ctx.set(self.dut.report_queue, queues_by_name(MICRO)[name].index)
        await self.step()
        return tuple(self.ctx.get(getattr(self.dut.report, field)) for field in ("code", "first", "count", "fixed"))

    def arm(self, **values: int) -> None:
        """Arm an injection, or with nothing none."""
        for name in ("stream_en", "memory_en", "position", "ref", "side", "mem_slice", "superlane", "cycle", "mask"):
            self.ctx.set(getattr(self.dut.armed, name), values.get(name, 0))


def distance(source: str | None, target: str | None, way: Direction) -> int:
    """Hops between two queues' units; None is the edge in the west."""
    sites = [queues_by_name(MICRO)[n].site if n else mxm_site(MICRO, Hemisphere.WEST) for n in (source, target)]
    found = hops(MICRO, *sites, way)
    assert found is not None
    return found


async def stored(bench: Bench, value: int, address: int) -> int:
    """Store a word from the western edge in W.mem1; gives the cycle of the Write."""
    await bench.put(Hemisphere.WEST, 3, value)
    await bench.step(distance(None, "W.mem1", EAST))
    return await bench.issue("W.mem1", word("Write", a=address, s="E3"))


async def fetched(bench: Bench, address: int) -> int:
    """Codeword of W.mem1 as the host reads it."""
    await bench.issue("W.mem1", word("Read", a=address, s="W2"))
    await bench.step(timing(MICRO).read - 1 + distance("W.mem1", None, WEST))
    return await bench.take(Hemisphere.WEST, 2)


async def _memory(bench: Bench) -> None:
    for n, value in enumerate((0x01234567, 0xFEDCBA98)):
        await stored(bench, value, 4096 + n)
    for n, value in enumerate((0x01234567, 0xFEDCBA98)):
        assert await fetched(bench, 4096 + n) == code_of(value, MICRO.word_bits)


async def _injections(bench: Bench) -> None:
    value, mask = 0x5A5A5A5A, 1 << MICRO.code_bits - 1 | 0b1001
    memory = {"memory_en": 1, "side": 0, "mem_slice": 1, "superlane": NUMBER, "mask": mask}
    lasts = 1 + distance(None, "W.mem1", EAST)
    # The cycle of execution, the ones beside it, another slice, hemisphere and superlane.
    others = ({"mem_slice": 2}, {"side": 1}, {"superlane": 0}, {"memory_en": 0})
    for late, change in ((0, {}), (-1, {}), (1, {}), *((0, change) for change in others)):
        bench.arm(**{**memory, "cycle": bench.cycle + lasts + late, **change})
        expected = code_of(value, MICRO.word_bits) ^ (mask if late == 0 and not change else 0)
        await stored(bench, value, 7)
        bench.arm()
        assert await fetched(bench, 7) == expected, f"memory, {late} {change}"
    # On its way to the memory the word stands at the edge's next position in the cycle after that in which it is there.
    edge = mxm_site(MICRO, Hemisphere.WEST).drive(EAST)
    assert edge is not None
    stream = {"stream_en": 1, "position": edge + 1, "ref": stream_ref(EAST, 3), "superlane": NUMBER, "mask": mask}
    others = ({"position": edge + 2}, {"ref": stream_ref(EAST, 2)}, {"superlane": 0}, {"stream_en": 0})
    for late, change in ((0, {}), (-1, {}), (1, {}), *((0, change) for change in others)):
        bench.arm(**{**stream, "cycle": bench.cycle + 2 + late, **change})
        expected = code_of(value, MICRO.word_bits) ^ (mask if late == 0 and not change else 0)
        await stored(bench, value, 7)
        bench.arm()
        assert await fetched(bench, 7) == expected, f"stream, {late} {change}"


async def _faults(bench: Bench) -> None:
    # A record takes a cycle of its own.
    operand, record = MICRO.stages.operand, 1
    assert not bench.ctx.get(bench.dut.faulty)
    cycle = await bench.issue("E.mem2", word("Read", a=MICRO.bank_words - 1, s="E0", stride=1))
    await bench.step(operand + record)
    assert await bench.report("E.mem2") == (0, 0, 0, 0)
    await bench.light(NUMBER)
    beyond = word("Read", a=MICRO.bank_words, s="E0")
    await bench.issue("E.mem2", beyond)
    await bench.step(operand + record)
    assert await bench.report("E.mem2") == (0, 0, 0, 0), "a dark superlane finds no fault"
    await bench.light(NUMBER + 1)
    cycle = await bench.issue("E.mem2", beyond)
    await bench.step(operand + record)
    assert await bench.report("E.mem2") == (Fault.RANGE, cycle, 1, 0)
    assert await bench.report("E.mem1") == (0, 0, 0, 0)
    assert bench.ctx.get(bench.dut.faulty)
    # What the queue finds itself comes as late as what a tile finds.
    bench.ctx.set(bench.dut.w_mem0_hit, 1)
    cycle = bench.cycle - operand
    await bench.step()
    bench.ctx.set(bench.dut.w_mem0_hit, 0)
    await bench.step(record)
    assert await bench.report("W.mem0") == (Fault.DRY, cycle, 1, 0)


async def _results_of_the_vxm(bench: Bench) -> None:
    await bench.issue("vxm2", word("Identity", type="u8", a="imm", imm=0xA5, out="W1"))
    await bench.step(timing(MICRO).vxm - 1 + distance("vxm2", None, WEST))
    lanes = int.from_bytes(bytes([0xA5]) * MICRO.lanes, "little")
    assert await bench.take(Hemisphere.WEST, 1) == code_of(lanes, MICRO.word_bits)


async def _power(bench: Bench) -> None:
    value = code_of(0x11223344, MICRO.word_bits)
    await stored(bench, 0x11223344, 9)
    await bench.light(NUMBER)
    await stored(bench, 0x55667788, 9)
    assert await fetched(bench, 9) == 0
    await bench.light(NUMBER + 1)
    assert await fetched(bench, 9) == value


async def _passing_on(bench: Bench) -> None:
    dut, ctx = bench.dut, bench.ctx
    ctx.set(dut.lit, 1)
    ctx.set(dut.host.take, 1)
    ctx.set(dut.host_taken_in.word, 0x77)
    await bench.step()
    ctx.set(dut.host.take, 0)
    ctx.set(dut.host_taken_in.valid, 1)
    assert ctx.get(dut.lit_up) == 1 and ctx.get(dut.cycle_up) == bench.cycle + 1 and ctx.get(dut.host_up.take)
    await bench.step()
    assert ctx.get(dut.host_taken.valid) and ctx.get(dut.host_taken.word) == 0x77 and not ctx.get(dut.host_up.take)
    ctx.set(dut.host_taken_in.valid, 0)
    ctx.set(dut.lit, MICRO.superlanes)
    await bench.step()
    assert not ctx.get(dut.host_taken.valid)


#: In one run, because building the simulation takes longest. Faults come last: records stay.
PARTS: tuple[Callable[[Bench], Any], ...] = (_memory, _injections, _results_of_the_vxm, _power, _passing_on, _faults)


def test_a_superlane_by_itself():
    dut = Superlane(config=MICRO)

    async def whole(ctx: Any) -> None:
        bench = Bench(ctx, dut)
        for part in PARTS:
            await bench.step(2 * MICRO.positions)
            await part(bench)

    simulate(dut, whole)


def test_no_output_depends_on_an_input_of_its_cycle():
    """Where this holds, superlanes may be simulated each by itself; what is constant does not count."""
    found = direct(Superlane(config=MICRO))
    assert found and set().union(*found.values()) == {"number", "top"}


def test_ways_without_a_register_are_found():
    found = direct(Loopback(config=MICRO))
    assert found == {"link__rx_valid": {"link__deskew"}}
