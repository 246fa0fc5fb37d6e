"""Dark superlanes: what they drive, read, keep and report."""

import dataclasses

import numpy as np

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.isa.table import encode
from arch.queues import queues
from arch.timing import timing
from tests.golden.schedule import program, segment, text, word
from tests.golden.step.probe import errors, faults, finish, into, out_of, states

_TINY = preset("tiny")
_T = timing(_TINY)
_L, _V = _TINY.lanes, _TINY.vector
#: First cycle with one superlane lit: Config at 2, Notify at 3.
_DARK = 3 + _T.barrier
_ROWS = np.random.default_rng(2).integers(1, 256, (4, _V), np.uint8)
_CROSS = _T.read + into(_TINY, "vxm0", "E0")[2] - out_of(_TINY, "W.mem0", "E0")[2]
_EAST = _T.read + into(_TINY, "E.mem0", "E0")[2] - out_of(_TINY, "W.mem0", "E0")[2]
_SXM = _T.read + into(_TINY, "E.sxm.permute", "E0")[2] - out_of(_TINY, "E.mem0", "E0")[2]


def _dark(schedule, data=()):
    """Program that powers superlane 1 down and then runs a schedule whose cycles count from the release."""
    raw = {q.name: [encode(word("Sync")), *text(schedule.get(q.name, ()))] for q in queues(_TINY)}
    first = (word("NOP", n=2), word("Config", n=1), word("Notify"), word("NOP", n=_T.barrier - 1))
    raw["W.mem3"] = [*(encode(w) for w in first), *text(schedule.get("W.mem3", ()))]
    return program(_TINY, {}, data, raw=raw)


def test_a_dark_superlane_drives_zero_and_keeps_its_memory():
    schedule = {
        "W.mem0": [(0, word("Read", a=0, s="E0"))],
        "E.mem0": [(_EAST, word("Write", a=0, s="E0"))],
    }
    data = [segment(Hemisphere.WEST, 0, 0, _ROWS[:1]), segment(Hemisphere.EAST, 0, 0, _ROWS[1:2])]
    made = _dark(schedule, data)
    place = out_of(_TINY, "W.mem0", "E0")
    visible = _DARK + _T.read
    for state in states(made, visible + 1):
        if state.cycle == visible:
            assert np.array_equal(state.streams[place][0], _ROWS[0, :_L])
        if state.cycle == visible + 1:
            assert state.streams_defined[place][1] and not state.streams[place][1].any()
    result = finish(made)
    assert result.errors == () and result.faults == ()
    assert np.array_equal(result.memory[1, 0, 0, 0, 0], _ROWS[0, :_L])
    assert np.array_equal(result.memory[1, 0, 0, 0, 1], _ROWS[1, _L:])


def test_a_dark_superlane_reads_zero_and_is_not_checked():
    schedule = {
        "W.mem0": [(0, word("Read", a=0, s="E0"))],
        "vxm0": [(_CROSS, word("Not", type="u8", a="E0", out="E4"))],
    }
    made = _dark(schedule, [segment(Hemisphere.WEST, 0, 0, _ROWS[:1])])
    last = list(states(made, _DARK + _CROSS + _T.vxm + 1))[-1]
    direction, stream, position = out_of(_TINY, "vxm0", "E4")
    # Superlane 0 is a register further on; the dark one drives zero, though Not of zero is not.
    assert np.array_equal(last.streams[direction, stream, position + 1, 0], ~_ROWS[0, :_L])
    assert (
        last.streams_defined[direction, stream, position, 1] and not last.streams[direction, stream, position, 1].any()
    )
    undefined = _dark({"vxm0": [(0, word("Identity", type="u8", a="E0"))]})
    assert [e[:3] for e in errors(finish(undefined))] == [("vxm0", _DARK, "UNDEFINED_STREAM")]
    assert finish(made).errors == ()


def test_undefined_words_in_dark_superlanes_do_not_matter():
    """Row 5 is written in the dark: superlane 1 of it stays undefined, and is read in the dark."""
    schedule = {
        "W.mem0": [(0, word("Read", a=0, s="E0"))],
        "E.mem0": [(_EAST, word("Write", a=5, s="E0")), (_EAST + 1, word("Read", a=5, s="E9"))],
    }
    result = finish(_dark(schedule, [segment(Hemisphere.WEST, 0, 0, _ROWS[:1])]))
    assert result.errors == ()
    assert result.memory_defined[1, 0, 0, 5].tolist() == [True, False]


