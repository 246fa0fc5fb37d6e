"""Who is to have made a value: the instruction that drives a register, stores a word or computes; or who could have."""

import numpy as np

from arch.config import preset
from arch.conveyor import Direction, Hemisphere
from arch.timing import timing
from golden.run import run
from tb import blame
from tests.golden.schedule import address, program, segment, word

TINY = preset("tiny")
TIME = timing(TINY)


def trace():
    """A Read in cycle 3, repeated in cycle 5, and a Write of the slice next door in cycle 9."""
    schedule = {
        "W.mem0": [
            (3, word("Read", a=address(0, 0), s="E2", stride=0)),
            (4, word("Repeat", n=1, d=2)),
        ],
        "W.mem1": [(9, word("Write", a=address(1, 4), s="E2"))],
        "vxm0": [(7, word("Identity", type="u8", a="imm", imm=1))],
    }
    segments = [segment(Hemisphere.WEST, 0, address(0, 0), np.ones((1, TINY.vector), np.uint8))]
    return run(program(TINY, schedule, segments), trace=True).trace


def test_a_driver_and_its_repetition():
    at = trace()
    position = TINY.groups + 1  # c0 of the western hemisphere
    first = blame.driver(TINY, at, Direction.EAST, 2, position, 3 + TIME.read)
    assert [line.partition(":")[0] for line in first] == ["W.mem0 at cycle 3"]
    again = blame.driver(TINY, at, Direction.EAST, 2, position, 5 + TIME.read)
    assert [line.partition(":")[0] for line in again] == ["W.mem0 at cycle 5, repetition 1"]


def test_what_came_from_upstream():
    at, position = trace(), TINY.groups + 1
    found = blame.driver(TINY, at, Direction.EAST, 2, position + 1, 3 + TIME.read + 1)
    assert found[0].startswith("none drives it (units that could: ")
    assert found[1].startswith("upstream, 1 cycles before: W.mem0 at cycle 3: Read ")
    assert blame.driver(TINY, at, Direction.EAST, 3, position, 3 + TIME.read) == [
        "none drives it (units that could: W.mem0, W.mem1, W.mem2, W.mem3)"
    ]


def test_a_writer_or_the_one_before():
    at = trace()
    assert blame.writer(TINY, at, 0, 1, 9 + 2)[0].startswith("W.mem1 at cycle 9: Write ")
    assert blame.writer(TINY, at, 0, 1, 9 + 3)[0].startswith(
        "none was issued in cycle 10, the last before: W.mem1 at cycle 9: Write "
    )
    assert blame.writer(TINY, at, 1, 1, 9) == ["none was issued in cycle 7"]
    assert blame.keeper(TINY, at, 0, 0, 30) == [f"none was issued in cycle {30 - TIME.acc_row}"]


def test_a_computer():
    assert blame.computer(TINY, trace(), 0, 7 + TIME.alu)[0].startswith("vxm0 at cycle 7: Identity ")
    assert blame.computer(TINY, trace(), 1, 7 + TIME.alu) == ["none was issued in cycle 7"]
