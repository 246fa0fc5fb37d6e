"""Bit errors: every bit corrected and counted, pairs flagged, and where errors travel."""

import numpy as np
import pytest

from arch import effects, secded
from arch.config import preset
from arch.conveyor import Direction, Hemisphere
from arch.faults import Fault
from arch.isa.table import TABLE
from arch.queues import queues_by_name
from arch.timing import timing
from golden.injection import MemoryInjection, StreamInjection
from golden.step.chip import Machine
from tests.golden.schedule import program, segment, word
from tests.golden.step.probe import faults, finish, into, out_of

_TINY = preset("tiny")
_T = timing(_TINY)
_S, _L, _V = _TINY.superlanes, _TINY.lanes, _TINY.vector
_BITS = _TINY.word_bits + secded.check_bits(_TINY.word_bits)
_ROW = np.random.default_rng(4).integers(0, 256, (1, _V), np.uint8)
_START = 3
_NEAR = out_of(_TINY, "W.mem0", "E0")[2]
_AT = _START + _T.read + into(_TINY, "vxm0", "E0")[2] - _NEAR
_DONE = _AT + _T.vxm + into(_TINY, "E.mem0", "E4")[2] - out_of(_TINY, "vxm0", "E4")[2]


def _consume():
    """Memory to ALU to memory: the ALU is the consumer."""
    schedule = {
        "W.mem0": [(_START, word("Read", a=0, s="E0"))],
        "vxm0": [(_AT, word("Identity", type="u8", a="E0", out="E4"))],
        "E.mem0": [(_DONE, word("Write", a=0, s="E4"))],
    }
    return program(_TINY, schedule, [segment(Hemisphere.WEST, 0, 0, _ROW)])


def _stream_error(mask, superlane):
    return StreamInjection(_NEAR, Direction.EAST, 0, superlane, _START + _T.read + superlane, mask)


def _bytes(mask):
    return np.frombuffer((mask & ((1 << _TINY.word_bits) - 1)).to_bytes(_L, "little"), np.uint8)


def _corrected(result):
    names = {q.index: q.name for q in queues_by_name(_TINY).values()}
    counts = result.counters.corrected
    return [(names[int(q)], int(k), int(counts[q, k])) for q, k in np.argwhere(counts)]


@pytest.mark.parametrize("superlane", range(_S))
def test_every_single_bit_of_a_stream_word_is_corrected_and_counted(superlane):
    for bit in range(_BITS):
        result = finish(_consume(), injection=_stream_error(1 << bit, superlane))
        assert np.array_equal(result.memory[1, 0, 0, 0].reshape(1, -1), _ROW)
        assert _corrected(result) == [("vxm0", superlane, 1)] and result.faults == ()


@pytest.mark.parametrize("mask", [0b11, 1 | 1 << _TINY.word_bits, 3 << _TINY.word_bits, 1 << 31 | 1 << 7])
def test_a_double_error_is_flagged_and_the_raw_bytes_are_used(mask):
    result = finish(_consume(), injection=_stream_error(mask, 1))
    assert faults(result) == [("vxm0", 1, Fault.ECC, _AT + 1, 1)] and _corrected(result) == []
    word_1 = _ROW.reshape(_S, _L)[1] ^ _bytes(mask)
    assert np.array_equal(result.memory[1, 0, 0, 0, 1], word_1)


def test_without_an_error_nothing_is_counted():
    result = finish(_consume())
    assert _corrected(result) == [] and result.faults == () and result.errors == ()


def test_an_error_at_another_place_or_cycle_does_not_meet_the_consumer():
    for place in (
        StreamInjection(_NEAR, Direction.EAST, 1, 0, _START + _T.read, 1),
        StreamInjection(_NEAR, Direction.WEST, 0, 0, _START + _T.read, 1),
        StreamInjection(_NEAR, Direction.EAST, 0, 0, _START + _T.read + 1, 1),
        StreamInjection(_NEAR + 1, Direction.EAST, 0, 0, _START + _T.read, 1),
    ):
        assert _corrected(finish(_consume(), injection=place)) == []


def test_an_error_on_the_way_meets_the_consumer_too():
    further = StreamInjection(_NEAR + 1, Direction.EAST, 0, 0, _START + _T.read + 1, 1)
    assert _corrected(finish(_store(), injection=further)) == [("E.sxm.shift_north", 0, 1)]


_EAST = _START + _T.read + into(_TINY, "E.mem0", "E0")[2] - _NEAR
_AGAIN = _EAST + 9
_SHIFT = _AGAIN + _T.read + into(_TINY, "E.sxm.shift_north", "E1")[2] - out_of(_TINY, "E.mem0", "E1")[2]


def _store():
    """Memory to memory, then to a shifter: MEM passes a word on as it is."""
    schedule = {
        "W.mem0": [(_START, word("Read", a=0, s="E0"))],
        "E.mem0": [(_EAST, word("Write", a=0, s="E0")), (_AGAIN, word("Read", a=0, s="E1"))],
        "E.sxm.shift_north": [(_SHIFT, word("Shift", n=0, s="E1", out="W1"))],
    }
    return program(_TINY, schedule, [segment(Hemisphere.WEST, 0, 0, _ROW)])


