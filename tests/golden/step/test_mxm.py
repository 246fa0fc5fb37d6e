"""MXM: weights, products at their cycle, accumulators, and what goes wrong."""

import dataclasses

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.timing import timing
from tests.golden.schedule import program, segment, word
from tests.golden.step.probe import errors, faults, finish, first_defined, into, out_of, states

_TINY = dataclasses.replace(preset("tiny"), name="two rows", slices=8)
_T = timing(_TINY)
_S, _L, _V = _TINY.superlanes, _TINY.lanes, _TINY.vector
_RNG = np.random.default_rng(5)
_WEIGHTS = _RNG.integers(0, 256, (2, _V, _V), np.uint8)
_INPUTS = _RNG.integers(0, 256, (4, _V), np.uint8)
#: Cycle in which the first LW issues.
_LOAD = 30


def _lead(name):
    """From a Read to the sampling of the eastern MXM."""
    return _T.read + into(_TINY, "E.mxm0.weights", "E0")[2] - out_of(_TINY, name, "E0")[2]


def _feed(schedule, data, mem_slice, at, rows, stream, place=0):
    """Let eastern slice ``mem_slice`` send rows so that the MXM meets them from cycle ``at`` on."""
    name = f"E.mem{mem_slice}"
    data.append(segment(Hemisphere.EAST, mem_slice, place, rows))
    entries = schedule.setdefault(name, [])
    start = at - _lead(name)
    entries.append((start, word("Read", a=place, s=f"E{stream}", stride=1)))
    if len(rows) > 1:
        entries.append((start + 1, word("Repeat", n=len(rows) - 1)))


def _weights(schedule, data, plane, weights, at, op="LW", source=""):
    """Load a matrix, a column of supercells a cycle: the slice of stream i sends W[:, col * L + i] for each col."""
    fields = {"from": source} if source else {}
    for i in range(_L):
        _feed(schedule, data, i, at, weights[:, i::_L].T, i, place=plane * 8)
    name = f"E.mxm{plane}.weights"
    first = word(op, s="E0", col=0, stride=1, **fields)
    schedule[name] = [(at, first), (at + 1, word("Repeat", n=_S - 1))]


def _matmul(acc, *, abc=None, form="i8i8", inputs=_INPUTS, install=None, extra=None):
    """A plane loaded, installed and used: ``acc`` are words relative to the first ABC's sums."""
    schedule, data = {}, []
    _weights(schedule, data, 0, _WEIGHTS[0], _LOAD)
    ready = _LOAD + _S - 1 + _T.install
    if install is None:
        schedule["E.mxm0.weights"].append((ready, word("IW", **{"from": "buffer"})))
    start = ready + _T.install if abc is None else abc
    _feed(schedule, data, 4, start, inputs, 8)
    schedule["E.mxm0.activations"] = [(start, word("ABC", form=form, s="E8"))]
    if len(inputs) > 1:
        schedule["E.mxm0.activations"].append((start + 1, word("Repeat", n=len(inputs) - 1)))
    schedule["E.mxm0.accumulators"] = [(start + _T.abc + t, w) for t, w in acc]
    schedule.update(extra or {})
    return program(_TINY, schedule, data), start


def _signed(x, kind="i8"):
    return x.view(np.int8 if kind == "i8" else np.uint8).astype(np.int64)


def _rows(result, count, first=0):
    return result.accumulators[1, 0, first : first + count].reshape(count, _V).view(np.int32)


@pytest.mark.parametrize("form", ["i8i8", "i8u8", "u8i8", "u8u8"])
def test_matmul_into_accumulator_rows(form):
    made, _ = _matmul(
        [(0, word("ACC", type="i32", mode="write", row=2, stride=1, keep=1)), (1, word("Repeat", n=3))], form=form
    )
    result = finish(made)
    assert result.errors == () and result.faults == ()
    expected = _signed(_INPUTS, form[:2]) @ _signed(_WEIGHTS[0], form[2:])
    assert np.array_equal(_rows(result, 4, 2), expected)
    assert result.accumulators_defined[1, 0].any(axis=-1).tolist() == [2 <= n < 6 for n in range(_TINY.acc_rows)]
    assert result.counters.macs.tolist() == [[0, 0], [4 * _V * _V, 0]]


