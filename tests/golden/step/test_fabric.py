"""Sampling and driving: what dark superlanes hide, what edges and overwriting clear."""

import numpy as np

from arch.config import preset
from arch.conveyor import Direction
from arch.faults import Fault
from arch.isa.table import encode
from golden.step.fabric import Fabric
from golden.step.log import Log
from golden.step.streams import Streams
from golden.step.words import Issue, Vector, decode
from tests.golden.schedule import word
from tests.golden.step.probe import queue

_TINY = preset("tiny")
_VXM = queue(_TINY, "vxm0")
_IN = _VXM.site.sample(Direction.EAST) or 0
_DATA = np.arange(1, 1 + _TINY.vector, dtype=np.uint8).reshape(_TINY.superlanes, _TINY.lanes)


def _take(lit, vector):
    """Fabric after an ALU has sampled a vector on E0, and what it got."""
    found = decode(_TINY, _VXM, encode(word("Identity", type="u8", a="E0", out="E4")))
    assert found is not None
    log = Log(_TINY, False)
    fabric = Fabric(_TINY, log)
    fabric.streams.drive(Direction.EAST, 0, _IN, vector)
    operand = fabric.take(Issue(0, _VXM, found.parts[0], 0, lit))["a"]
    for cycle in range(3):
        log.settle(cycle)
    return operand, log


def _defined(*flags):
    return np.array(flags, np.bool_)


def test_a_dark_superlane_reads_zero_defined_without_corrections_or_errors():
    vector = Vector(_DATA, _defined(True, False), {1: 0b11})
    operand, log = _take(1, vector)
    assert operand.defined.tolist() == [True, True]
    assert np.array_equal(operand.data[0, 0], _DATA[0]) and not operand.data[0, 1].any()
    assert log.errors(9) == () and log.faults() == ()


def test_the_same_superlane_lit():
    operand, log = _take(2, Vector(_DATA, _defined(True, False), {1: 0b11}))
    assert operand.defined.tolist() == [True, False] and np.array_equal(operand.data[0], _DATA)
    assert len(log.errors(9)) == 1 and [f.fault for f in log.faults()] == [Fault.ECC]


def test_what_a_dark_superlane_drives_has_no_errors():
    found = decode(_TINY, _VXM, encode(word("Identity", type="u8", a="E0", out="E4")))
    assert found is not None
    for lit in (1, 2):
        fabric = Fabric(_TINY, Log(_TINY, False))
        issue = Issue(0, _VXM, found.parts[0], 0, lit)
        fabric.drive(issue, _DATA[None], _defined(True, False), {0: 1, 1: 4})
        use = issue.part.drives[0]
        for _ in range(use.offset):
            fabric.begin()
        seen = fabric.streams.read(use.direction, use.stream, use.position or 0)
        assert seen.errors == ({0: 1} if lit == 1 else {0: 1, 1: 4})
        assert seen.defined.tolist() == [True, lit == 1] and seen.data[1].any() == (lit == 2)


def test_what_leaves_the_chip_does_not_come_back_at_the_other_edge():
    for direction, first in ((Direction.EAST, 0), (Direction.WEST, _TINY.positions - 1)):
        streams = Streams(_TINY)
        streams.drive(direction, 5, first, Vector(_DATA, _defined(True, True), {0: 1}))
        for _ in range(_TINY.positions - 1):
            streams.advance()
        assert streams.read(direction, 5, _TINY.positions - 1 - first).errors == {0: 1}
        streams.advance()
        entering = streams.read(direction, 5, first)
        assert not entering.data.any() and not entering.defined.any() and entering.errors == {}


def test_overwriting_a_word_removes_its_errors():
    streams = Streams(_TINY)
    streams.drive(Direction.EAST, 5, 2, Vector(_DATA, _defined(True, True), {0: 1}))
    streams.drive(Direction.EAST, 5, 2, Vector(_DATA, _defined(True, True)))
    assert streams.read(Direction.EAST, 5, 2).errors == {}
