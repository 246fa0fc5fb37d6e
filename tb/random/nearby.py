"""Near misses on stream registers: results that would have met, had one come a cycle or a stream beside."""

from collections import Counter, defaultdict

from arch import effects
from arch.isa.table import is_icu
from arch.queues import queues
from tb.random.schedule import Schedule

#: How two results miss each other: in the same cycle on neighboring streams, or on one stream a cycle apart.
BESIDE, BEHIND = "next stream", "next cycle"

#: How, and the units of the two, in the order of their names.
MissKey = tuple[str, str, str]


def near_misses(schedule: Schedule) -> Counter[MissKey]:
    """Pairs of results of two queues at one position, of one direction, that miss each other by one."""
    found: Counter[MissKey] = Counter()
    results: dict[tuple[int, int, int], list[tuple[int, int, int, str]]] = defaultdict(list)
    for queue, row in zip(queues(schedule.config), schedule.entries, strict=True):
        for entry in row:
            if isinstance(entry.word, int) or is_icu(entry.word):
                continue
            uses = [use for op in entry.word for use in effects.drives(schedule.config, queue, op)]
            for cycle in entry.issues():
                for use in uses:
                    place = (cycle + use.offset, int(use.direction), use.position or 0)
                    results[place].append((use.stream, use.stream + use.width, queue.index, queue.unit.value))
    for (cycle, *way), here in results.items():
        for n, (start, end, index, unit) in enumerate(here):
            for other_start, other_end, other, other_unit in here[:n]:
                if other != index and (start == other_end or end == other_start):
                    found[(BESIDE, *_sorted(unit, other_unit))] += 1
            for other_start, other_end, other, other_unit in results.get((cycle + 1, *way), ()):
                if other != index and start < other_end and other_start < end:
                    found[(BEHIND, *_sorted(unit, other_unit))] += 1
    return found


def _sorted(first: str, second: str) -> tuple[str, str]:
    return (first, second) if first <= second else (second, first)
