"""Runs a program with the fast engine; the same results as the step engine's, bit for bit."""

from collections.abc import Callable, Mapping

import numpy as np

from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.program import Program
from golden.fast.carry import boot_mask
from golden.fast.engine import Engine
from golden.fast.shown import Display
from golden.lanes import Bytes
from golden.memory import boot
from golden.result import Counters, Result, State, TraceEntry

__all__ = ["finish", "run", "start", "state_at", "states_at"]


def start(program: Program, inputs: Mapping[str, Bytes] | None, limit: int) -> Engine:
    """An engine at cycle 0; ``ValueError`` says in a line what inputs do not fit."""
    memory = boot(program, inputs)
    return Engine(program, limit, memory.data, boot_mask(program))


def run(
    program: Program,
    inputs: Mapping[str, Bytes] | None = None,
    *,
    limit: int,
    trace: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run a program until the chip is idle or ``limit`` cycles are over; see ``golden.run.run``."""
    return finish(start(program, inputs, limit), trace=trace, progress=progress)


def finish(engine: Engine, *, trace: bool = False, progress: Callable[[int], None] | None = None) -> Result:
    """Run an engine to its end."""
    config, limit = engine.config, engine.limit
    display = Display(config)
    target = max(0, limit - config.superlanes)
    while not engine.finished and engine.carry.start < target:
        engine.advance_to(min(engine.next_stop(), target))
        if progress is not None:
            progress(engine.carry.start)
    if engine.finished and not engine.ending().stopped:
        end = engine.ending().cycles
        while engine.carry.start < end:
            engine.advance_to(min(end, engine.carry.start + (1 << 15)))
            if progress is not None:
                progress(engine.carry.start)
        state = display.settled(engine.carry)
        stopped = False
    else:
        end, stopped = limit, True
        state = display.at(engine, limit)
    return Result(
        engine.program,
        end,
        stopped,
        *state,
        engine.remarks.sorted_faults(end, _queue_faults(engine, end)),
        engine.remarks.sorted_errors(end),
        _counters(engine, end),
        _trace(engine, end) if trace else (),
    )


def state_at(program: Program, inputs: Mapping[str, Bytes] | None, cycle: int) -> State:
    """The chip in a real cycle, as the step engine's ``Machine.state`` shows it after as many steps."""
    return states_at(program, inputs, [cycle])[0]


def states_at(program: Program, inputs: Mapping[str, Bytes] | None, cycles: list[int]) -> list[State]:
    """The chip in several real cycles, in their order; cycles closer than S to each other take a run of their own."""
    engine, found = start(program, inputs, max(cycles) + 1), {}
    display = Display(program.config)
    for cycle in sorted(set(cycles)):
        if engine.carry.start > max(0, cycle - program.config.superlanes):
            engine = start(program, inputs, max(cycles) + 1)
        found[cycle] = display.state(engine, cycle)
    return [found[cycle] for cycle in cycles]


def _queue_faults(engine: Engine, end: int) -> list[tuple[int, Fault, int, int]]:
    return [(entry.queue, entry.fault, entry.cycle, entry.count) for entry in engine.unroller.queue_faults(end)]


def _counters(engine: Engine, end: int) -> Counters:
    config, count = engine.config, len(engine.issued)
    corrected = np.zeros((count, config.superlanes), np.int64)
    macs = engine.macs.reshape(len(Hemisphere), config.planes)
    return Counters(engine.issued.copy(), engine.unroller.parked(end), corrected, macs.copy())


def _trace(engine: Engine, end: int) -> tuple[TraceEntry, ...]:
    """What every queue issued before a cycle."""
    words, log = engine.unroller.words, engine.unroller.log
    decoded = {}
    for wid in {*log.runs.wid, *(wid for _, _, wid in log.control)}:
        decoded[wid] = words.word(wid)
    found = [TraceEntry(t, queue, decoded[wid], 0) for t, queue, wid in log.control if t < end]
    runs = log.runs
    for row in range(len(runs.wid)):
        for number in range(runs.n[row]):
            cycle = runs.start[row] + number * runs.d[row]
            if cycle < end:
                word = decoded[runs.wid[row]]
                found.append(TraceEntry(cycle, runs.queue[row], word, runs.repeat[row] + number))
    return tuple(sorted(found, key=lambda entry: (entry.cycle, entry.queue)))
