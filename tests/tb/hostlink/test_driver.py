"""The driver over a link without a simulator: what it asks for, and what it makes of the answers."""

import asyncio
import re
from dataclasses import replace

import numpy as np
import pytest

from arch import host
from arch.config import preset
from arch.conveyor import Direction, Hemisphere
from arch.faults import Fault
from arch.host import Refusal, registers
from arch.program import Program, Region, Segment
from golden.injection import InjectionError, MemoryInjection, StreamInjection
from golden.memory import InputError
from golden.result import FaultEntry
from tb.hostlink.driver import HostDriver, Outcome
from tb.hostlink.errors import REASONS, HostError, WrongMachineError
from tests.tb.hostlink.fake import FakeLink, empty, rows

TINY = preset("tiny")
WEST, EAST = Hemisphere


def program() -> Program:
    """Text in two queues, data in one place, an input of two parts, an output, and one that is both."""
    preload = ((7, 8, 9), *empty(TINY)[1:-1], (1 << 127,))
    regions = (
        Region("x", "input", WEST, 1, 5, 2),
        Region("x", "input", EAST, 0, 4096, 1),
        Region("z", "output", WEST, 1, 6, 1),
        Region("y", "inout", EAST, 3, 0, 2),
    )
    return Program(TINY, preload, (Segment(EAST, 2, 9, rows(1, 3, TINY).tobytes()),), regions)


def inputs() -> dict[str, np.ndarray]:
    """For that program."""
    return {"x": rows(2, 3, TINY), "y": rows(3, 2, TINY)}


def test_boot_puts_everything_in_its_place():
    link = FakeLink(TINY)
    driver, given = HostDriver(link, TINY), inputs()
    asyncio.run(driver.boot(program(), given))
    assert link.text == {0: [7, 8, 9], len(empty(TINY)) - 1: [1 << 127]}
    wanted = {(EAST, 2, 9 + n): row.tobytes() for n, row in enumerate(rows(1, 3, TINY))}
    wanted |= {(WEST, 1, 5): given["x"][0].tobytes(), (WEST, 1, 6): given["x"][1].tobytes()}
    wanted |= {(EAST, 0, 4096): given["x"][2].tobytes()}
    wanted |= {(EAST, 3, n): given["y"][n].tobytes() for n in range(2)}
    assert link.memory == wanted
    found = asyncio.run(driver.read_regions())
    assert set(found) == {"y", "z"}
    assert (found["z"] == given["x"][1:2]).all() and (found["y"] == given["y"]).all()


def test_the_fuse_is_written_between_the_reset_and_the_text():
    link, reset = FakeLink(TINY), ("write CONTROL", registers(TINY)["CONTROL"].pack(reset=1))
    asyncio.run(HostDriver(link, TINY).boot(program(), inputs()))
    assert "write FUSE" not in [name for name, _ in link.log], "what nobody asks for is left as it is"
    link.log.clear()
    asyncio.run(HostDriver(link, TINY).boot(program(), inputs(), fuse=2))
    writes = [entry for entry in link.log if entry[0].startswith("write")]
    assert writes[:2] == [reset, ("write FUSE", 2)] and len(writes) > 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": None}, "input 'x' is missing: the program's inputs are x, y"),
        ({"q": rows(0, 1, TINY)}, "no input 'q': the program's inputs are x, y"),
        ({"x": rows(0, 2, TINY)}, "input 'x' must be uint8[3, 8] (rows, vector)"),
        ({"x": rows(0, 3, TINY).astype(np.int8)}, "input 'x' must be uint8[3, 8] (rows, vector)"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_anything_is_written(change, message):
    link = FakeLink(TINY)
    given = {name: value for name, value in {**inputs(), **change}.items() if value is not None}
    with pytest.raises(InputError, match=re.escape(message)):
        asyncio.run(HostDriver(link, TINY).boot(program(), given))
    assert not [entry for entry in link.log if entry[0].startswith("write")]


def test_a_program_for_another_machine_is_refused_before_anything_is_written():
    link, other = FakeLink(TINY), replace(TINY, queue_depth=TINY.queue_depth - 1)
    message = f"the program is for machine tiny ({other.fingerprint.hex()}), the chip is {TINY.fingerprint.hex()}"
    with pytest.raises(WrongMachineError, match=re.escape(message)):
        asyncio.run(HostDriver(link, TINY).boot(Program(other, empty(other))))
    assert not [entry for entry in link.log if entry[0].startswith("write")]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MAGIC", 0, "no Superlane chip answers: the magic number is 0x00000000"),
        ("VERSION", 99, f"the chip has register map 99; this release drives {host.VERSION}"),
    ],
)
def test_what_is_no_chip_is_refused(name, value, message):
    link = FakeLink(TINY, values={name: value})
    with pytest.raises(WrongMachineError, match=re.escape(message)):
        asyncio.run(HostDriver(link, TINY).identify())


