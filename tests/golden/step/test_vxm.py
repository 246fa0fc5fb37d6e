"""VXM: latency, immediates, the mesh rule, Latch."""

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.timing import timing
from tests.golden.schedule import program, segment, word
from tests.golden.step.probe import errors, finish, first_defined, into, out_of, states

_TINY = preset("tiny")
_T = timing(_TINY)
_TRIP = _T.read + into(_TINY, "vxm0", "E0")[2] - out_of(_TINY, "W.mem0", "E0")[2]
_ADD = {"type": "i32", "b": "imm"}


def _value(made, name, stream, issue):
    """Elements that an ALU drives, at exactly its d_func."""
    found = first_defined(made, name, stream, issue + _T.vxm + _TINY.superlanes)
    for k, entry in enumerate(found):
        assert entry is not None and entry[0] == issue + _T.vxm + k
    return [entry[1].tolist() for entry in found if entry]


def test_streams_in_and_out_at_d_func():
    rows = np.arange(8 * _TINY.vector, dtype=np.uint8).reshape(8, -1)
    data = [segment(Hemisphere.WEST, n, 0, rows[n : n + 1]) for n in range(2)]
    schedule = {f"W.mem{n}": [(4, word("Read", a=0, s=f"E{2 + n}"))] for n in range(2)}
    schedule["vxm5"] = [(4 + _TRIP, word("Add", type="u16", a="E2", b="imm", imm=0x1FF, out="W6"))]
    made = program(_TINY, schedule, data)
    assert finish(made).errors == ()
    expected = rows[0].astype(int) + 256 * rows[1].astype(int) + 0x1FF
    assert np.array_equal(np.ravel(_value(made, "vxm5", "W6", 4 + _TRIP)), expected & 255)
    assert np.array_equal(np.ravel(_value(made, "vxm5", "W7", 4 + _TRIP)), expected >> 8 & 255)


@pytest.mark.parametrize(
    ("alu", "way", "neighbor"), [(5, "N", 1), (5, "S", 9), (5, "W", 4), (5, "E", 6), (5, "self", 5)]
)
def test_neighbors_give_the_result_of_exactly_d_alu_ago(alu, way, neighbor):
    def made(gap):
        first = [(3, word("Identity", type="i8", a="imm", imm=40))]
        second = [(3 + gap, word("Add", a=way, imm=2, out="E0", **_ADD | {"type": "i8"}))]
        if alu == neighbor:
            return program(_TINY, {f"vxm{alu}": first + second})
        return program(_TINY, {f"vxm{neighbor}": first, f"vxm{alu}": second})

    assert np.ravel(_value(made(_T.alu), f"vxm{alu}", "E0", 3 + _T.alu)).tolist() == [42] * _TINY.vector
    for gap in (_T.alu - 1, _T.alu + 1):
        found = [(f"vxm{alu}", 3 + gap, "UNDEFINED_MESH", f"a from {way}")]
        assert errors(finish(made(gap))) == found


@pytest.mark.parametrize("gap", [_T.alu, _T.alu + 1, _T.alu + 9])
def test_latch_holds_until_the_next_result(gap):
    latch = word("Latch", type="i8", a="imm", imm=7)
    after = word("Identity", type="i8", a="imm", imm=9)
    read = word("Identity", type="i8", a="W", out="E0")
    kept = program(_TINY, {"vxm0": [(3, latch)], "vxm1": [(3 + gap, read)]})
    assert np.ravel(_value(kept, "vxm1", "E0", 3 + gap)).tolist() == [7] * _TINY.vector
    replaced = program(_TINY, {"vxm0": [(3, latch), (4, after)], "vxm1": [(3 + gap, read)]})
    found = errors(finish(replaced))
    assert [e[2] for e in found] == (["UNDEFINED_MESH"] if gap > _T.alu + 1 else [])


def test_state_shows_what_a_neighbor_would_get():
    made = program(_TINY, {"vxm3": [(6, word("Identity", type="i32", a="imm", imm=77))]})
    for state in states(made, 6 + _T.alu + 4):
        for k in range(_TINY.superlanes):
            landed = 6 + _T.alu + k
            assert state.mesh_defined[3, k] == (state.cycle == landed)
            assert (state.mesh[3, k] == (77 if state.cycle >= landed else 0)).all()


def test_a_chain_of_self_additions():
    entries = [(0, word("Identity", type="i32", a="imm", imm=1))]
    entries.append((_T.alu, word("Add", type="i32", a="self", b="self", out="E0")))
    entries.append((_T.alu + 1, word("Repeat", n=3, d=_T.alu)))
    made = program(_TINY, {"vxm2": entries})
    assert finish(made).errors == ()
    last = list(states(made, 4 * _T.alu + _T.vxm))[-1]
    assert last.streams[out_of(_TINY, "vxm2", "E0")][0].tolist() == [16] * _TINY.lanes


def test_an_undefined_operand_makes_the_result_undefined_and_is_reported_on():
    schedule = {"vxm0": [(0, word("Identity", type="i8", a="E0"))], "vxm1": [(_T.alu, word("Not", type="i8", a="W"))]}
    found = errors(finish(program(_TINY, schedule)))
    assert [(e[0], e[2]) for e in found] == [("vxm0", "UNDEFINED_STREAM"), ("vxm1", "UNDEFINED_MESH")]
