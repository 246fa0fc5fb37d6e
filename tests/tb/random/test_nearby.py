"""Near misses: results on neighboring streams, or a cycle apart on one; of two queues at one position."""

import pytest

from arch.config import preset
from arch.conveyor import Direction
from arch.isa import mem
from arch.isa.fields import stream_ref
from arch.isa.spec import make
from arch.queues import queues, queues_by_name
from tb.random.nearby import BEHIND, BESIDE, near_misses
from tb.random_programs import Entry, Schedule

TINY = preset("tiny")


def reads(*places: tuple[str, int, int, Direction]) -> Schedule:
    """Reads by queue, cycle, stream and direction."""
    entries: list[tuple[Entry, ...]] = [()] * len(queues(TINY))
    for name, cycle, stream, way in places:
        index = queues_by_name(TINY)[name].index
        entries[index] += (Entry(cycle, (make(mem.READ, a=0, s=stream_ref(way, stream)),)),)
    return Schedule(TINY, 0, tuple(entries), {})


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (("E.mem1", 5, 3, Direction.EAST), BESIDE),
        (("E.mem1", 5, 1, Direction.EAST), BESIDE),
        (("E.mem1", 6, 2, Direction.EAST), BEHIND),
        (("E.mem1", 4, 2, Direction.EAST), BEHIND),
        (("E.mem1", 5, 4, Direction.EAST), None),
        (("E.mem1", 6, 3, Direction.EAST), None),
        (("E.mem1", 7, 2, Direction.EAST), None),
        (("E.mem1", 5, 3, Direction.WEST), None),
        (("W.mem1", 5, 3, Direction.EAST), None),
        (("E.mem0", 6, 2, Direction.EAST), None),
    ],
)
def test_two_reads(other: tuple[str, int, int, Direction], expected: str | None):
    found = near_misses(reads(("E.mem0", 5, 2, Direction.EAST), other))
    assert found == ({(expected, "mem", "mem"): 1} if expected else {})
