"""Functional coverage of random programs: what was drawn, what is possible, and the holes between."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from arch.config import Config
from arch.isa.table import is_icu
from arch.queues import Queue, Unit, queues
from tb.random.classify import KindKey, SourceKey, kind, parts, possible, sources
from tb.random.nearby import MissKey, near_misses
from tb.random.schedule import Entry, Schedule


@dataclass
class Coverage:
    """Issues counted by case.

    Attributes
    ----------
    kinds
        By instruction, types and mode; MEM words of two parts by the banks of each.
    sources
        By instruction, field, and where the operand comes from or the result goes.
    cells
        By instruction, types, mode, field and source together.
    repeated
        By instruction: issues by Repeat.
    pairs
        Cycles in which two units issued, by the two; a unit with itself where two of its queues did.
    active
        Cycles in which a unit issued.
    near
        Results that missed each other by one, see :mod:`tb.random.nearby`.
    faults
        Records of faults by kind; not known from a schedule, so a run has to tell.
    """

    kinds: Counter[KindKey] = field(default_factory=Counter)
    sources: Counter[SourceKey] = field(default_factory=Counter)
    cells: Counter[tuple[KindKey, str, str]] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    active: Counter[str] = field(default_factory=Counter)
    near: Counter[MissKey] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, schedule: Schedule) -> None:
        """Count a program."""
        self.near.update(near_misses(schedule))
        active: dict[int, Counter[Unit]] = {}
        for queue, row in zip(queues(schedule.config), schedule.entries, strict=True):
            for entry in row:
                if not isinstance(entry.word, int):
                    self._entry(queue, entry, active)
        for units in active.values():
            names = sorted(unit.value for unit in units)
            self.active.update(names)
            self.pairs.update(combinations(names, 2))
            self.pairs.update((unit.value, unit.value) for unit, count in units.items() if count > 1)

    def _entry(self, queue: Queue, entry: Entry, active: dict[int, Counter[Unit]]) -> None:
        assert not isinstance(entry.word, int)
        cycles = list(entry.issues())
        if entry.repeats:
            self.kinds["Repeat", "", ""] += len(entry.repeats)
        both = parts(entry.word)
        if both:
            self.kinds[both] += len(cycles)
        for op in entry.word:
            key = kind(queue, op)
            self.kinds[key] += len(cycles)
            self.repeated[key[0]] += len(cycles) - 1
            for source in sources(queue, op):
                self.sources[source] += len(cycles)
                self.cells[key, source[1], source[2]] += len(cycles)
        if not is_icu(entry.word):
            for cycle in cycles:
                active.setdefault(cycle, Counter())[queue.unit] += 1

    def holes(self, config: Config) -> list[str]:
        """Kinds and sources that the machine has and no program drew."""
        kinds, found = possible(config)
        missing = [" ".join(filter(None, key)) for key in sorted(kinds - set(self.kinds))]
        return missing + [f"{name}: {role} from {source}" for name, role, source in sorted(found - set(self.sources))]

    def idle_pairs(self) -> list[str]:
        """Pairs of the units seen that never issued in one cycle."""
        return [f"{a} and {b}" for a, b in combinations(sorted(self.active), 2) if not self.pairs[a, b]]

    def table(self) -> Iterator[str]:
        """Lines: every kind with its count and its sources."""
        roles: dict[KindKey, list[str]] = {}
        for (key, role, source), count in sorted(self.cells.items()):
            roles.setdefault(key, []).append(f"{role}<{source} {count}")
        for key, count in sorted(self.kinds.items()):
            yield f"{' '.join(filter(None, key)):44} {count:8}  {', '.join(roles.get(key, ()))}"
        for (first, second), count in sorted(self.pairs.items()):
            yield f"{first} and {second}: {count} cycles"


def coverage(schedules: Iterable[Schedule]) -> Coverage:
    """Count what programs draw."""
    found = Coverage()
    for schedule in schedules:
        found.add(schedule)
    return found
