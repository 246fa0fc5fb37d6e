"""One run on a board, as a host does it: boot, start, wait, read what the program left."""

from collections.abc import Mapping

import numpy as np

from arch.program import Program
from arch.queues import queues
from tb.hostlink.driver import Bytes, HostDriver
from tb.hostlink.link import HostLink
from tb.hostlink.session import SessionOutcome, Settings


async def run_on_board(
    link: HostLink, program: Program, inputs: Mapping[str, Bytes], settings: Settings
) -> SessionOutcome:
    """Run a program on the chip behind a link.

    Raises
    ------
    tb.hostlink.errors.WrongMachineError, tb.hostlink.errors.HostError
        The chip is another one, or refuses something.
    tb.hostlink.serial.LineError
        The line gave up.
    """
    driver = HostDriver(link, program.config)
    await driver.identify()
    # A line on which something is sent again may take longer than the chip waits for the rest of a packet.
    await driver.port.set("TIMEOUT", 0)
    await driver.boot(program, inputs, fuse=settings.fuse)
    await driver.start(settings.limit)
    ended = await driver.wait_idle()
    reports, counters = await driver.reports(), await driver.counters()
    if ended.stopped:  # memory cannot be read while the program runs on
        await driver.reset()
    corrected = np.zeros((len(queues(program.config)), program.config.superlanes), np.int64)
    for place, count in reports.corrected.items():
        corrected[place] = count
    return SessionOutcome(
        ended.cycles,
        ended.stopped,
        await driver.read_regions(),
        tuple(fault for fault in reports.faults if not ended.stopped or fault.cycle < ended.cycles),
        corrected,
        np.array([counters[n][0] for n in range(len(corrected))], np.int64),
        np.array([counters[n][1] for n in range(len(corrected))], np.int64),
        {},
    )
