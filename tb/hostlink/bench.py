"""cocotb module: boot a program through AXI alone, run it, and compare all that the host can see with the golden model.

The program file is named by the environment variable ``SUPERLANE_PROGRAM``; ``SUPERLANE_SEED`` draws its inputs, and
the pauses on both streams.
"""

import os
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles

from arch.config import OFFSET_BITS
from arch.conveyor import Hemisphere
from arch.program import Program
from arch.queues import queues
from golden.memory import regions_named
from golden.result import Result
from golden.run import run
from tb.hostlink.axi import AxiLink
from tb.hostlink.driver import Bytes, HostDriver

#: Environment variables.
PROGRAM, SEED = "SUPERLANE_PROGRAM", "SUPERLANE_SEED"
#: Cycles after which a run is given up.
LIMIT = 20_000
#: Nanoseconds of a clock cycle; arbitrary.
PERIOD = 2
#: A test of cocotb that fails when it is not over after so many cycles: nothing a host does may hang a chip.
bounded = partial(cocotb.test, timeout_time=100_000 * PERIOD, timeout_unit="ns")


async def connect(dut: Any) -> AxiLink:
    """Start the clock, reset the chip, and give a link to it."""
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ns").start()
    link = AxiLink(dut)
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 2)
    return link


def pauses(seed: int) -> Iterator[bool]:
    """Cycles in which a side of a stream stands still, now and then for a while."""
    draw = random.Random(seed)
    while True:
        for _ in range(draw.choice((0, 0, 1, 2, 9))):
            yield True
        for _ in range(draw.choice((1, 1, 2, 7))):
            yield False


def drawn(program: Program, seed: int) -> dict[str, Bytes]:
    """Bytes for each input region of a program."""
    found, draw = {}, np.random.default_rng(seed)
    for name, regions in regions_named(program).items():
        rows = sum(region.rows for region in regions if region.role != "output")
        if rows:
            found[name] = draw.integers(0, 256, (rows, program.config.vector), dtype=np.uint8)
    return found


@bounded()
async def boots_and_runs(dut: Any) -> None:
    """Regions, all memory, cycles, faults, corrected words and counters; twice, the second time after a reset."""
    program = Program.from_bytes(Path(os.environ[PROGRAM]).read_bytes())
    seed = int(os.environ.get(SEED, "1"))
    link = await connect(dut)
    driver = HostDriver(link, program.config)
    for turn in range(2):
        inputs = drawn(program, seed + turn)
        expected = run(program, inputs, engine="step", limit=LIMIT)
        if turn:
            link.source.set_pause_generator(pauses(seed))
            link.sink.set_pause_generator(pauses(seed + 1))
        await driver.boot(program, inputs)
        await driver.start(LIMIT)
        outcome = await driver.wait_idle()
        assert (outcome.cycles, outcome.stopped) == (expected.cycles, expected.stopped)
        await compare(driver, expected)


async def compare(driver: HostDriver, expected: Result) -> None:
    """Compare what the host reads with a run of the golden model."""
    for name, rows in (await driver.read_regions()).items():
        defined = expected.region_defined(name).repeat(driver.config.lanes, axis=1)
        assert (rows == expected.region(name))[defined].all(), f"region {name} differs"
    await compare_memory(driver, expected)
    reports = await driver.reports()
    built = {queue.index for queue in queues(driver.config)}
    assert reports.faults == tuple(entry for entry in expected.faults if entry.queue in built)
    corrected = expected.counters.corrected
    assert reports.corrected == {
        (int(q), int(k)): int(corrected[q, k]) for q, k in zip(*np.nonzero(corrected), strict=True) if q in built
    }
    for queue, (issued, parked) in (await driver.counters()).items():
        if queue in built:
            assert (issued, parked) == (expected.counters.issued[queue], expected.counters.parked[queue])


async def compare_memory(driver: HostDriver, expected: Result) -> None:
    """Compare every word that is defined, raw; a run of rows at a time."""
    rows = expected.memory_defined.any(axis=-1)
    for side, mem_slice, bank in zip(*np.nonzero(rows.any(axis=-1)), strict=True):
        used = np.nonzero(rows[side, mem_slice, bank])[0]
        for part in np.split(used, np.nonzero(np.diff(used) != 1)[0] + 1):
            address = int(bank) << OFFSET_BITS | int(part[0])
            seen = await driver.read_memory(Hemisphere(side), int(mem_slice), address, len(part), raw=True)
            golden = expected.memory[side, mem_slice, bank, part].reshape(seen.shape)
            defined = expected.memory_defined[side, mem_slice, bank, part].repeat(driver.config.lanes, axis=-1)
            assert (seen == golden)[defined].all(), f"{Hemisphere(side).letter}.mem{mem_slice} bank {bank} differs"
