"""Random instructions for SXM tests, and streams that make them meaningful: maps, masks, wrong bits."""

from itertools import product

import numpy as np

from arch.config import Config
from arch.conveyor import Direction
from arch.isa.fields import stream_direction, stream_number, stream_ref
from arch.isa.legal import problem
from arch.isa.spec import Op, Spec, make
from arch.isa.sxm import SELECT, SHIFT
from arch.queues import Queue, Unit
from compiler.asm.clos import permute_map
from tests.hdl.sxm.stimulus import Issue, Stimulus


def random_op(stimulus: Stimulus, queue: Queue, spec: Spec, **fixed: int) -> Op:
    """An instruction that the queue takes; distances lean to the extremes."""
    rng, config = stimulus.rng, stimulus.config
    while True:
        values = dict(fixed)
        for spec_field in spec.fields:
            if spec_field.name in values:
                continue
            ref = stream_ref(Direction(rng.randrange(2)), rng.randrange(0, config.streams))
            if spec_field.name == "n":
                values["n"] = _amount(stimulus, spec)
            elif spec_field.width == 7:
                values["out"] = ref << 1 | 1
            else:
                values[spec_field.name] = ref
        op = make(spec, **values)
        if problem(config, queue, (op,)) is None:
            return op


def _amount(stimulus: Stimulus, spec: Spec) -> int:
    rng, config = stimulus.rng, stimulus.config
    if spec not in (SHIFT, SELECT):
        return rng.choice([3, 4])
    edges = [0, 1, config.lanes - 1, config.lanes, config.vector - 1, config.vector - config.lanes]
    return rng.choice([*edges, *(rng.randrange(config.vector) for _ in range(6))]) % config.vector


def program(stimulus: Stimulus, queue: Queue, specs: tuple[Spec, ...], times: range, gaps: float = 0.0) -> None:
    """Issue random instructions in each of the cycles, or leave some out."""
    for time in times:
        if stimulus.rng.random() >= gaps:
            add(stimulus, time, queue, random_op(stimulus, queue, stimulus.rng.choice(specs)))


def add(stimulus: Stimulus, time: int, queue: Queue, op: Op) -> Issue:
    """Issue an instruction, with maps and masks that make use of it."""
    issue = Issue(time, queue, op)
    stimulus.issues.append(issue)
    rng, config = stimulus.rng, stimulus.config
    shape = (config.superlanes, config.lanes)
    if queue.unit is Unit.SXM_PERMUTE:
        set_map(stimulus, issue, random_map(stimulus))
    for name, choices in (("mask", [0, 0, 1, 255]), ("map", [*range(config.lanes + 1), 255])):
        if name in op.spec.by_name and queue.unit is not Unit.SXM_PERMUTE:
            vector = stimulus.vector(time, stream_direction(op[name]), stream_number(op[name]))
            vector[:] = np.array([rng.choice(choices) for _ in range(config.vector)], np.uint8).reshape(shape)
    return issue


def random_map(stimulus: Stimulus) -> np.ndarray:
    """Map of a permutation, uint16[S, L]: a routed one, random stages, or one with a flaw."""
    rng, config = stimulus.rng, stimulus.config
    S, L = config.superlanes, config.lanes
    kind = rng.randrange(3)
    if kind == 0:
        order = rng.choice([np.arange(S * L)[::-1], np.roll(np.arange(S * L), L), rng.sample(range(S * L), S * L)])
        low, high = permute_map(config, np.asarray(order)).astype(np.uint16)
        return (low | high << 8).reshape(S, L)
    first = np.array([rng.sample(range(L), L) for _ in range(S)])
    middle = np.array([rng.sample(range(S), S) for _ in range(L)]).T
    last = np.array([rng.sample(range(L), L) for _ in range(S)])
    table = (first | middle << 4 | last << 9).astype(np.uint16)
    if kind == 2:
        for _ in range(rng.choice([1, 1, 3])):
            table[rng.randrange(S), rng.randrange(L)] ^= np.uint16(1 << rng.randrange(16))
    return table


def set_map(stimulus: Stimulus, issue: Issue, table: np.ndarray) -> None:
    """Put a map on the pair of streams that a Permute names."""
    direction, stream = stream_direction(issue.op["map"]), stream_number(issue.op["map"])
    stimulus.vector(issue.time, direction, stream)[:] = table & 0xFF
    stimulus.vector(issue.time, direction, stream + 1)[:] = table >> 8


def spoil(stimulus: Stimulus, part: float) -> None:
    """Make bits wrong in some of all words, whether an instruction looks at them or not: mostly one, else two."""
    rng, config = stimulus.rng, stimulus.config
    for time in sorted({issue.time for issue in stimulus.issues}):
        for direction, stream, k in product(Direction, range(config.streams), range(config.superlanes)):
            if rng.random() < part:
                stimulus.flip(time, direction, stream, k, rng.choice([1, 1, 2]))


def darken(stimulus: Stimulus, times: range) -> None:
    """Another number of lit superlanes for each instruction."""
    for time in times:
        stimulus.lit[time] = stimulus.rng.randint(1, stimulus.config.superlanes)


def any_config(config: Config) -> str:
    """Name of a test's configuration."""
    return config.name
