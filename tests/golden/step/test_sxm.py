"""SXM in the machine: latency, which shifter is which, Select's partner, MAP."""

import dataclasses

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.queues import queues
from arch.timing import timing
from tests.golden.schedule import program, segment, text, word
from tests.golden.step.probe import errors, faults, finish, first_defined, into, out_of, states

_TINY = preset("tiny")
_T = timing(_TINY)
_S, _L, _V = _TINY.superlanes, _TINY.lanes, _TINY.vector
_ROWS = np.random.default_rng(9).integers(1, 256, (2, 4, _V), np.uint8)
_START = 4
_AT = _START + _T.read + into(_TINY, "E.sxm.rotate", "E0")[2] - out_of(_TINY, "E.mem0", "E0")[2]


def _program(instructions, maps=None):
    """Vectors on E0..E3 (from slices 0..3) and, in the second cycle, maps on the same streams."""
    schedule, data = {}, []
    for n in range(4):
        rows = _ROWS[:, n].copy()
        if maps is not None and n in maps:
            rows[0] = maps[n]
        data.append(segment(Hemisphere.EAST, n, 0, rows))
        schedule[f"E.mem{n}"] = [(_START, word("Read", a=0, s=f"E{n}"))]
    schedule.update({name: [(_AT, w)] for name, w in instructions.items()})
    return program(_TINY, schedule, data)


def _result(made, name, stream, latency):
    found = first_defined(made, name, stream, _AT + latency + _S)
    for k, entry in enumerate(found):
        assert entry is not None and entry[0] == _AT + latency + k
    return np.concatenate([entry[1] for entry in found if entry])


@pytest.mark.parametrize(("queue", "sign"), [("E.sxm.shift_north", 1), ("E.sxm.shift_south", -1)])
@pytest.mark.parametrize("n", [0, 1, 4, 7])
def test_shift(queue, sign, n):
    made = _program({queue: word("Shift", n=n, s="E1", out="W8")})
    assert finish(made).errors == ()
    found = _result(made, queue, "W8", _T.sxm_cross)
    for i in range(_V):
        source = i - sign * n
        assert found[i] == (_ROWS[0, 1, source] if 0 <= source < _V else 0)


def test_select_merges_both_shifters():
    mask = np.array([0, 1] * (_V // 2), np.uint8)
    select = word("Select", "shift", n=1, s="E0", mask="E2", out="E8")
    made = _program({"E.sxm.shift_north": select, "E.sxm.shift_south": word("Shift", n=2, s="E1")}, {2: mask})
    assert finish(made).errors == ()
    found = _result(made, "E.sxm.shift_north", "E8", _T.sxm_cross)
    for i in range(_V):
        expected = (_ROWS[0, 1, i + 2] if i + 2 < _V else 0) if i % 2 else (_ROWS[0, 0, i - 1] if i else 0)
        assert found[i] == expected


def test_select_without_its_shift():
    made = _program({"E.sxm.shift_north": word("Select", "shift", n=1, s="E0", mask="E2", out="E8")})
    assert errors(finish(made)) == [("E.sxm.shift_north", _AT, "NO_SHIFT", "E.sxm.shift_south")]
    found = first_defined(made, "E.sxm.shift_north", "E8", _AT + _T.sxm_cross + _S)
    assert found == [None] * _S


def _swap_map():
    """Exchange the superlanes, lanes in place."""
    superlane, lane = np.divmod(np.arange(_V), _L)
    return (lane | (_S - 1 - superlane) << 4 | lane << 9).astype(np.uint16)


def test_permute():
    table = _swap_map()
    maps = {2: table.astype(np.uint8), 3: (table >> 8).astype(np.uint8)}
    made = _program({"E.sxm.permute": word("Permute", s="E0", map="E2", out="E9")}, maps)
    result = finish(made)
    assert result.errors == () and result.faults == ()
    found = _result(made, "E.sxm.permute", "E9", _T.sxm_cross)
    assert np.array_equal(found.reshape(_S, _L), _ROWS[0, 0].reshape(_S, _L)[::-1])


def test_a_map_that_is_no_bijection_faults_once_at_the_last_superlane():
    table = _swap_map()
    table[0] = table[1]
    maps = {2: table.astype(np.uint8), 3: (table >> 8).astype(np.uint8)}
    result = finish(_program({"E.sxm.permute": word("Permute", s="E0", map="E2", out="E9")}, maps))
    assert faults(result) == [("E.sxm.permute", _S - 1, Fault.MAP, _AT + _S - 1, 1)]


def test_transpose_of_a_wide_group():
    made = _program({"E.sxm.transpose1": word("Transpose", s="E0", out="W4")})
    assert finish(made).errors == ()
    rows = _ROWS[0].reshape(4, _S, _L)
    for i in range(_L):
        found = _result(made, "E.sxm.transpose1", f"W{4 + i}", _T.sxm_local).reshape(_S, _L)
        assert np.array_equal(found, rows[:, :, i].T)


def test_rotate_is_refused_where_lanes_are_few():
    result = finish(_program({"E.sxm.rotate": word("Rotate", n=3, s="E0", out="E16")}))
    assert faults(result) == [("E.sxm.rotate", 0, Fault.UNDEFINED, _AT, 1)]


def test_distribute_and_rotate_at_published_widths():
    config = dataclasses.replace(_TINY, name="wide", lanes=16, slices=16)
    rows = np.random.default_rng(3).integers(1, 256, (9, config.vector), np.uint8)
    rows[8] = np.arange(config.vector) % 19
    t = timing(config)
    hops = into(config, "E.sxm.rotate", "E0")[2] - out_of(config, "E.mem0", "E0")[2]
    schedule, data = {}, []
    for n in range(9):
        name = f"E.mem{n}"
        lag = out_of(config, name, "E0")[2] - out_of(config, "E.mem0", "E0")[2]
        schedule[name] = [(4 + lag, word("Read", a=0, s=f"E{n}"))]
        data.append(segment(Hemisphere.EAST, n, 0, rows[n : n + 1]))
    at = 4 + t.read + hops
    schedule["E.sxm.distribute2"] = [(at, word("Distribute", s="E0", map="E8", out="W8"))]
    schedule["E.sxm.rotate"] = [(at, word("Rotate", n=3, s="E1", out="W16"))]
    made = program(config, schedule, data)
    assert finish(made).errors == () and finish(made).faults == ()
    state = list(states(made, at + t.sxm_local))[-1]
    table = rows[8, :16]
    for n in range(8):
        found = state.streams[out_of(config, "E.sxm.distribute2", f"W{8 + n}")][0]
        assert found.tolist() == [rows[n, i] if i < 16 else 0 for i in table]
    for n in range(9):
        found = state.streams[out_of(config, "E.sxm.rotate", f"W{16 + n}")][0]
        block = [rows[1, (i + n // 3) % 3 * 3 + (j + n) % 3] for i in range(3) for j in range(3)]
        assert found.tolist() == [*block, *[0] * 7]


def test_a_shift_of_another_cycle_does_not_serve():
    select = word("Select", "shift", n=1, s="E0", mask="E2", out="E8")
    made = _program({"E.sxm.shift_north": select})
    index = next(q.index for q in queues(_TINY) if q.name == "E.sxm.shift_south")
    words = text([(_AT - 1, word("Shift", n=1, s="E1"))])
    preload = tuple(words if n == index else old for n, old in enumerate(made.preload))
    found = errors(finish(dataclasses.replace(made, preload=preload)))
    assert ("E.sxm.shift_north", _AT, "NO_SHIFT", "E.sxm.shift_south") in found
