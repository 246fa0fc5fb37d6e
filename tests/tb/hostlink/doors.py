"""cocotb module: memories and text that go in by one door of a hosted chip and are found by the other."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from arch.config import BANKS, Config
from arch.conveyor import Hemisphere
from arch.program import Program, Segment
from arch.queues import queues
from golden.memory import boot
from golden.run import run
from tb.backdoor import Backdoor, first_words
from tb.hostlink import bench
from tb.hostlink.driver import HostDriver
from tests.golden.schedule import address


def loaded() -> Program:
    """The program to run."""
    return Program.from_bytes(Path(os.environ[bench.PROGRAM]).read_bytes())


def everywhere(program: Program, seed: int) -> Program:
    """The program with random bytes in every word of MEM that is no input, and text that fills every queue."""
    config, draw = program.config, np.random.default_rng(seed)
    taken = {(r.hemisphere, r.mem_slice, r.address >> 12) for r in program.regions if r.role != "output"}
    data = tuple(
        Segment(side, number, address(bank, 0), draw.bytes(config.bank_words * config.vector))
        for side in Hemisphere
        for number in range(config.slices)
        for bank in range(BANKS)
        if (side, number, bank) not in taken
    )
    return replace(program, data=data)


def door(dut: Any, config: Config) -> Backdoor:
    """The back door of the chip that runs here."""
    return Backdoor(f"{dut._name}.chip", config)


def held(back: Backdoor) -> list[bytes]:
    """All that MEM's arrays hold, check bits included, and all that the queues' do."""
    return [*(rows.tobytes() for rows in back.banks.values()), *(queue.held() for queue in back.queues)]


@bench.bounded()
async def what_goes_in_by_the_front_is_found_at_the_back(dut: Any) -> None:
    """And then the back door, asked for the same, changes not a bit; but it does for other data."""
    program = everywhere(loaded(), 1)
    driver, back = HostDriver(await bench.connect(dut), program.config), door(dut, program.config)
    inputs = bench.drawn(program, 2)
    await driver.boot(program, inputs)
    golden, found = boot(program, inputs), back.memory()
    assert golden.defined.sum() > 0.8 * golden.defined.size and found[1] == 0
    assert (found[0] == golden.data)[golden.defined].all()
    before = held(back)
    back.load(program, inputs)
    assert held(back) == before, "data, check bits and text"
    back.load(everywhere(program, 3), inputs)
    assert held(back) != before


@bench.bounded()
async def what_goes_in_by_the_back_is_found_at_the_front(dut: Any) -> None:
    """The host reads every word without a correction, and the program does what it should."""
    program = everywhere(loaded(), 4)
    config = program.config
    driver, back = HostDriver(await bench.connect(dut), config), door(dut, config)
    inputs = bench.drawn(program, 5)
    await driver.boot(first_words(program))
    back.load(program, inputs)
    golden = boot(program, inputs)
    for side in Hemisphere:
        for number in range(config.slices):
            for bank in range(BANKS):
                rows = await driver.read_memory(side, number, address(bank, 0), config.bank_words)
                defined = golden.defined[side, number, bank].repeat(config.lanes, axis=-1)
                assert (rows == golden.data[side, number, bank].reshape(rows.shape))[defined].all()
    assert await driver.port.get("HOST_CORRECTED") == 0
    await driver.start(bench.LIMIT)
    outcome, expected = await driver.wait_idle(), run(program, inputs, engine="step")
    assert (outcome.cycles, outcome.stopped) == (expected.cycles, False)
    memory, unsound = back.memory()
    assert unsound == 0 and (memory == expected.memory)[expected.memory_defined].all()
    assert (back.accumulators() == expected.accumulators)[expected.accumulators_defined].all()
    await bench.compare(driver, expected)


@bench.bounded()
async def a_wrong_check_bit_is_seen(dut: Any) -> None:
    """By the back door itself, and by the host, which corrects a single one."""
    program = loaded()
    driver, back = HostDriver(await bench.connect(dut), program.config), door(dut, program.config)
    await driver.boot(first_words(program))
    inputs = bench.drawn(program, 6)
    back.load(program, inputs)
    rows = back.banks[0, 0, 0, 0]
    rows[3, program.config.lanes] ^= 1
    assert back.memory()[1] == 1
    found = await driver.read_memory(Hemisphere.WEST, 0, address(0, 3), 1)
    assert (found[0] == inputs["source"][3]).all() and await driver.port.get("HOST_CORRECTED") == 1


@bench.bounded()
async def long_text_goes_in_by_either_door(dut: Any) -> None:
    """Queues that are full to the last word."""
    program = loaded()
    depth = program.config.queue_depth
    words = tuple(int.from_bytes(np.random.default_rng(n).bytes(16), "little") for n in range(depth))
    full = replace(program, preload=tuple(words[n:] + words[:n] for n, _ in enumerate(queues(program.config))))
    driver, back = HostDriver(await bench.connect(dut), program.config), door(dut, program.config)
    await driver.boot(full, bench.drawn(program, 7))
    before = held(back)
    await driver.boot(first_words(full))
    assert held(back) != before
    back.fill(full)
    assert held(back) == before
