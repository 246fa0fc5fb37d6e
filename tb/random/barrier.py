"""Sync, Notify and Config while a program is drawn.

One queue, the warden, never parks for good: it releases the others. Before a Config all the others park.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from arch.isa import icu
from arch.isa.spec import make
from tb.random.cursor import RESERVE, Cursor
from tb.random.scene import Scene
from tb.random.schedule import SYNC


@dataclass
class Barrier:
    """Who parks and who releases.

    Attributes
    ----------
    warden
        The queue that releases the others.
    gathering
        Whether the others are to park, for a Config.
    closing
        Whether all are to park for good.
    notifies
        Cycles of release of the Notifies under way.
    pending
        Superlanes that are lit from the next release on; None without a Config.
    powers
        Cycles at which to gather for a Config, the next last.
    """

    warden: Cursor
    powers: list[int]
    gathering: bool = False
    closing: bool = False
    notifies: set[int] = field(default_factory=set)
    pending: int | None = None

    def release(self, scene: Scene) -> None:
        """Release whom a Notify of the past releases in this cycle."""
        if scene.now not in self.notifies:
            return
        self.notifies.remove(scene.now)
        self._keep(scene)
        for cursor in scene.cursors:
            if cursor.parked is not None:
                cursor.parked, cursor.free = None, scene.now
        if self.pending is not None:
            scene.machine.lit, self.pending = self.pending, None

    def steer(self, scene: Scene) -> None:
        """Decide what phase this cycle is in, and who is the warden."""
        running = [c for c in scene.cursors if c.parked is None and not c.exhausted]
        if self.warden.exhausted and running:
            self.warden = scene.rng.choice(running)
        if self.powers and scene.now >= self.powers[-1] and scene.now >= scene.quiet and not self.closing:
            self.powers.pop()
            self.gathering = True

    def takes(self, scene: Scene, cursor: Cursor) -> bool:
        """Let a queue issue an instruction of the barrier, if it is its turn; whether it did."""
        if self.closing or (cursor.exhausted and cursor is not self.warden):
            return self._leave(scene, cursor)
        if cursor is self.warden:
            return self._watch(scene, cursor)
        if self.gathering:
            return self.park(scene, cursor) if scene.rng.random() < 0.3 else False
        chance = scene.rng.random()
        if chance < 0.003:
            return self.park(scene, cursor)
        return chance > 0.9985 and self._notify(scene, cursor)

    def _leave(self, scene: Scene, cursor: Cursor) -> bool:
        hurry = cursor.exhausted or scene.rng.random() < 0.3
        return self.park(scene, cursor) if hurry else False

    def _watch(self, scene: Scene, cursor: Cursor) -> bool:
        """What the warden does."""
        rng, now = scene.rng, scene.now
        others = [c for c in scene.cursors if c is not cursor]
        if self.gathering:
            return self._power(scene, cursor, others)
        waiting = sum(c.parked is not None for c in others)
        urgent = waiting > len(others) // 2 or cursor.exhausted
        if rng.random() < (0.2 if urgent else 0.04 if waiting else 0.002) and self._notify(scene, cursor):
            return True
        if self.notifies and max(self.notifies) > now and rng.random() < 0.03:
            return self.park(scene, cursor)
        busy = scene.faulty and now >= scene.quiet and rng.random() < 0.004
        return busy and self._config(scene, cursor)

    def _power(self, scene: Scene, cursor: Cursor, others: Iterable[Cursor]) -> bool:
        if any(c.parked is None or c.parked >= scene.now for c in others):
            return False
        if self.pending is None and not self.notifies and scene.rng.random() < 0.3:
            return self._notify(scene, cursor)  # on its way before the Config, which it will let take effect
        if not self._config(scene, cursor):
            return False
        self.gathering = scene.rng.random() < 0.2  # the last of several wins
        return True

    def _config(self, scene: Scene, cursor: Cursor) -> bool:
        superlanes = scene.machine.config.superlanes
        n = scene.rng.choice((superlanes, scene.rng.randint(1, superlanes)))
        if not cursor.affords(scene.now, reserve=len(self.notifies) + 2):
            return False
        cursor.issue(scene.now, (make(icu.CONFIG, n=n),))
        scene.brush.counts["Config"] += 1
        self.pending = n
        return True

    def _notify(self, scene: Scene, cursor: Cursor) -> bool:
        """Issue a Notify if every queue has a word for each release that it may see."""
        short = any(c.left < len(self.notifies) + 3 for c in scene.cursors)
        if short or not cursor.affords(scene.now, reserve=len(self.notifies) + 3):
            return False
        cursor.issue(scene.now, (make(icu.NOTIFY),))
        self.notifies.add(scene.now + scene.machine.times.barrier)
        self._keep(scene)
        return True

    def _keep(self, scene: Scene) -> None:
        """Have every queue keep a word for each release under way, and two for a gap and the Sync behind it."""
        for cursor in scene.cursors:
            cursor.kept = max(RESERVE, len(self.notifies) + 2)

    def park(self, scene: Scene, cursor: Cursor) -> bool:
        """Issue a Sync if the queue has a word for each release that ends it."""
        if not cursor.affords(scene.now, reserve=len(self.notifies)):
            return False
        cursor.issue(scene.now, SYNC)
        cursor.parked = scene.now
        return True
