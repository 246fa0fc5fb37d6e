"""Shift and Select across superlanes: values and cycles against the golden model, one instruction per cycle."""

import pytest

from arch.config import Config
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from arch.isa.spec import make
from arch.isa.sxm import SELECT, SHIFT
from arch.queues import Unit
from hdl.sxm.shift import ShiftNorth, ShiftSouth
from tests.hdl.sxm.bench import Stack, check, port
from tests.hdl.sxm.configs import CONFIGS, machine
from tests.hdl.sxm.programs import add, any_config, darken, program, spoil
from tests.hdl.sxm.stimulus import Stimulus, queue_of


def run(stimulus: Stimulus) -> int:
    """Check the two shifters together."""
    config = stimulus.config
    south = [ShiftSouth(config=config) for _ in range(config.superlanes)]
    north = [ShiftNorth(config=config) for _ in range(config.superlanes)]
    dut = Stack(north, beside=[(Stack(south), "word", "south")])
    ports = {
        queue_of(config, Unit.SXM_SHIFT_NORTH): [port(block) for block in north],
        queue_of(config, Unit.SXM_SHIFT_SOUTH): [port(block) for block in south],
    }
    return check(dut, stimulus, ports)


@pytest.mark.parametrize("config", CONFIGS, ids=any_config)
def test_random_programs(config: Config):
    stimulus = Stimulus(config, seed=2)
    north, south = queue_of(config, Unit.SXM_SHIFT_NORTH), queue_of(config, Unit.SXM_SHIFT_SOUTH)
    program(stimulus, north, (SHIFT, SELECT), range(1, 20))
    program(stimulus, south, (SHIFT,), range(1, 20))
    program(stimulus, north, (SHIFT, SELECT), range(20, 30), gaps=0.4)
    program(stimulus, south, (SHIFT,), range(20, 30), gaps=0.4)
    darken(stimulus, range(6, 12))
    spoil(stimulus, 0.05)
    driving = [issue for issue in stimulus.issues if issue.op["out"] or issue.op.spec is SELECT]
    assert run(stimulus) == len(driving) * config.superlanes


@pytest.mark.parametrize("config", [machine(3, 4), machine(4, 4), machine(5, 4)], ids=any_config)
def test_every_distance_in_two_orders(config: Config):
    """A slot of the chain is taken anew by each instruction: far behind near, and near behind far."""
    stimulus = Stimulus(config, seed=3)
    distances = [*range(config.vector), *reversed(range(config.vector))]
    for time, n in enumerate(distances, 1):
        for unit in (Unit.SXM_SHIFT_NORTH, Unit.SXM_SHIFT_SOUTH):
            queue = queue_of(config, unit)
            out = stream_ref(Direction(time & 1), time % config.streams) << 1 | 1
            add(stimulus, time, queue, make(SHIFT, n=n, s=stream_ref(Direction.EAST, 0), out=out))
    assert run(stimulus) == 2 * len(distances) * config.superlanes


def test_select_takes_the_south_shift_that_drives_nothing_or_zeros_without_one():
    config = machine(2, 4)
    stimulus = Stimulus(config, seed=4)
    north, south = queue_of(config, Unit.SXM_SHIFT_NORTH), queue_of(config, Unit.SXM_SHIFT_SOUTH)
    for time in (1, 2, 3):
        op = make(SELECT, n=1, s=stream_ref(Direction.EAST, 0), mask=stream_ref(Direction.WEST, 1), out=2)
        add(stimulus, time, north, op)
    add(stimulus, 2, south, make(SHIFT, n=2, s=stream_ref(Direction.EAST, 3), out=0))
    assert run(stimulus) == 3 * config.superlanes
