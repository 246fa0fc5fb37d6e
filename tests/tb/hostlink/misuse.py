"""cocotb module: more of what a host can do wrong on a real chip: parts of words, packets of text, noise, and the fuse.

Each test ends within a bound of cycles, and after each the chip still works.
"""

import contextlib
import random
from typing import Any

import numpy as np
from cocotb.triggers import ClockCycles

from arch.config import WORD_BYTES
from arch.conveyor import Hemisphere
from arch.host import ADDRESS_BITS, DATA_BITS, STEP, Command, Refusal, State, largest_fuse, registers
from golden.run import run
from tb.hostlink import bench
from tb.hostlink.axi import AxiLink
from tb.hostlink.driver import HostDriver
from tb.hostlink.errors import HostError
from tb.hostlink.link import AccessRefusedError
from tests.tb.hostlink.cases import LONG, loaded, refused, waiting, works


@bench.bounded()
async def parts_of_words_are_refused(dut: Any) -> None:
    """Every run of bytes that is not exactly one register, of one or of two of them; nothing is written."""
    driver = HostDriver(link := await bench.connect(dut), loaded().config)
    port = driver.port
    limit, timeout = port.named("LIMIT").offset, await port.get("TIMEOUT")
    await port.set("LIMIT", 0x1234)
    for first in range(STEP):
        for size in range(1, 2 * STEP - first + 1):
            if (first, size) in ((0, STEP), (0, 2 * STEP)):
                continue
            # Whole registers that are hit together with a part of another are written, as AXI has it: each is an access
            # of its own. Their old values are written here, so nothing may change.
            both = (0x1234).to_bytes(STEP, "little") + timeout.to_bytes(STEP, "little")
            covered = both[first : first + size]
            try:
                await link.write_bytes(limit + first, covered)
            except AccessRefusedError:
                pass
            else:
                raise AssertionError(f"{size} bytes at {first} must be refused")
            assert await port.get("ERROR") == Refusal.REGISTER
            await port.set("ERROR", 0)
            assert (await port.get("LIMIT"), await port.get("TIMEOUT")) == (0x1234, timeout)
    await works(driver, loaded(), 11)


@bench.bounded()
async def text_of_a_wrong_length(dut: Any) -> None:
    """Packets of text that end too early, in the middle of a word, too late, or never; and one that nobody wants."""
    program = loaded()
    driver = HostDriver(link := await bench.connect(dut), program.config)
    port, lanes = driver.port, program.config.lanes
    await port.set("TIMEOUT", 300)
    await port.pack("SELECT", queue=0)
    await port.set("COUNT", 3)
    for size, words in ((2 * WORD_BYTES, 2), (lanes, 0), (3 * WORD_BYTES - lanes, 2), (5 * WORD_BYTES, 3)):
        await port.command(Command.LOAD_TEXT, "load")
        await link.send(bytes(size))
        await refused(port.finish("load"), Refusal.LENGTH)
        assert await port.get("DONE") == words
    await port.command(Command.LOAD_TEXT, "load")
    await refused(port.finish("load"), Refusal.TIMEOUT)
    await link.send(bytes(7 * WORD_BYTES))
    await ClockCycles(dut.clk, 400)
    assert await port.get("ERROR") == Refusal.NONE, "what nobody asked for waits"
    await port.command(Command.DISCARD, "discard")
    await port.finish("discard")
    await port.command(Command.DISCARD, "discard")
    await refused(port.finish("discard"), Refusal.TIMEOUT)
    await works(driver, program, 12)


@bench.bounded()
async def reports_at_any_time(dut: Any) -> None:
    """Counters before the start are zero, while it runs they have not passed their end, of nobody they are zero."""
    program = waiting(loaded(), LONG)
    driver = HostDriver(await bench.connect(dut), program.config)
    port, names = driver.port, ("FAULT", "FIRST", "CORRECTED", "ISSUED", "PARKED")
    select = port.named("SELECT")
    await driver.boot(program)
    assert set((await driver.counters()).values()) == {(0, 0)}
    await driver.start()
    seen = {}
    while await port.field("STATUS", "state") == State.RUNNING:
        await port.pack("SELECT", **{field.name: (1 << field.width) - 1 for field in select.fields})
        assert [await port.get(name) for name in names] == [0] * len(names)
        await refused(port.command(Command.FIND, "find"), Refusal.RANGE)
        await port.pack("SELECT", queue=1)
        now = await port.get("PARKED")
        assert now >= seen.get("PARKED", 0)
        seen["PARKED"] = now
        assert (await driver.reports()).faults == ()
    expected = run(program)
    assert 0 < seen["PARKED"] <= expected.counters.parked[1]
    await bench.compare(driver, expected)
    await works(driver, loaded(), 13)


