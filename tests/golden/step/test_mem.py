"""MEM: order of reads and writes, strides, gather and scatter, their faults."""

import numpy as np

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.timing import timing
from tests.golden.schedule import address, program, segment, word
from tests.golden.step.probe import errors, faults, finish, first_defined, into, out_of, states

_TINY = preset("tiny")
_V, _S, _L = _TINY.vector, _TINY.superlanes, _TINY.lanes
_READ = timing(_TINY).read
_ROWS = np.random.default_rng(1).integers(0, 256, (8, _V), np.uint8)
#: The eastern slices are downstream of the western ones.
_HOPS = into(_TINY, "E.mem0", "E0")[2] - out_of(_TINY, "W.mem0", "E0")[2]
_TRIP = _READ + _HOPS


def _copy(*writes, source=_ROWS, reads=8, start=5):
    """W.mem0 reads rows from cycle ``start`` on; E.mem0 executes ``writes``, given relative to the arrival of row 0."""
    schedule = {
        "W.mem0": [(start, word("Read", a=0, s="E0", stride=1)), (start + 1, word("Repeat", n=reads - 1))],
        "E.mem0": [(start + _TRIP + t, w) for t, w in writes],
    }
    return program(_TINY, schedule, [segment(Hemisphere.WEST, 0, 0, source)])


def test_copy_with_strides():
    made = _copy((0, word("Write", a="1:20", s="E0", stride=-2)), (1, word("Repeat", n=7)))
    result = finish(made)
    assert result.errors == () and result.faults == ()
    for n in range(8):
        assert np.array_equal(result.memory[1, 0, 1, 20 - 2 * n].reshape(-1), _ROWS[n])
        assert result.memory_defined[1, 0, 1, 20 - 2 * n].all()
    assert result.memory_defined[1].sum() == 8 * _S
    assert result.counters.issued[0] == 8


def test_a_written_word_is_in_the_array_two_cycles_later_in_each_superlane():
    write = 5 + _TRIP
    for state in states(_copy((0, word("Write", a=3, s="E0"))), write + 5):
        for k in range(_S):
            assert state.memory_defined[1, 0, 0, 3, k] == (state.cycle >= write + 2 + k)


def test_a_read_sees_the_write_of_the_cycle_before():
    made = _copy((0, word("Write", a="0:3", s="E0")), (1, word("Read", a="0:3", s="E9")))
    for k, entry in enumerate(first_defined(made, "E.mem0", "E9", 5 + _TRIP + 1 + _READ + _S)):
        assert entry is not None and entry[0] == 5 + _TRIP + 1 + _READ + k
        assert np.array_equal(entry[1], _ROWS[0].reshape(_S, _L)[k])


def test_read_and_write_part_of_one_word():
    both = (*word("Read", a="1:0", s="E9"), *word("Write", a="0:3", s="E0"))
    made = _copy((0, both))
    result = finish(made)
    assert np.array_equal(result.memory[1, 0, 0, 3].reshape(-1), _ROWS[0])
    assert errors(result) == [("E.mem0", 5 + _TRIP, "UNDEFINED_MEMORY", "address 1:0")]
    index = next(n for n, words in enumerate(made.preload) if len(words) > 2 and n > 1)
    assert result.counters.issued[index] == 1


def test_an_offset_beyond_the_bank_faults_and_gives_zero():
    last = _TINY.bank_words - 1
    schedule = {"W.mem0": [(2, word("Read", a=last, s="E0", stride=1)), (3, word("Repeat", n=1))]}
    made = program(_TINY, schedule, [segment(Hemisphere.WEST, 0, last, _ROWS[:1])])
    result = finish(made)
    assert faults(result) == [("W.mem0", k, Fault.RANGE, 3 + k, 1) for k in range(_S)] and result.errors == ()
    state = list(states(made, 3 + _READ))[-1]
    place = out_of(_TINY, "W.mem0", "E0")
    assert state.streams_defined[place][0] and not state.streams[place][0].any()


def test_a_write_beyond_the_bank_stores_nothing():
    write = word("Write", a=_TINY.bank_words - 1, s="E0", stride=1)
    result = finish(_copy((0, write), (1, word("Repeat", n=1))))
    assert [f[2] for f in faults(result)] == [Fault.RANGE] * _S
    assert result.memory_defined[1].sum() == _S


