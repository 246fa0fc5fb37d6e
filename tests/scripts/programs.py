"""Small programs that the command line is tested with."""

import numpy as np

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.program import Program, Region
from tests.golden.schedule import program, word

TINY = preset("tiny")
ROWS = 2
X = np.arange(ROWS * TINY.vector, dtype=np.uint8).reshape(ROWS, TINY.vector)


def copy() -> Program:
    """Two vectors from W.mem0 to E.mem0, 2 hops away: Read + 3 + 2 = Write."""
    schedule = {
        "W.mem0": [
            (0, word("Read", a="0:0", s="E0", stride=1)),
            (1, word("Repeat", n=1)),
        ],
        "E.mem0": [(cycle, word("Write", a=f"1:{cycle - 5}", s="E0")) for cycle in (5, 6)],
    }
    regions = (
        Region("x", "input", Hemisphere.WEST, 0, 0, ROWS),
        Region("y", "output", Hemisphere.EAST, 0, 1 << 12, ROWS),
    )
    return program(TINY, schedule, regions=regions)


def double_drive() -> Program:
    """Two slices of one group read onto one stream: a program error."""
    reads = {f"W.mem{n}": [(0, word("Read", a="0:0", s="E0"))] for n in (0, 1)}
    regions = tuple(Region(f"x{n}", "inout", Hemisphere.WEST, n, 0, 1) for n in (0, 1))
    return program(TINY, reads, regions=regions)


def dry() -> Program:
    """A queue without Sync: it runs dry for ever."""
    return program(TINY, {}, raw={"E.mem1": ()})


def undefined_output() -> Program:
    """A program that never writes its output."""
    return program(TINY, {}, regions=(Region("y", "output", Hemisphere.EAST, 0, 0, 3),))
