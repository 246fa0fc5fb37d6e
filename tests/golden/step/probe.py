"""Looking into the reference engine: states of cycles, registers beside a unit."""

from collections.abc import Iterator, Mapping

import numpy as np

from arch.config import Config
from arch.conveyor import Direction
from arch.faults import Fault
from arch.program import Program
from arch.queues import Queue, queues, queues_by_name
from golden.injection import Injection
from golden.result import Result, State
from golden.run import run
from golden.step.chip import Machine


def finish(program: Program, inputs: Mapping[str, np.ndarray] | None = None, *, limit: int = 2000, **more) -> Result:
    """Run with the reference engine, not for long."""
    return run(program, inputs, engine="step", limit=limit, **more)


def states(program: Program, last: int, inputs: Mapping[str, np.ndarray] | None = None) -> Iterator[State]:
    """States of the cycles 0 to ``last``."""
    machine = Machine(program, inputs)
    while True:
        yield machine.state()
        if machine.cycle == last:
            return
        machine.step()


def queue(config: Config, name: str) -> Queue:
    """Queue of a name."""
    return queues_by_name(config)[name]


def out_of(config: Config, name: str, stream: str) -> tuple[Direction, int, int]:
    """Register that a unit drives: direction, stream, position."""
    direction = Direction("EW".index(stream[0]))
    position = queue(config, name).site.drive(direction)
    assert position is not None
    return direction, int(stream[1:]), position


def into(config: Config, name: str, stream: str) -> tuple[Direction, int, int]:
    """Register that a unit samples."""
    direction = Direction("EW".index(stream[0]))
    position = queue(config, name).site.sample(direction)
    assert position is not None
    return direction, int(stream[1:]), position


def first_defined(program: Program, name: str, stream: str, last: int) -> list[tuple[int, np.ndarray] | None]:
    """For each superlane the first cycle in which the register that a unit drives is defined, and its bytes."""
    found: list[tuple[int, np.ndarray] | None] = [None] * program.config.superlanes
    place = out_of(program.config, name, stream)
    for state in states(program, last):
        for k in range(program.config.superlanes):
            if found[k] is None and state.streams_defined[place][k]:
                found[k] = (state.cycle, state.streams[place][k])
    return found


def faults(result: Result) -> list[tuple[str, int, Fault, int, int]]:
    """Faults with the queue's name."""
    names = [q.name for q in queues(result.program.config)]
    return [(names[f.queue], f.superlane, f.fault, f.cycle, f.count) for f in result.faults]


def errors(result: Result) -> list[tuple[str, int, str, str]]:
    """Program errors with the queue's name and the error's name."""
    names = [q.name for q in queues(result.program.config)]
    return [(names[e.queue], e.cycle, e.error.name, e.detail) for e in result.errors]


def issues(program: Program, name: str, *, injection: Injection | None = None, limit: int = 2000) -> list[tuple]:
    """(cycle, mnemonic, repeat) of everything that a queue issues."""
    result = finish(program, trace=True, injection=injection, limit=limit)
    index = queue(program.config, name).index
    return [(t.cycle, t.word[0].mnemonic, t.repeat) for t in result.trace if t.queue == index]