@bench.bounded()
async def noise_cannot_hang_the_chip(dut: Any) -> None:
    """Random accesses to random addresses, and random packets: whatever they did, a reset ends it."""
    program = loaded()
    driver = HostDriver(link := await bench.connect(dut), program.config)
    port, draw = driver.port, random.Random(14)
    known = [register.offset for register in registers(program.config).values()]
    done = []
    for _ in range(400):
        offset = draw.choice(known) if draw.random() < 0.8 else draw.randrange(0, 1 << ADDRESS_BITS, STEP)
        value = draw.choice((draw.randrange(8), draw.getrandbits(DATA_BITS), 1 << draw.randrange(DATA_BITS)))
        if offset == port.named("TIMEOUT").offset:
            value = draw.randrange(1, 200)
        done.append(False)
        with contextlib.suppress(AccessRefusedError):
            await (link.write(offset, value) if draw.random() < 0.7 else link.read(offset))
            done[-1] = True
        if draw.random() < 0.1:
            await link.send(draw.randbytes(program.config.lanes * draw.randrange(1, 20)))
    assert 50 < sum(done) < 350, "some must be refused, and some not"
    await clear(dut, driver, link)
    await works(driver, program, 14)


async def clear(dut: Any, driver: HostDriver, link: AxiLink) -> None:
    """Bring a chip back of which nothing is known: reset it, throw away what is under way to it, and what it sent."""
    port = driver.port
    await driver.reset()
    for name, value in (("ERROR", 0), ("TIMEOUT", 500), ("INJECT", 0)):
        await port.set(name, value)
    while True:
        await port.command(Command.DISCARD, "discard")
        try:
            await port.finish("discard")
        except HostError as error:
            assert error.refusal is Refusal.TIMEOUT
            break
    await driver.bypass(0)
    # The sink may hold the beginning of a packet that the reset cut off: it ends with the next one.
    await port.set("PLACE", 0)
    await port.set("COUNT", 1)
    await port.command(Command.READ_MEMORY, "read")
    await port.finish("read")
    await ClockCycles(dut.clk, 10)
    link.sink.clear()


@bench.bounded()
async def every_superlane_can_be_bypassed(dut: Any) -> None:
    """A program gives the same whichever it is; memory stays with its superlane; the fuse is refused beyond it, while a
    program runs, and behind one."""
    program = loaded()
    config = program.config
    driver = HostDriver(await bench.connect(dut), config)
    port, largest = driver.port, largest_fuse(config)
    assert largest == config.superlanes, "this test takes a machine with a spare superlane"
    for fuse in (*range(largest + 1), 0):
        await driver.bypass(fuse)
        await works(driver, program, 15 + fuse)
        assert await port.get("FUSE") == fuse
        await refused(driver.bypass(0), Refusal.STARTED)
        await driver.reset()
    for value in (largest + 1, 1 << 31):
        await refused(port.set("FUSE", value), Refusal.RANGE)
    # With the lowest superlane bypassed number 0 is that which is number 1 with the uppermost one bypassed.
    place = (Hemisphere.WEST, 1, 3)
    rows = np.arange(config.vector, dtype=np.uint8).reshape(config.superlanes, config.lanes)
    await driver.write_memory(*place, rows.tobytes())
    await driver.bypass(largest)
    moved = (await driver.read_memory(*place, 1, raw=True)).reshape(rows.shape)
    assert (moved[1:] == rows[:-1]).all()
    await driver.boot(waiting(program, LONG))
    await driver.start()
    await refused(driver.bypass(0), Refusal.RUNNING)
    await driver.reset()
    await driver.bypass(0)
    await works(driver, program, 18)