def test_sums_leave_at_d_func_in_every_superlane():
    made, start = _matmul([(0, word("ACC", type="i32", mode="write", row=0, out="W4"))], inputs=_INPUTS[:1])
    expected = (_signed(_INPUTS[:1]) @ _signed(_WEIGHTS[0])).astype(np.int32).view(np.uint32).reshape(_S, _L)
    issue = start + _T.abc
    for byte in range(4):
        found = first_defined(made, "E.mxm0.accumulators", f"W{4 + byte}", issue + _T.acc + _S)
        for k, entry in enumerate(found):
            assert entry is not None and entry[0] == issue + _T.acc + k
            assert np.array_equal(entry[1], expected[k] >> (8 * byte) & 255)


def test_an_install_reaches_the_abc_of_the_next_cycle_and_not_its_own():
    acc = [(0, word("ACC", type="i32", mode="write", row=0, keep=1))]
    ready = _LOAD + _S - 1 + _T.install
    assert finish(_matmul(acc, inputs=_INPUTS[:1], abc=ready + _T.install)[0]).errors == ()
    found = errors(finish(_matmul(acc, inputs=_INPUTS[:1], abc=ready)[0]))
    assert found == [("E.mxm0.activations", ready, "UNDEFINED_WEIGHTS", "plane 0")]


def test_install_straight_from_streams():
    schedule, data = {}, []
    _weights(schedule, data, 0, _WEIGHTS[1], _LOAD, op="IW", source="streams")
    start = _LOAD + _S - 1 + _T.install
    _feed(schedule, data, 4, start, _INPUTS[:1], 8)
    schedule["E.mxm0.activations"] = [(start, word("ABC", form="u8u8", s="E8"))]
    schedule["E.mxm0.accumulators"] = [(start + _T.abc, word("ACC", type="i32", mode="write", row=0, keep=1))]
    result = finish(program(_TINY, schedule, data))
    assert result.errors == ()
    assert np.array_equal(_rows(result, 1), _signed(_INPUTS[:1], "u8") @ _signed(_WEIGHTS[1], "u8"))


def test_accumulation_and_reading_back():
    gap = _T.acc_row
    inputs = np.concatenate([_INPUTS[:1], np.repeat(_INPUTS[1:2], gap, axis=0)])
    write = word("ACC", type="i32", mode="write", row=1, keep=1)
    add = word("ACC", type="i32", mode="add", row=1, keep=1)
    read = word("ACC", type="i32", mode="read", row=1, out="W0")
    result = finish(_matmul([(0, write), (gap, add), (2 * gap, read)], inputs=inputs)[0])
    assert result.errors == ()
    products = _signed(_INPUTS) @ _signed(_WEIGHTS[0])
    assert np.array_equal(_rows(result, 1, 1)[0], products[0] + products[1])


def test_a_row_touched_too_early_is_a_hazard():
    write = word("ACC", type="i32", mode="write", row=1, keep=1)
    add = word("ACC", type="i32", mode="add", row=1, keep=1)
    inputs = np.repeat(_INPUTS[:1], 2 * _T.acc_row, axis=0)
    # The row is defined by the first write, so that only the hazard remains.
    made, start = _matmul([(0, write), (_T.acc_row, write), (2 * _T.acc_row - 1, add)], inputs=inputs)
    at = start + _T.abc + 2 * _T.acc_row - 1
    assert errors(finish(made)) == [("E.mxm0.accumulators", at, "ROW_HAZARD", "row 1")]


def test_reading_a_row_nobody_defined():
    made, start = _matmul([(0, word("ACC", type="i32", mode="read", row=3, out="W0"))])
    assert errors(finish(made)) == [("E.mxm0.accumulators", start + _T.abc, "UNDEFINED_ROW", "row 3")]


@pytest.mark.parametrize(("late", "expected"), [(0, []), (1, ["NO_SUM"]), (-1, ["NO_SUM"])])
def test_sums_are_there_in_one_cycle_only(late, expected):
    acc = [(late, word("ACC", type="i32", mode="write", row=0, keep=1))]
    result = finish(_matmul(acc, inputs=_INPUTS[:1])[0])
    assert [e[2] for e in errors(result)] == expected
    assert result.accumulators_defined.any() == (not expected)


def test_sums_of_the_other_type():
    made, start = _matmul([(0, word("ACC", type="f32", mode="write", row=0, keep=1))], inputs=_INPUTS[:1])
    found = [("E.mxm0.accumulators", start + _T.abc, "SUM_TYPE", "f32 wanted, i32 there")]
    assert errors(finish(made)) == found


