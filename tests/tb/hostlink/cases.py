"""cocotb module: what a host can do wrong on a real chip, and bit errors; after each the chip still works."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from cocotb.triggers import ClockCycles

from arch.conveyor import Direction, Hemisphere, mem_site
from arch.host import Command, Refusal, State
from arch.isa.icu import NOP, SYNC
from arch.isa.spec import make
from arch.program import Program
from arch.queues import queues
from golden.injection import MemoryInjection, StreamInjection
from golden.memory import InputError
from golden.run import run
from tb.hostlink import bench
from tb.hostlink.driver import HostDriver
from tb.hostlink.errors import HostError, WrongMachineError

#: Cycles of a program that waits.
LONG = 2_000


def loaded() -> Program:
    """The program to run."""
    return Program.from_bytes(Path(os.environ[bench.PROGRAM]).read_bytes())


def waiting(program: Program, cycles: int, *, park: bool = True) -> Program:
    """A program of the same machine in which one queue waits, and runs dry for good if it is not to park."""
    sync, nop = make(SYNC).encode(), make(NOP, n=cycles).encode()
    first = (nop, sync) if park else (nop,)
    return Program(program.config, (first, *((sync,) for _ in queues(program.config)[1:])))


async def refused(action: Any, refusal: Refusal) -> None:
    """Await what must be refused."""
    try:
        await action
    except HostError as error:
        assert error.refusal is refusal, error
        assert "\n" not in str(error)
        return
    raise AssertionError(f"must be refused: {refusal.name}")


async def works(driver: HostDriver, program: Program, seed: int) -> None:
    """Run the program and compare."""
    inputs = bench.drawn(program, seed)
    await driver.boot(program, inputs)
    await driver.start(bench.LIMIT)
    assert not (await driver.wait_idle()).stopped
    await bench.compare(driver, run(program, inputs, engine="step"))


@bench.bounded()
async def registers_are_refused_with_an_error_response(dut: Any) -> None:
    """Unknown, misaligned, read-only, write-only, a part of the bytes; AXI says SLVERR, the register says why."""
    link = await bench.connect(dut)
    driver = HostDriver(link, loaded().config)
    port = driver.port
    await driver.identify()
    for name in ("MAGIC", "STATUS", "CYCLE", "DONE"):
        await refused(port.set(name, 0), Refusal.REGISTER)
    for name in ("CONTROL", "COMMAND"):
        await refused(port.get(name), Refusal.REGISTER)
    await refused(port.set("PLACE", 1 << 31), Refusal.REGISTER)
    for offset, data in ((0xFFC, bytes(4)), (0x0F0, bytes(4)), (port.named("COUNT").offset, b"\1\2")):
        try:
            await link.write_bytes(offset, data)
        except ValueError:
            pass
        else:
            raise AssertionError(f"a write of {len(data)} bytes to {offset:#x} must be refused")
        assert await port.get("ERROR") == Refusal.REGISTER
        await port.set("ERROR", 0)
    await works(driver, loaded(), 1)


@bench.bounded()
async def nothing_of_a_running_program_can_be_disturbed(dut: Any) -> None:
    """Start twice, memory and text and settings while it runs, then after it has ended."""
    program = loaded()
    link = await bench.connect(dut)
    driver = HostDriver(link, program.config)
    port = driver.port
    await driver.boot(waiting(program, LONG))
    assert await port.field("STATUS", "state") == State.BOOTING
    await driver.start()
    assert await port.field("STATUS", "state") == State.RUNNING
    await refused(port.pack("CONTROL", start=1), Refusal.RUNNING)
    for command in (Command.WRITE_MEMORY, Command.READ_MEMORY, Command.LOAD_TEXT):
        await refused(port.command(command, "disturb"), Refusal.RUNNING)
    for name in ("PLACE", "COUNT", "MODE", "LIMIT", "INJECT", "INJECT_CYCLE"):
        await refused(port.set(name, 0), Refusal.RUNNING)
    outcome = await driver.wait_idle()
    expected = run(waiting(program, LONG))
    assert outcome.cycles == expected.cycles and not outcome.stopped
    await refused(driver.start(), Refusal.STARTED)
    await port.set("COUNT", 1)
    await refused(port.command(Command.LOAD_TEXT, "load"), Refusal.STARTED)
    await bench.compare(driver, expected)
    await works(driver, program, 2)


@bench.bounded()
async def commands_beyond_the_machine_are_refused(dut: Any) -> None:
    """Places, counts, queues and commands that do not exist; a second command before the first has ended."""
    config = loaded().config
    link = await bench.connect(dut)
    driver = HostDriver(link, config)
    port = driver.port
    await refused(driver.read_memory(Hemisphere.EAST, 0, config.bank_words - 1, 2), Refusal.RANGE)
    await refused(driver.read_memory(Hemisphere.EAST, config.slices, 0, 1), Refusal.RANGE)
    await refused(driver.write_memory(Hemisphere.WEST, 0, 0, b""), Refusal.RANGE)
    await port.pack("SELECT", queue=len(queues(config)))
    await port.set("COUNT", 1)
    await refused(port.command(Command.LOAD_TEXT, "load"), Refusal.RANGE)
    await refused(port.set("COMMAND", 7), Refusal.COMMAND)
    await refused(port.pack("CONTROL", start=1, reset=1), Refusal.COMMAND)
    await port.pack("SELECT", queue=0)
    await port.command(Command.LOAD_TEXT, "load")
    await refused(port.command(Command.FIND, "find"), Refusal.BUSY)
    await refused(port.set("COUNT", 1), Refusal.BUSY)
    await refused(port.pack("CONTROL", start=1), Refusal.BUSY)
    await works(driver, loaded(), 3)


@bench.bounded()
async def streams_that_stop_or_are_too_long(dut: Any) -> None:
    """Packets of a wrong length, an input that does not come, an output that nobody takes; a reset ends all."""
    program = loaded()
    config = program.config
    link = await bench.connect(dut)
    driver = HostDriver(link, config)
    port = driver.port
    await port.set("TIMEOUT", 500)
    for size in (config.vector - config.lanes, 3 * config.vector):
        await port.pack("PLACE", address=0)
        await port.set("COUNT", 2)
        await port.command(Command.WRITE_MEMORY, "write")
        await link.send(bytes(size))
        await refused(port.finish("write"), Refusal.LENGTH)
    await port.command(Command.WRITE_MEMORY, "write")
    await refused(port.finish("write"), Refusal.TIMEOUT)
    await link.send(bytes(config.vector))
    await port.command(Command.DISCARD, "discard")
    await port.finish("discard")

    link.sink.pause = True
    await port.set("COUNT", 60)
    await port.command(Command.READ_MEMORY, "read")
    await ClockCycles(dut.clk, 900)
    assert await port.get("ERROR") == Refusal.TIMEOUT and await port.field("STATUS", "busy")
    await port.set("ERROR", 0)
    link.sink.pause = False
    assert len(await link.receive()) == 60 * config.vector, "nothing is lost"
    await port.finish("read")
    link.sink.pause = True
    await port.command(Command.READ_MEMORY, "read")
    await ClockCycles(dut.clk, 300)
    await driver.reset()
    assert not await port.field("STATUS", "busy")
    link.sink.pause = False
    link.sink.clear()
    await works(driver, program, 4)


@bench.bounded()
async def a_program_that_never_ends_is_stopped(dut: Any) -> None:
    """The limit is told, faults can be read meanwhile, and a reset ends it."""
    program = loaded()
    link = await bench.connect(dut)
    driver = HostDriver(link, program.config)
    await driver.boot(waiting(program, 10, park=False))
    await driver.start(limit=300)
    outcome = await driver.wait_idle()
    assert outcome.stopped and outcome.cycles == 300
    expected = run(waiting(program, 10, park=False), limit=300)
    assert await driver.port.field("STATUS", "faulty")
    seen, golden = (await driver.reports()).faults, expected.faults
    assert [(f.queue, f.superlane, f.fault, f.cycle) for f in seen] == [
        (f.queue, f.superlane, f.fault, f.cycle) for f in golden
    ]
    await driver.reset()
    assert not await driver.port.field("STATUS", "faulty") and await driver.port.field("STATUS", "state") == 0
    await works(driver, program, 5)


@bench.bounded()
async def what_does_not_fit_is_refused_before_anything_is_written(dut: Any) -> None:
    """A program for another machine, and inputs that do not fit."""
    program = loaded()
    link = await bench.connect(dut)
    driver = HostDriver(link, program.config)
    inputs = bench.drawn(program, 6)
    await driver.boot(program, inputs)
    other = replace(program.config, acc_rows=program.config.acc_rows - 1)
    alien = Program(other, tuple(() for _ in queues(other)))
    name, rows = next(iter(inputs.items()))
    for action, kind, words in (
        (driver.boot(alien), WrongMachineError, "the program is for machine"),
        (driver.boot(program, {}), InputError, "is missing"),
        (driver.boot(program, {name: rows[1:]}), InputError, "must be uint8"),
        (driver.boot(program, {**inputs, "more": rows}), InputError, "no input 'more'"),
    ):
        try:
            await action
        except kind as error:
            assert words in str(error) and "\n" not in str(error)
        else:
            raise AssertionError(f"{words}: must be refused")
    # What was booted before is still there, and runs.
    await driver.start(bench.LIMIT)
    await driver.wait_idle()
    await bench.compare(driver, run(program, inputs, engine="step"))


@bench.bounded()
async def injected_errors_are_reported(dut: Any) -> None:
    """A bit error in a stream and in memory; the host corrects what it reads, unless it wants it raw."""
    program = loaded()
    link = await bench.connect(dut)
    driver = HostDriver(link, program.config)
    inputs = bench.drawn(program, 7)
    site = mem_site(program.config, Hemisphere.EAST, 0).sample(Direction.EAST)
    assert site is not None
    plain = run(program, inputs, engine="step")
    hits = 0
    for injection in (
        *(StreamInjection(site, Direction.EAST, 0, 1, cycle, 1 << 5) for cycle in (9, 10, 12)),
        *(MemoryInjection(Hemisphere.EAST, 0, 0, cycle, 1 << 9) for cycle in (8, 9, 10, 11)),
        StreamInjection(site, Direction.EAST, 0, 0, 0, 1),
    ):
        expected = run(program, inputs, injection=injection)
        await driver.boot(program, inputs)
        await driver.arm(injection)
        await driver.start(bench.LIMIT)
        await driver.wait_idle()
        await bench.compare(driver, replace_regions(expected, plain))
        hit = int((expected.memory != plain.memory).any())
        assert (await driver.port.get("HOST_CORRECTED") > 0) == hit
        hits += hit
    assert hits >= 2, "some must be found in memory"
    await driver.arm(None)
    await works(driver, program, 8)


def replace_regions(expected: Any, plain: Any) -> Any:
    """The run with an error, but regions as without: the host corrects them."""

    class Corrected:
        def __getattr__(self, name: str) -> Any:
            return getattr(plain if name == "region" else expected, name)

    return Corrected()
