"""cocotb module: boot programs, run each, and compare every cycle with the golden step engine.

Program files are named by the environment variable ``SUPERLANE_PROGRAM``, as in a search path; between two of them the
chip is reset. Beside a program may lie a file with an injection for it (:func:`injection_text`); beside each program in
which both agree a small file is left.
"""

import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cocotb

from arch.conveyor import Direction, Hemisphere
from arch.faults import Fault
from arch.program import Program
from golden.injection import Injection, MemoryInjection, StreamInjection
from golden.result import Result
from golden.step.chip import Machine
from tb.backdoor import put
from tb.host import Host, start_clock
from tb.monitor import Monitor
from tb.scoreboard import DivergenceError, Scoreboard, compare_arrays, compare_end

#: Environment variable that names the program files.
PROGRAM = "SUPERLANE_PROGRAM"
#: Environment variable that keeps injections from the hardware, to see that the difference is found.
UNARMED = "SUPERLANE_UNARMED"
#: Environment variable that holds the place of the superlane to bypass, where there is a spare.
FUSE = "SUPERLANE_FUSE"
#: Environment variable that has the host load text and data word by word. Else the bench puts them into the memories,
#: for loading takes longer than a program runs.
BY_HOST = "SUPERLANE_BY_HOST"
#: Suffix of the file that holds an injection.
INJECTION = ".injection.json"
#: Suffix of the file that says of a program that both agree: cycles, and records of faults by kind.
AGREED = ".agreed.json"
#: Cycles after which a run that does not end is a failure.
LIMIT = 20_000


@cocotb.test()
async def lockstep(dut: Any) -> None:
    """Streams, memories, accumulators and the mesh in every cycle; memories, cycles, faults, counters at the end."""
    await start_clock(dut)
    monitor: Monitor | None = None
    for name in os.environ[PROGRAM].split(os.pathsep):
        program = Program.from_bytes(Path(name).read_bytes())
        monitor = monitor or Monitor(dut._name, program.config, int(os.environ.get(FUSE, "0")))
        beside = Path(name).with_suffix(INJECTION)
        injection = _injection(beside.read_text("utf-8")) if beside.exists() else None
        try:
            result = await _follow(dut, program, monitor, injection)
        except AssertionError as error:
            raise AssertionError(f"{Path(name).name}: {error}") from error
        faults = Counter({fault.name: 0 for fault in Fault})
        for entry in result.faults:
            faults[entry.fault.name] += 1
        Path(name).with_suffix(AGREED).write_text(json.dumps({"cycles": result.cycles, "faults": faults}), "utf-8")


async def _follow(dut: Any, program: Program, monitor: Monitor, injection: Injection | None) -> Result:
    """Run one program; what it gave."""
    machine = Machine(program, None, injection, trace=True)
    board = Scoreboard(machine)
    host = Host(dut, program, int(os.environ.get(FUSE, "0")))
    await host.reset()
    if os.environ.get(BY_HOST):
        await host.load_text()
        state = machine.state()
        await host.store(state.memory, state.memory_defined)
    else:
        await host.load_text(1)
        state = machine.state()
        put(monitor.door.banks, state.memory, state.memory_defined, ecc=program.config.features.ecc)
        monitor.door.fill(program)
    if injection is not None and not os.environ.get(UNARMED):
        host.arm(injection)
    await host.start()
    while not machine.idle and machine.cycle < LIMIT:
        board.enter()
        full = monitor.look()
        machine.step()
        await host.step()
        if full or machine.idle:
            board.compare(monitor.take())
    if not dut.idle.value:
        raise DivergenceError(f"the hardware must be idle in cycle {machine.cycle}")
    cycles = dut.cycle.value.to_unsigned()
    result, lanes = machine.result(), program.config.lanes
    compare_end(result, cycles, await host.reports(), await host.counters())
    compare_arrays("memory", result.memory, result.memory_defined, monitor.door.banks, lanes)
    compare_arrays("accumulators", result.accumulators, result.accumulators_defined, monitor.door.rows, lanes)
    return result


def injection_text(injection: Injection) -> str:
    """What the file beside a program is to hold."""
    return json.dumps(asdict(injection))


def _injection(text: str) -> Injection:
    fields = json.loads(text)
    if "mem_slice" in fields:
        return MemoryInjection(**{**fields, "hemisphere": Hemisphere(fields["hemisphere"])})
    return StreamInjection(**{**fields, "direction": Direction(fields["direction"])})