def test_a_row_out_of_range_faults_and_stores_nothing():
    last = _TINY.acc_rows - 1
    acc = [(0, word("ACC", type="i32", mode="write", row=last, stride=1, keep=1)), (1, word("Repeat", n=1))]
    made, start = _matmul(acc, inputs=_INPUTS[:2])
    result = finish(made)
    assert faults(result) == [("E.mxm0.accumulators", k, Fault.RANGE, start + _T.abc + 1 + k, 1) for k in range(_S)]
    assert result.accumulators_defined.sum() == _S


def test_a_column_out_of_range_loads_nothing():
    schedule, data = {}, []
    _weights(schedule, data, 0, _WEIGHTS[0], _LOAD)
    schedule["E.mxm0.weights"] = [(_LOAD, word("LW", s="E0", col=_S - 1, stride=1)), (_LOAD + 1, word("Repeat", n=1))]
    result = finish(program(_TINY, schedule, data))
    assert faults(result) == [("E.mxm0.weights", k, Fault.RANGE, _LOAD + 1 + k, 1) for k in range(_S)]


def _pair(extra=None):
    """An f16 pass over random small numbers: program, expected fp32, cycle of the ABC."""
    schedule, data = {}, []
    numbers = _RNG.integers(-8, 9, (_V, _V)).astype(np.float16) / 4
    raw = numbers.view(np.uint16)
    for plane, byte in ((0, raw & 255), (1, raw >> 8)):
        _weights(schedule, data, plane, byte.astype(np.uint8), _LOAD + 20 * plane)
    ready = _LOAD + 20 + _S
    for plane in (0, 1):
        schedule[f"E.mxm{plane}.weights"].append((ready, word("IW", **{"from": "buffer"})))
    vector = _RNG.integers(-8, 9, (1, _V)).astype(np.float16)
    for byte in (0, 1):
        _feed(
            schedule, data, 4 + byte, ready + 1, (vector.view(np.uint16) >> (8 * byte) & 255).astype(np.uint8), 8 + byte
        )
    schedule["E.mxm0.activations"] = [(ready + 1, word("ABC", form="f16", s="E8", half=1))]
    acc = word("ACC", type="f32", mode="write", row=0, keep=1)
    schedule["E.mxm0.accumulators"] = [(ready + 1 + _T.abc, acc)]
    for name, entry in (extra or {}).items():
        schedule[name] = [(ready + 1 + entry[0], entry[1])]
    chosen = [k * _L + lane for k in range(_S) for lane in range(_L // 2, _L)]
    expected = vector[:, chosen].astype(np.float64) @ numbers[chosen].astype(np.float64)
    return program(_TINY, schedule, data), expected[0], ready + 1


def test_an_f16_pair():
    made, expected, _ = _pair()
    result = finish(made)
    assert result.errors == () and result.faults == ()
    assert np.array_equal(result.accumulators[1, 0, 0].reshape(-1).view(np.float32), expected)
    assert result.counters.macs[1].tolist() == [_V * _V // 2, 0]


def test_the_odd_plane_has_no_sums_of_the_pair():
    made, _, abc = _pair({"E.mxm1.accumulators": (_T.abc, word("ACC", type="i32", mode="write", row=0, keep=1))})
    found = [("E.mxm1.accumulators", abc + _T.abc, "NO_SUM", "i32 wanted, none there")]
    assert errors(finish(made)) == found


def test_the_odd_plane_must_not_multiply_in_the_pairs_cycle():
    acc = word("ACC", type="i32", mode="write", row=0, keep=1)
    odd = {
        "E.mxm1.activations": (0, word("ABC", form="i8i8", s="E8")),
        "E.mxm1.accumulators": (_T.abc, acc),
    }
    made, _, abc = _pair(odd)
    result = finish(made)
    assert errors(result) == [("E.mxm1.activations", abc, "PAIR_BUSY", "E.mxm0.activations")]
    assert not result.accumulators_defined.any()


def test_a_kept_row_shows_in_the_accumulator_memory_at_d_acc():
    made, start = _matmul([(0, word("ACC", type="i32", mode="write", row=5, keep=1))], inputs=_INPUTS[:1])
    landed = start + _T.abc + _T.acc_row
    for state in states(made, landed + _S):
        for k in range(_S):
            assert state.accumulators_defined[1, 0, 5, k] == (state.cycle >= landed + k)
