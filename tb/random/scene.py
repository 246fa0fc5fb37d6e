"""All that is known while a program is drawn, and the one place where a word is issued."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from arch import text
from arch.conveyor import Hemisphere
from arch.isa.table import Word
from arch.queues import Unit
from tb.random.cursor import Cursor, Run
from tb.random.draw import Brush, draw, note
from tb.random.machine import Machine
from tb.random.rules import admits, commit, plan
from tb.random.schedule import Place


@dataclass(frozen=True)
class Appointment:
    """A word that a queue is to issue in some cycle, if it is legal then, and the spacings of its repetitions."""

    index: int
    make: Callable[[], Word | None]
    gaps: tuple[int, ...] = ()


@dataclass
class Scene:
    """A program in the making.

    Attributes
    ----------
    machine, brush
        State and means of drawing.
    cursors
        The queues, by index.
    members
        Units whose queues take part.
    density
        Chance that an idle queue draws in a cycle.
    faulty
        Whether what the hardware reports as a fault may occur.
    agenda
        Appointments by cycle.
    rooms
        Pairs of MEM places for a block of text, not used yet.
    quiet
        Cycle before which no power setting may change, for text is being read.
    """

    machine: Machine
    brush: Brush
    cursors: list[Cursor]
    members: frozenset[Unit]
    density: float
    faulty: bool
    rooms: list[tuple[Place, ...]]
    agenda: dict[int, list[Appointment]] = field(default_factory=lambda: defaultdict(list))
    quiet: int = 0

    @property
    def rng(self) -> Random:
        """Source of all choices."""
        return self.brush.rng

    @property
    def now(self) -> int:
        """Cycle that is being drawn."""
        return self.machine.now

    def mem(self, side: Hemisphere, mem_slice: int) -> Cursor | None:
        """Queue of a slice; None if it takes no part."""
        return next((c for c in self.of(Unit.MEM) if (c.queue.hemisphere, c.queue.number) == (side, mem_slice)), None)

    def of(self, unit: Unit) -> Iterable[Cursor]:
        """Queues of a unit that takes part."""
        return (cursor for cursor in self.cursors if cursor.queue.unit is unit and unit in self.members)

    def issue(self, cursor: Cursor, word: Word, gaps: Iterable[int] = ()) -> bool:
        """Issue a word of the queue's unit if it is legal in this cycle; whether it did."""
        ready = plan(self.machine, cursor.queue, word)
        if ready is None or not cursor.affords(self.now, dry=self.faulty) or not admits(self.machine, ready):
            return False
        cursor.fill(self.now, self.rng)
        commit(self.machine, ready)
        cursor.issue(self.now, word)
        cursor.run = Run(ready, 0, list(gaps))
        note(self.brush, word)
        return True

    def proceed(self, cursor: Cursor) -> bool:
        """Go on with the queue's run if its next repetition is due; whether the queue is taken in this cycle."""
        run = cursor.run
        if run is None or not run.gaps:
            return False
        due = cursor.free - 1 + run.gaps[0]
        if self.now < due:
            return True
        cursor.run = None
        if not cursor.affords_again(self.now) or not admits(self.machine, run.plan, run.done + 1):
            return False
        commit(self.machine, run.plan, run.done + 1)
        cursor.again(self.now)
        cursor.run = Run(run.plan, run.done + 1, run.gaps[1:])
        return True

    def draw(self, cursor: Cursor) -> Word | None:
        """Draw a word for a queue."""
        return draw(self.brush, cursor.queue)

    def attempt(self, cursor: Cursor, tries: int = 3) -> bool:
        """Draw a word for a queue and issue it; whether that succeeded."""
        for _ in range(tries):
            word = self.draw(cursor)
            if word and self.issue(cursor, word, self.gaps()):
                return True
        return False

    def gaps(self) -> list[int]:
        """Spacings of the repetitions of a word: often none, else a run, evenly spaced or not."""
        rng = self.rng
        if rng.random() < 0.55:
            return []
        count = rng.choice((1, 2, 3, self.machine.config.superlanes - 1, rng.randrange(1, 16)))
        if rng.random() < 0.2:
            return [rng.randrange(1, 5) for _ in range(count)]
        return [rng.choice((1, 1, 1, 2, 3, self.machine.times.alu))] * count

    def span(self) -> int:
        """Cycles from an Ifetch to the next one of its queue."""
        return text.span(self.machine.config)
