"""cocotb module: boot programs, run each, and compare every cycle with the golden step engine.

Program files are named by the environment variable ``SUPERLANE_PROGRAM``, as in a search path; between two of them the
chip is reset. ``SUPERLANE_INJECTION`` may hold the fields of an injection as a JSON object.
"""

import json
import os
from collections import deque
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from arch.config import OFFSET_BITS
from arch.conveyor import Direction, Hemisphere
from arch.program import Program
from golden.injection import Injection, MemoryInjection, StreamInjection
from golden.result import State
from golden.step.chip import Machine
from tb.host import Host, start_clock
from tb.monitor import Monitor
from tb.scoreboard import compare, compare_end

#: Environment variable that names the program files.
PROGRAM = "SUPERLANE_PROGRAM"
#: Environment variable that holds an injection.
INJECTION = "SUPERLANE_INJECTION"
#: Environment variable that keeps the injection from the hardware, to see that the difference is found.
UNARMED = "SUPERLANE_UNARMED"
#: Environment variable that holds the place of the superlane to bypass, where there is a spare.
FUSE = "SUPERLANE_FUSE"
#: Cycles after which a run that does not end is a failure.
LIMIT = 20_000


@cocotb.test()
async def lockstep(dut: Any) -> None:
    """Streams, memories, accumulators and the mesh in every cycle; cycles, faults and counters at the end."""
    start_clock(dut)
    for name in os.environ[PROGRAM].split(os.pathsep):
        try:
            await _follow(dut, Program.from_bytes(Path(name).read_bytes()))
        except AssertionError as error:
            raise AssertionError(f"{Path(name).name}: {error}") from error


async def _follow(dut: Any, program: Program) -> None:
    """Run one program."""
    injection = _injection(os.environ.get(INJECTION))
    machine = Machine(program, None, injection)
    fuse = int(os.environ.get(FUSE, "0"))
    host, monitor = Host(dut, program, fuse), Monitor(dut, program.config, fuse)
    await host.reset()
    await host.load_text()
    await _load_memory(host, monitor, machine)
    if injection is not None and not os.environ.get(UNARMED):
        host.arm(injection)
    await host.start()
    # The state before last, and so on: as many as the operand stage has registers.
    recent: deque[State] = deque(maxlen=program.config.stages.operand)
    while not machine.idle and machine.cycle < LIMIT:
        assert dut.cycle.value.to_unsigned() == machine.cycle
        assert not dut.idle.value, f"cycle {machine.cycle}: the hardware is idle too early"
        seen = monitor.look()
        assert seen is not None
        state = machine.state()
        compare(state, recent[0] if len(recent) == recent.maxlen else None, seen)
        recent.append(state)
        machine.step()
        await host.step()
    assert dut.idle.value, f"the hardware must be idle in cycle {machine.cycle}"
    cycles = dut.cycle.value.to_unsigned()
    compare_end(machine.result(), cycles, await host.reports(), await host.counters())


def _injection(text: str | None) -> Injection | None:
    if not text:
        return None
    fields = json.loads(text)
    if "mem_slice" in fields:
        return MemoryInjection(**{**fields, "hemisphere": Hemisphere(fields["hemisphere"])})
    return StreamInjection(**{**fields, "direction": Direction(fields["direction"])})


async def _load_memory(host: Host, monitor: Monitor, machine: Machine) -> None:
    """Store every word that is defined at the start, while the monitor follows."""
    state, step = machine.state(), host.step

    async def watched(cycles: int = 1) -> None:
        for _ in range(cycles):
            monitor.look(streams=False)
            await step()

    host.step = watched
    places = np.argwhere(state.memory_defined.all(axis=-1))
    for side, mem_slice, bank, offset in places.tolist():
        vector = state.memory[side, mem_slice, bank, offset].tobytes()
        await host.write(Hemisphere(side), mem_slice, bank << OFFSET_BITS | offset, vector)
    # The last Write has still to climb.
    await host.step(host.config.superlanes + 2)
    host.step = step
