"""cocotb module: boot a program, run it, and compare every cycle with the golden step engine.

The program file is named by the environment variable ``SUPERLANE_PROGRAM``.
"""

import os
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from arch.config import OFFSET_BITS
from arch.conveyor import Hemisphere
from arch.program import Program
from golden.step.chip import Machine
from tb.host import Host
from tb.monitor import Monitor
from tb.scoreboard import compare, compare_end

#: Environment variable that names the program file.
PROGRAM = "SUPERLANE_PROGRAM"
#: Cycles after which a run that does not end is a failure.
LIMIT = 20_000


@cocotb.test()
async def lockstep(dut: Any) -> None:
    """Streams, memories and accumulators in every cycle; cycles, faults and counters at the end."""
    program = Program.from_bytes(Path(os.environ[PROGRAM]).read_bytes())
    machine = Machine(program, None, None)
    host, monitor = Host(dut, program), Monitor(dut, program.config)
    await host.reset()
    await host.load_text()
    await _load_memory(host, monitor, machine)
    await host.start()
    while not machine.idle and machine.cycle < LIMIT:
        assert dut.cycle.value.to_unsigned() == machine.cycle
        assert not dut.idle.value, f"cycle {machine.cycle}: the hardware is idle too early"
        seen = monitor.look()
        assert seen is not None
        compare(machine.state(), seen)
        machine.step()
        await host.step()
    assert dut.idle.value, f"the hardware must be idle in cycle {machine.cycle}"
    cycles = dut.cycle.value.to_unsigned()
    compare_end(machine.result(), cycles, await host.reports(), host.counters())


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
