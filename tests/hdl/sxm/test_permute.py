"""Permute: values, cycles and the fault of a map that is no bijection, against the golden model."""

import numpy as np
import pytest

from arch.config import Config
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from arch.isa.spec import make
from arch.isa.sxm import PERMUTE
from arch.queues import Unit
from compiler.asm.clos import permute_map
from hdl.sxm.permute import Permute
from tests.hdl.sxm.bench import Stack, check, port
from tests.hdl.sxm.configs import CONFIGS, machine
from tests.hdl.sxm.programs import add, any_config, darken, program, set_map, spoil
from tests.hdl.sxm.stimulus import Stimulus, queue_of

OP = make(
    PERMUTE, s=stream_ref(Direction.EAST, 5), map=stream_ref(Direction.WEST, 2), out=stream_ref(Direction.WEST, 6)
)


def run(stimulus: Stimulus) -> int:
    """Check a stack of permuters."""
    blocks = [Permute(config=stimulus.config) for _ in range(stimulus.config.superlanes)]
    queue = queue_of(stimulus.config, Unit.SXM_PERMUTE)
    return check(Stack(blocks), stimulus, {queue: [port(block, "MAP") for block in blocks]})


@pytest.mark.parametrize("config", CONFIGS, ids=any_config)
def test_random_programs(config: Config):
    stimulus, queue = Stimulus(config, seed=5), queue_of(config, Unit.SXM_PERMUTE)
    program(stimulus, queue, (PERMUTE,), range(1, 24))
    program(stimulus, queue, (PERMUTE,), range(24, 36), gaps=0.4)
    darken(stimulus, range(8, 14))
    spoil(stimulus, 0.03)
    assert run(stimulus) == len(stimulus.issues) * config.superlanes


@pytest.mark.parametrize("config", [machine(3, 4), machine(4, 4)], ids=any_config)
def test_routed_permutations_move_every_element(config: Config):
    """End to end, without the golden model's Permute: result element i is source element ``order[i]``."""
    stimulus, queue = Stimulus(config, seed=6), queue_of(config, Unit.SXM_PERMUTE)
    everything = np.arange(config.vector)
    orders = [everything[::-1], np.roll(everything, config.lanes), np.roll(everything, -1)]
    orders += [everything.reshape(config.superlanes, -1).T.reshape(-1)]
    orders += [np.array(stimulus.rng.sample(range(config.vector), config.vector)) for _ in range(6)]
    for time, order in enumerate(orders, 1):
        issue = add(stimulus, time, queue, OP)
        low, high = permute_map(config, order).astype(np.uint16)
        set_map(stimulus, issue, (low | high << 8).reshape(config.superlanes, config.lanes))
        source = stimulus.vector(time, Direction.EAST, 5).reshape(-1)
        assert np.array_equal(stimulus._result(issue).reshape(-1), source[order])
    assert not stimulus.expected_reports()
    assert run(stimulus) == len(orders) * config.superlanes


def test_each_wrong_bit_of_a_map_is_one_fault_at_the_last_superlane():
    config = machine(3, 8)
    stimulus, queue = Stimulus(config, seed=7), queue_of(config, Unit.SXM_PERMUTE)
    wires = np.tile(np.arange(config.lanes), (config.superlanes, 1))
    identity = (wires | np.arange(config.superlanes)[:, None] << 4 | wires << 9).astype(np.uint16)
    for bit in range(16):
        flawed = identity.copy()
        flawed[stimulus.rng.randrange(config.superlanes), stimulus.rng.randrange(config.lanes)] ^= np.uint16(1 << bit)
        for time, table in ((2 * bit + 1, flawed), (2 * bit + 2, identity)):
            set_map(stimulus, add(stimulus, time, queue, OP), table)
    reports = stimulus.expected_reports()
    assert [(key[2], dict(value)) for key, value in reports.items()] == [(config.superlanes - 1, {"MAP": 1})] * 16
    assert run(stimulus) == 32 * config.superlanes


def test_maps_of_dark_superlanes_are_not_looked_at():
    config = machine(4, 4)
    stimulus, queue = Stimulus(config, seed=8), queue_of(config, Unit.SXM_PERMUTE)
    for time, lit in enumerate((4, 3, 2, 1), 1):
        stimulus.lit[time] = lit
        issue = add(stimulus, time, queue, OP)
        # All lit superlanes take from the last ones, so that some of what they name is dark.
        wires = np.tile(np.arange(4), (4, 1))
        table = (wires | (3 - np.arange(4))[:, None] << 4 | wires << 9).astype(np.uint16)
        table[lit:] = 0xFFFF
        set_map(stimulus, issue, table)
    assert not stimulus.expected_reports()
    assert run(stimulus) == 4 * config.superlanes
