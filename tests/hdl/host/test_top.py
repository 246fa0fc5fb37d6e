"""What a host can do wrong, through the AXI ports of the top whose chip is played: refused, and nothing hangs.

The link counts cycles and fails at its limit. The same on a real chip: ``tests/tb/hostlink``.
"""

from dataclasses import replace
from typing import Any

import pytest

from arch.config import WORD_BYTES, Config
from arch.host import Access, Command, Refusal, State, registers
from arch.program import Program
from arch.queues import queues
from hdl.host.axil import SLVERR
from tb.hostlink.driver import HostDriver
from tb.hostlink.errors import HostError, WrongMachineError
from tests.hdl.configs import ONE, TINY
from tests.hdl.host.hosted import ALL_BYTES, SimulatedLink, play

SPARE = replace(TINY, spare=True)


async def refused(action: Any, refusal: Refusal) -> None:
    """Await what must be refused."""
    with pytest.raises(HostError) as caught:
        await action
    assert caught.value.refusal is refusal


def parked(config: Config, count: int | None = None) -> Program:
    """A word for each queue, or for the first ones."""
    return Program(config, tuple((n + 1,) * (count is None or n < count) for n, _ in enumerate(queues(config))))


def test_a_chip_is_started_once_and_then_only_looked_at():
    async def bench(link: SimulatedLink) -> None:
        driver, table = HostDriver(link, ONE), registers(ONE)
        port, chip = driver.port, link.top.inner
        await driver.boot(parked(ONE))
        assert link.words == [(n, n + 1) for n, _ in enumerate(queues(ONE))]
        assert await port.field("STATUS", "state") == State.BOOTING
        await driver.start(limit=900)
        assert await port.field("STATUS", "state") == State.RUNNING
        await refused(driver.start(limit=900), Refusal.RUNNING)
        await refused(port.pack("CONTROL", start=1), Refusal.RUNNING)
        for command in (Command.WRITE_MEMORY, Command.READ_MEMORY, Command.LOAD_TEXT):
            await refused(port.command(command, "disturb"), Refusal.RUNNING)
        for register in table.values():
            if register.access is Access.BOTH and not register.while_running:
                await refused(port.set(register.name, 0), Refusal.RUNNING)
        # Counters while they count: what they are by then, and nothing is disturbed.
        link.ctx.set(chip.issued, 5)
        assert await port.get("ISSUED") == 5
        link.ctx.set(chip.issued, 6)
        assert await port.get("ISSUED") == 6
        first, second = await port.get("CYCLE"), await port.get("CYCLE")
        assert 0 < first < second < 900
        link.end()
        outcome = await driver.wait_idle()
        assert not outcome.stopped and outcome.cycles == link.ctx.get(chip.cycle)
        await refused(driver.start(), Refusal.STARTED)
        await port.set("COUNT", 1)
        await refused(port.command(Command.LOAD_TEXT, "load"), Refusal.STARTED)
        await driver.reset()
        link.ctx.set(chip.idle, 0)
        assert await port.field("STATUS", "state") == State.BOOTING
        await driver.start()
        assert await port.field("STATUS", "state") == State.RUNNING

    play(ONE, bench)


def test_a_program_for_another_machine_is_refused_before_anything_is_written():
    other = replace(ONE, acc_rows=ONE.acc_rows + 1)

    async def bench(link: SimulatedLink) -> None:
        driver = HostDriver(link, ONE)
        await driver.identify()
        with pytest.raises(WrongMachineError, match=f"the program is for machine one .*{ONE.fingerprint.hex()}"):
            await driver.boot(parked(other))
        assert not link.words and not link.sent

    play(ONE, bench)


def test_writes_of_some_bytes_or_between_registers_are_refused():
    async def bench(link: SimulatedLink) -> None:
        port = HostDriver(link, ONE).port
        limit = port.named("LIMIT").offset
        await port.set("LIMIT", 0x1234_5678)
        for strobes in range(ALL_BYTES):
            assert await link.write_raw(limit, 0xFFFF_FFFF, strobes) == SLVERR
        for offset in range(1, 4):
            assert await link.write_raw(limit + offset, 0xFFFF_FFFF) == SLVERR
        assert await port.get("ERROR") == Refusal.REGISTER
        await port.set("ERROR", 0)
        assert await port.get("LIMIT") == 0x1234_5678
        # The same bits with all strobes start the chip; a part of them must not.
        control = port.named("CONTROL")
        for strobes in range(ALL_BYTES):
            assert await link.write_raw(control.offset, control.pack(start=1), strobes) == SLVERR
        assert await port.field("STATUS", "state") == State.BOOTING

    play(ONE, bench)