@pytest.mark.parametrize("superlane", range(_S))
def test_every_single_bit_of_a_stored_word(superlane):
    for bit in range(_BITS):
        aim = MemoryInjection(Hemisphere.EAST, 0, superlane, _EAST + superlane, 1 << bit)
        result = finish(_store(), injection=aim)
        raw = _ROW.reshape(_S, _L).copy()
        raw[superlane] ^= _bytes(1 << bit)
        # MEM keeps the damage, the consumer corrects it.
        assert np.array_equal(result.memory[1, 0, 0, 0], raw)
        assert _corrected(result) == [("E.sxm.shift_north", superlane, 1)] and result.faults == ()


def test_a_double_error_stored():
    aim = MemoryInjection(Hemisphere.EAST, 0, 0, _EAST, 0b101)
    assert faults(finish(_store(), injection=aim)) == [("E.sxm.shift_north", 0, Fault.ECC, _SHIFT, 1)]


def test_an_error_travels_through_memory():
    """A stream error is stored with the word and found where it is consumed."""
    result = finish(_store(), injection=_stream_error(1 << 5, 0))
    assert _corrected(result) == [("E.sxm.shift_north", 0, 1)]
    assert (result.memory[1, 0, 0, 0, 0] != _ROW[0, :_L]).sum() == 1


@pytest.mark.parametrize("cycle", [_EAST - 1, _EAST + 1])
def test_a_stored_word_of_another_cycle_is_not_hit(cycle):
    aim = MemoryInjection(Hemisphere.EAST, 0, 0, cycle, 1)
    assert np.array_equal(finish(_store(), injection=aim).memory[1, 0, 0, 0].reshape(1, -1), _ROW)


def test_the_state_shows_the_raw_bytes_on_the_stream():
    machine = Machine(_consume(), injection=_stream_error(1, 0))
    while machine.cycle < _START + _T.read:
        machine.step()
    assert machine.state().streams[0, 0, _NEAR, 0, 0] == _ROW[0, 0] ^ 1


#: An instruction of every kind that samples streams; the roles of MEM's that are stored as they come.
_CONSUMERS = [
    ("E.mem0", word("Write", a=0, s="E1"), "s"),
    ("E.mem0", word("Gather", map="E0", s="E9", banks=1, hi=9), ""),
    ("E.mem0", word("Scatter", map="E0", s="E1", banks=1, hi=9), "s"),
    ("vxm0", word("Add", type="f32", a="E4", b="W8", out="E12"), ""),
    ("E.mxm0.weights", word("LW", s="E4", col=1), ""),
    ("E.mxm0.weights", word("IW", **{"from": "streams"}, s="E4", col=1), ""),
    ("E.mxm0.activations", word("ABC", form="f16", s="E6"), ""),
    ("E.sxm.shift_south", word("Shift", n=1, s="W3", out="W1"), ""),
    ("E.sxm.shift_north", word("Select", "shift", n=1, s="E3", mask="W4", out="W1"), ""),
    ("E.sxm.permute", word("Permute", s="E3", map="W4", out="W1"), ""),
    ("E.sxm.distribute0", word("Distribute", s="E8", map="W4", out="W8"), ""),
    ("E.sxm.transpose0", word("Transpose", s="E4", out="W8"), ""),
    ("E.c2c0", word("Send", link=2, s="E3"), ""),
    ("vxm0", word("Ifetch", s="E3"), ""),
]


@pytest.mark.parametrize(
    ("name", "issued", "stored"), _CONSUMERS, ids=lambda v: v[0].mnemonic if isinstance(v, tuple) else v
)
def test_every_operand_of_every_consumer_is_corrected(name, issued, stored):
    """Each register that an instruction samples, on its own: a single error counts once, at the instruction's queue."""
    queue = queues_by_name(_TINY)[name]
    made = program(_TINY, {name: [(_START, issued)]})
    for use in effects.samples(_TINY, queue, issued[0]):
        assert use.position is not None
        for stream in range(use.stream, use.stream + use.width):
            aim = StreamInjection(use.position, use.direction, stream, 1, _START + use.offset + 1, 1 << 3)
            expected = [] if use.role == stored else [(name, 1, 1)]
            assert _corrected(finish(made, injection=aim)) == expected, (use.role, stream)


def test_what_is_sampled_by_somebody_stands_in_the_table_above():
    sampling = {spec.mnemonic for spec in TABLE if {"s", "map", "mask"} & set(spec.by_name)} - {"Read", "Receive"}
    assert sampling - {issued[0].mnemonic for _, issued, _ in _CONSUMERS} == {"Rotate"}, "which takes 9 lanes, not 4"


def test_a_gather_goes_by_the_corrected_map():
    schedule = {
        "W.mem0": [(_START, word("Read", a=0, s="E0"))],
        "E.mem0": [(_EAST, word("Gather", map="E0", s="E9", banks=1, hi=1))],
    }
    zeros = segment(Hemisphere.WEST, 0, 0, np.zeros_like(_ROW))
    made = program(_TINY, schedule, [zeros, segment(Hemisphere.EAST, 0, 0, np.vstack([_ROW, ~_ROW]))])
    # Uncorrected, the flipped bit of the address would be fault INDEX.
    result = finish(made, injection=_stream_error(1 << 4, 0))
    assert _corrected(result) == [("E.mem0", 0, 1)] and result.faults == () and result.errors == ()