def test_a_run_ends_idle_or_at_its_limit():
    link = FakeLink(TINY, cycles=77)
    driver = HostDriver(link, TINY)
    asyncio.run(driver.start(limit=500))
    assert asyncio.run(driver.wait_idle()) == Outcome(77, False)
    with pytest.raises(HostError, match="chip refused to start: the chip was started already"):
        asyncio.run(driver.start())
    assert link.error is Refusal.NONE, "the driver clears what it has told"
    link.over_limit = True
    link.values["LIMIT"] = 500
    assert asyncio.run(driver.wait_idle()) == Outcome(500, True)
    link.ended = True
    assert asyncio.run(driver.wait_idle()) == Outcome(500, True), "whoever looks too late does not see it end in time"


def test_reports_and_counters():
    last = len(empty(TINY)) - 1
    records = {(0, 1): (Fault.DRY, 5, 255, 0), (3, 0): (0, 0, 0, 9), (last, 1): (Fault.ECC, 8, 1, 2)}
    driver = HostDriver(FakeLink(TINY, records=dict(records)), TINY)
    reports = asyncio.run(driver.reports())
    assert reports.faults == (FaultEntry(0, 1, Fault.DRY, 5, 255), FaultEntry(last, 1, Fault.ECC, 8, 1))
    assert reports.corrected == {(3, 0): 9, (last, 1): 2}
    assert asyncio.run(driver.counters()) == {n: (10 * n, 10 * n + 1) for n in range(last + 1)}
    assert asyncio.run(HostDriver(FakeLink(TINY), TINY).reports()).faults == ()


def test_a_command_that_ends_badly_says_what_and_why():
    driver = HostDriver(FakeLink(TINY, fails=Refusal.TIMEOUT), TINY)
    message = "chip refused to read W.mem2 1:7: the host's side of the stream stood still for too long"
    with pytest.raises(HostError, match=re.escape(message)) as caught:
        asyncio.run(driver.read_memory(WEST, 2, 4096 + 7, 1))
    assert caught.value.refusal is Refusal.TIMEOUT
    assert set(REASONS) == set(Refusal) - {Refusal.NONE}
    with pytest.raises(ValueError, match="no program is loaded: boot one before its regions are read"):
        asyncio.run(driver.read_regions())


def test_injections_fill_their_registers():
    link, table = FakeLink(TINY), registers(TINY)
    driver, mask = HostDriver(link, TINY), 1 << 38 | 5
    asyncio.run(driver.arm(StreamInjection(3, Direction.WEST, 9, 1, 40, mask)))
    place = table["INJECT_PLACE"].pack(position=3, direction=1, stream=9, superlane=1)
    wanted = {"INJECT_PLACE": place, "INJECT_CYCLE": 40, "INJECT_MASK0": 5, "INJECT_MASK1": 64, "INJECT": 1}
    assert link.values == wanted
    asyncio.run(driver.arm(MemoryInjection(EAST, 2, 0, 41, 1)))
    place = table["INJECT_PLACE"].pack(hemisphere=1, mem_slice=2)
    assert link.values["INJECT_PLACE"] == place and link.values["INJECT"] == 2
    asyncio.run(driver.arm(None))
    assert link.values["INJECT"] == 0
    with pytest.raises(InjectionError, match="mem_slice"):
        asyncio.run(driver.arm(MemoryInjection(EAST, TINY.slices, 0, 41, 1)))