def test_packets_that_end_early_late_or_never():
    async def bench(link: SimulatedLink) -> None:
        port = HostDriver(link, ONE).port
        await port.set("TIMEOUT", 60)
        await port.pack("SELECT", queue=1)
        await port.set("COUNT", 3)
        for size, words in ((2, 2), (4, 3), (9, 3)):
            link.words.clear()
            await port.command(Command.LOAD_TEXT, "load")
            await link.send(bytes(size * WORD_BYTES))
            await refused(port.finish("load"), Refusal.LENGTH)
            assert len(link.words) == words == await port.get("DONE") and not link.sent
        # A beat that ends a packet in the middle of a word, and one that never comes.
        await port.command(Command.LOAD_TEXT, "load")
        await link.send(bytes(ONE.lanes))
        await refused(port.finish("load"), Refusal.LENGTH)
        await port.command(Command.LOAD_TEXT, "load")
        link.sent = [(7, False)]
        await refused(port.finish("load"), Refusal.TIMEOUT)
        # Nobody asked for this one: it waits, and whoever does not want it discards it.
        await link.send(bytes(WORD_BYTES))
        await link.tick(100)
        assert len(link.sent) == WORD_BYTES // ONE.lanes and await port.get("ERROR") == Refusal.NONE
        await port.command(Command.DISCARD, "discard")
        await port.finish("discard")
        assert not link.sent
        link.words.clear()
        await port.command(Command.LOAD_TEXT, "load")
        await link.send(bytes(3 * WORD_BYTES))
        await port.finish("load")
        assert len(link.words) == 3

    play(ONE, bench)


def test_an_output_that_nobody_takes_is_told_and_waits():
    async def bench(link: SimulatedLink) -> None:
        driver = HostDriver(link, ONE)
        port = driver.port
        await port.set("TIMEOUT", 60)
        link.takes = False
        await port.set("COUNT", 4)
        await port.command(Command.READ_MEMORY, "read")
        link.ctx.set(link.top.inner.host_taken.valid, 1)
        await link.tick(200)
        assert await port.get("ERROR") == Refusal.TIMEOUT and await port.field("STATUS", "busy")
        await refused(port.set("COUNT", 1), Refusal.TIMEOUT)  # the first refusal stays until it is cleared
        await refused(port.command(Command.FIND, "find"), Refusal.BUSY)
        link.takes = True
        assert len(await link.receive()) == 4 * ONE.vector, "nothing is lost"
        await port.finish("read")

    play(ONE, bench)


def test_reports_of_what_is_not_there_are_zero():
    async def bench(link: SimulatedLink) -> None:
        driver = HostDriver(link, ONE)
        port, chip = driver.port, link.top.inner
        select = port.named("SELECT")
        largest = {field.name: (1 << field.width) - 1 for field in select.fields}
        await port.pack("SELECT", **largest)
        assert link.ctx.get(chip.report_queue) == largest["queue"]
        for name in ("FAULT", "FIRST", "CORRECTED", "ISSUED", "PARKED"):
            assert await port.get(name) == 0
            await refused(port.set(name, 0), Refusal.REGISTER)
        await refused(port.command(Command.FIND, "find"), Refusal.RANGE)
        assert (await driver.reports()).faults == () and set((await driver.counters()).values()) == {(0, 0)}

    play(ONE, bench)


def test_a_report_of_corrected_words_alone_is_found():
    async def bench(link: SimulatedLink) -> None:
        driver, chip = HostDriver(link, ONE), link.top.inner
        port = driver.port
        for fixed in (0, 3):
            link.ctx.set(chip.report.fixed, fixed)
            await port.pack("SELECT", queue=2, superlane=0)
            await port.command(Command.FIND, "find")
            await port.finish("find")
            assert await port.field("STATUS", "found") == bool(fixed)
        assert await port.field("CORRECTED", "count") == 3 and await port.field("FAULT", "code") == 0

    play(ONE, bench)


@pytest.mark.parametrize("limit", [0, 25])
def test_a_limit_that_is_reached_is_told_until_a_reset(limit: int):
    async def bench(link: SimulatedLink) -> None:
        driver = HostDriver(link, ONE)
        await driver.boot(parked(ONE, 1))
        await driver.start(limit=limit)
        assert not await driver.port.field("STATUS", "over_limit")
        await link.tick(limit + 5)
        assert await driver.port.field("STATUS", "over_limit") == bool(limit)
        await driver.reset()
        assert not await driver.port.field("STATUS", "over_limit")

    play(ONE, bench)


def test_the_fuse_reaches_the_chip_and_is_refused_beyond_it():
    async def bench(link: SimulatedLink) -> None:
        driver, chip = HostDriver(link, SPARE), link.top.inner
        for fuse in (*range(SPARE.superlanes + 1), 0):
            await driver.boot(parked(SPARE, 1), fuse=fuse)
            assert link.ctx.get(chip.fuse) == fuse
        await driver.boot(parked(SPARE, 1), fuse=1)
        await refused(driver.bypass(SPARE.superlanes + 1), Refusal.RANGE)
        await driver.start()
        await refused(driver.bypass(0), Refusal.RUNNING)
        link.end()
        await refused(driver.bypass(0), Refusal.STARTED)
        await driver.reset()
        assert link.ctx.get(chip.fuse) == 1, "a reset leaves it"
        await driver.bypass(0)
        assert link.ctx.get(chip.fuse) == 0

    play(SPARE, bench)