def test_a_permute_ignores_the_dark_map_and_reads_zero_from_there():
    superlane, lane = np.divmod(np.arange(_V), _L)
    table = (lane | (1 - superlane) << 4 | lane << 9).astype(np.uint16)
    table[_L:] = 0xFFFF
    rows = [_ROWS[0], table.astype(np.uint8), (table >> 8).astype(np.uint8)]
    schedule = {f"E.mem{n}": [(0, word("Read", a=0, s=f"E{(0, 2, 3)[n]}"))] for n in range(3)}
    schedule["E.sxm.permute"] = [(_SXM, word("Permute", s="E0", map="E2", out="E9"))]
    made = _dark(schedule, [segment(Hemisphere.EAST, n, 0, row[None]) for n, row in enumerate(rows)])
    result = finish(made)
    assert faults(result) == [] and result.errors == ()
    last = list(states(made, _DARK + _SXM + _T.sxm_cross + 1))[-1]
    direction, stream, position = out_of(_TINY, "E.sxm.permute", "E9")
    assert position == _TINY.positions - 1
    assert not last.streams[direction, stream, position].any()


def test_a_bad_map_is_reported_at_the_last_superlane_be_it_dark():
    schedule = {f"E.mem{n}": [(0, word("Read", a=0, s=f"E{(0, 2, 3)[n]}"))] for n in range(3)}
    schedule["E.sxm.permute"] = [(_SXM, word("Permute", s="E0", map="E2", out="E9"))]
    # A map of zeros takes lane 0 for every wire.
    made = _dark(schedule, [segment(Hemisphere.EAST, n, 0, np.zeros((1, _V), np.uint8)) for n in range(3)])
    last = _TINY.superlanes - 1
    assert faults(finish(made)) == [("E.sxm.permute", last, Fault.MAP, _DARK + _SXM + last, 1)]


def test_a_shift_takes_nothing_from_the_dark():
    schedule = {
        "E.mem0": [(0, word("Read", a=0, s="E0"))],
        "E.sxm.shift_south": [(_SXM, word("Shift", n=1, s="E0", out="W9"))],
    }
    made = _dark(schedule, [segment(Hemisphere.EAST, 0, 0, _ROWS[:1])])
    place = out_of(_TINY, "E.sxm.shift_south", "W9")
    state = list(states(made, _DARK + _SXM + _T.sxm_cross))[-1]
    assert state.streams[place][0].tolist() == [*_ROWS[0, 1:_L], 0]


def test_range_faults_are_those_of_lit_superlanes():
    last = _TINY.bank_words - 1
    schedule = {"W.mem0": [(0, word("Read", a=last, s="E0", stride=1)), (1, word("Repeat", n=1))]}
    made = _dark(schedule, [segment(Hemisphere.WEST, 0, last, _ROWS[:1])])
    assert [f[1] for f in faults(finish(made))] == [0]


def test_addresses_of_dark_superlanes_are_not_looked_at():
    table = np.zeros((1, _V), np.uint8)
    table[0, 0], table[0, _L:] = 1, 0xFF
    gather = word("Gather", map="E0", s="E9", banks=1, lo=1, hi=1)
    scatter = word("Scatter", map="E0", s="E0", banks=2, lo=0, hi=0)
    # The map gives 0:1 in superlane 0; in superlane 1, driven before the release, nonsense, and 0:0 is not allowed.
    for item, expected in ((gather, []), (scatter, [0])):
        data = [segment(Hemisphere.WEST, 3, 0, table), segment(Hemisphere.EAST, 0, 0, _ROWS[:2])]
        made = _dark({"E.mem0": [(_EAST - 1, item)]}, data)
        first = (word("NOP", n=2), word("Config", n=1), word("Notify"), word("NOP", n=_T.barrier - 2))
        words = [encode(w) for w in (*first, word("Read", a=0, s="E0"), word("Sync"))]
        index = next(q.index for q in queues(_TINY) if q.name == "W.mem3")
        preload = tuple(tuple(words) if n == index else old for n, old in enumerate(made.preload))
        result = finish(dataclasses.replace(made, preload=preload))
        assert [f[1] for f in faults(result)] == expected and result.errors == ()
