"""The conveyor: hops, stagger, overwriting, edges, double drives."""

import dataclasses

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Direction, Hemisphere
from arch.timing import timing
from tests.golden.schedule import program, segment, word
from tests.golden.step.probe import errors, finish, out_of, states

_TINY = preset("tiny")
_WIDE = dataclasses.replace(_TINY, name="wide", superlanes=3, lanes=8, slices=8)
_ROWS = np.arange(1, 65, dtype=np.uint8)


def _program(config, cycle, *names, stream="E4"):
    rows = np.resize(_ROWS, (4, config.vector))
    data = [segment(Hemisphere.WEST, int(n[-1]), 0, rows + 7 * int(n[-1])) for n in names]
    schedule = {n: [(cycle, word("Read", a=0, s=stream))] for n in names}
    return program(config, schedule, data), rows


@pytest.mark.parametrize("config", [_TINY, _WIDE], ids=lambda c: c.name)
@pytest.mark.parametrize("stream", ["E4", "W9"])
def test_a_value_appears_at_d_func_moves_one_register_a_cycle_and_leaves_at_the_edge(config, stream):
    cycle = 5
    made, rows = _program(config, cycle, "W.mem0", stream=stream)
    direction, number, start = out_of(config, "W.mem0", stream)
    visible = cycle + timing(config).read
    for state in states(made, visible + config.positions + config.superlanes + 2):
        for k in range(config.superlanes):
            position = start + direction.step * (state.cycle - visible - k)
            inside = state.cycle >= visible + k and 0 <= position < config.positions
            defined = state.streams_defined[..., k]
            assert defined.sum() == inside
            if inside:
                assert defined[direction, number, position]
                word_k = rows[0].reshape(config.superlanes, config.lanes)[k]
                assert np.array_equal(state.streams[direction, number, position, k], word_k)


def test_a_producer_overwrites_what_comes_and_nothing_else():
    """mem0 stands east of mem4's group; its word takes the place of mem4's as that passes."""
    config = _WIDE
    start, end = (out_of(config, n, "E4")[2] for n in ("W.mem4", "W.mem0"))
    rows = np.resize(_ROWS, (2, config.vector))
    data = [segment(Hemisphere.WEST, n, 0, rows + n) for n in (0, 4)]
    later = 3 + end - start
    schedule = {"W.mem4": [(3, word("Read", a=0, s="E4"))], "W.mem0": [(later, word("Read", a=0, s="E4"))]}
    made = program(config, schedule, data)
    seen = [s.streams[Direction.EAST, 4, end, 0].copy() for s in states(made, later + timing(config).read)]
    assert np.array_equal(seen[-1], rows[0, : config.lanes]) and not seen[-2].any()
    assert finish(made).errors == ()


def test_two_producers_on_one_register_are_an_error_of_the_later_queue():
    made, _ = _program(_TINY, 5, "W.mem1", "W.mem3", "W.mem2")
    detail = "E4, which W.mem1 drives too"
    assert errors(finish(made)) == [("W.mem2", 5, "DOUBLE_DRIVE", detail), ("W.mem3", 5, "DOUBLE_DRIVE", detail)]
    place = out_of(_TINY, "W.mem1", "E4")
    last = list(states(made, 5 + timing(_TINY).read))[-1]
    assert not last.streams_defined[place].any()


def test_a_stopped_run_knows_only_what_was_driven_before_its_end():
    made, _ = _program(_TINY, 5, "W.mem1", "W.mem3")
    driven = 5 + timing(_TINY).read
    assert finish(made, limit=driven).errors == () and len(finish(made, limit=driven + 1).errors) == 1


def test_reading_an_undefined_stream_is_an_error_once():
    made = program(_TINY, {"vxm0": [(7, word("Add", type="i32", a="E4", b="W8"))]})
    assert errors(finish(made)) == [("vxm0", 7, "UNDEFINED_STREAM", "a E4")]