def _map(addresses):
    row = np.zeros((_S, _L), np.uint8)
    row[:, 0], row[:, 1] = [a & 255 for a in addresses], [a >> 8 for a in addresses]
    return row.reshape(1, _V)


def test_gather_takes_each_superlanes_own_address():
    places = [address(0, 6), address(0, 2)]
    schedule = {
        "W.mem0": [(5, word("Read", a="1:0", s="E0"))],
        "E.mem0": [(5 + _TRIP, word("Gather", map="E0", s="E9", banks=1, lo=2, hi=6))],
    }
    data = [segment(Hemisphere.WEST, 0, address(1, 0), _map(places)), segment(Hemisphere.EAST, 0, 0, _ROWS)]
    made = program(_TINY, schedule, data)
    assert finish(made).errors == () and finish(made).faults == ()
    for k, entry in enumerate(first_defined(made, "E.mem0", "E9", 5 + _TRIP + _READ + _S)):
        assert entry is not None and entry[0] == 5 + _TRIP + _READ + k
        assert np.array_equal(entry[1], _ROWS[(6, 2)[k]].reshape(_S, _L)[k])


def test_gather_outside_its_range_faults_and_wants_the_range_defined():
    schedule = {
        "W.mem0": [(5, word("Read", a="1:0", s="E0"))],
        "E.mem0": [(5 + _TRIP, word("Gather", map="E0", s="E9", banks=3, lo=2, hi=6))],
    }
    data = [segment(Hemisphere.WEST, 0, address(1, 0), _map([7, 3])), segment(Hemisphere.EAST, 0, 0, _ROWS)]
    result = finish(program(_TINY, schedule, data))
    assert faults(result) == [("E.mem0", 0, Fault.INDEX, 5 + _TRIP, 1)]
    assert errors(result) == [("E.mem0", 5 + _TRIP, "UNDEFINED_MEMORY", "range 2 to 6 of bank 0 and 1")]


def test_scatter_stores_at_each_superlanes_own_address_or_not_at_all():
    schedule = {
        "W.mem0": [(5, word("Read", a="1:0", s="E0"))],
        "W.mem1": [(5, word("Read", a="0:0", s="E1"))],
        "E.mem0": [(5 + _TRIP, word("Scatter", map="E0", s="E1", banks=2, lo=0, hi=9))],
    }
    data = [
        segment(Hemisphere.WEST, 0, address(1, 0), _map([address(1, 4), address(0, 4)])),
        segment(Hemisphere.WEST, 1, 0, _ROWS),
    ]
    result = finish(program(_TINY, schedule, data))
    assert faults(result) == [("E.mem0", 1, Fault.INDEX, 5 + _TRIP + 1, 1)]
    assert result.memory_defined[1].sum() == 1
    assert np.array_equal(result.memory[1, 0, 1, 4, 0], _ROWS[0, :_L])


def test_a_gather_by_an_undefined_map_gives_undefined_words():
    made = program(
        _TINY,
        {"E.mem0": [(5, word("Gather", map="E0", s="E9", banks=1, lo=0, hi=0))]},
        [segment(Hemisphere.EAST, 0, 0, _ROWS)],
    )
    assert [e[2] for e in errors(finish(made))] == ["UNDEFINED_STREAM"]
    assert first_defined(made, "E.mem0", "E9", 5 + _READ + _S) == [None] * _S


def test_a_scatter_by_an_undefined_map_stores_undefined_words():
    schedule = {
        "W.mem0": [(5, word("Read", a="0:0", s="E1"))],
        "E.mem0": [(5 + _TRIP, word("Scatter", map="E0", s="E1", banks=1, lo=0, hi=9))],
    }
    made = program(_TINY, schedule, [segment(Hemisphere.WEST, 0, 0, _ROWS), segment(Hemisphere.EAST, 0, 0, _ROWS)])
    result = finish(made)
    assert errors(result) == [("E.mem0", 5 + _TRIP, "UNDEFINED_STREAM", "map E0")]
    # An undefined map reads as zero here: the word at 0:0 takes the defined data and is defined no longer.
    assert not result.memory_defined[1, 0, 0, 0].any() and result.memory_defined[1, 0, 0, 1 : len(_ROWS)].all()
