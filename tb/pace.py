"""cocotb module: how fast a model runs.

``SUPERLANE_PACE`` names a folder. For a :class:`hdl.looped.LoopedChip` it holds programs ``<load>.slp``; each is
loaded through the chip's raw ports (memories hold zeros), started, run for some cycles until all units are busy, and
then timed: once with the clock alone, which cocotb drives without Python, and once with a Python coroutine that wakes
in every cycle and reads a port. Of a model without programs only the first is measured. The results go to
``pace.json``: [cycles, processor seconds] by name, of the fastest of ``PIECES`` pieces of a measurement: other work of
the computer takes turns with a model, and empties its caches.
"""

import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, Timer

from arch.program import Program
from tb.host import Host, start_clock

#: Environment variable that names the folder.
FOLDER = "SUPERLANE_PACE"
#: Environment variables: cycles that are timed, and those before.
CYCLES, BEFORE = "SUPERLANE_PACE_CYCLES", "SUPERLANE_PACE_BEFORE"
#: Pieces of a measurement, of which the fastest counts.
PIECES = 4
#: Where the results go.
RESULTS = "pace.json"
#: Name of the measurement that has no program, and what is added to that with Python in each cycle.
ALONE, PYTHON = "alone", ", Python in each cycle"
#: Nanoseconds of a cycle, as of ``tb.host.start_clock``.
_PERIOD = 2


@cocotb.test()
async def pace(dut: Any) -> None:
    """Time it."""
    folder, cycles = Path(os.environ[FOLDER]), int(os.environ[CYCLES])
    found: dict[str, tuple[int, float]] = {}
    await start_clock(dut)
    loads = sorted(folder.glob("*.slp"))
    for load in loads:
        host = Host(dut, Program.from_bytes(load.read_bytes()))
        await host.reset()
        await host.load_text()
        await host.start()
        await Timer(_PERIOD * int(os.environ[BEFORE]), unit="ns")
        found[load.stem] = await _fastest(cycles, _clocked)
        found[load.stem + PYTHON] = await _fastest(cycles, _watched(dut, load.stem))
    if not loads:
        dut.rst.value = 1
        await Timer(4 * _PERIOD, unit="ns")
        dut.rst.value = 0
        found[ALONE] = await _fastest(cycles, _clocked)
    (folder / RESULTS).write_text(json.dumps(found), encoding="utf-8")


async def _fastest(cycles: int, run: Callable[[int], Awaitable[None]]) -> tuple[int, float]:
    found = []
    for _ in range(PIECES):
        begun = time.process_time()
        await run(cycles // PIECES)
        found.append(time.process_time() - begun)
    return cycles // PIECES, min(found)


async def _clocked(cycles: int) -> None:
    await Timer(_PERIOD * cycles, unit="ns")


def _watched(dut: Any, load: str) -> Callable[[int], Awaitable[None]]:
    async def run(cycles: int) -> None:
        for _ in range(cycles):
            await FallingEdge(dut.clk)
            assert not dut.idle.value, f"{load}: the program must last longer than the measurement"

    return run
