"""Ifetch while a program is drawn: two slices read a block of text so that it meets the queue at the right cycles."""

from dataclasses import dataclass

from arch import conveyor, text
from arch.config import FETCH_WORDS
from arch.conveyor import Direction
from arch.effects import StreamUse
from arch.isa import icu, mem
from arch.isa.fields import stream_ref
from arch.isa.spec import make
from tb.random.cursor import Cursor
from tb.random.rules import Plan, plan
from tb.random.scene import Scene
from tb.random.schedule import Place, Text

#: Words that a slice takes for its half of a block: the NOP before, the Read, its Repeat.
_READER_WORDS = 3


@dataclass(frozen=True)
class Booking:
    """An Ifetch that is to issue in some cycle; its text is on its way."""

    cycle: int
    cursor: Cursor
    ref: int
    halves: tuple[Place, ...]


def book(scene: Scene, target: Cursor) -> Booking | None:
    """Reserve an Ifetch for a queue and issue the Reads of its text; None if something is in the way."""
    config, rng, now = scene.machine.config, scene.rng, scene.now
    if not config.features.fetch or not scene.rooms or not _has_room(scene, target):
        return None
    halves = rng.choice(scene.rooms)
    readers = [scene.mem(side, mem_slice) for side, mem_slice, _ in halves]
    way, stream = rng.choice(list(Direction)), rng.randrange(config.streams)
    leads = []
    for reader in readers:
        if reader is None or reader is target or not _idle(scene, reader):
            return None
        hops = conveyor.hops(config, reader.queue.site, target.queue.site, way)
        if hops is None or len(set(map(id, readers))) < 2:
            return None
        leads.append(hops + scene.machine.times.read)
    cycle = max(now + max(leads) + rng.randrange(1, 4), (target.fetched or -scene.span()) + scene.span())
    count = text.vectors(config)
    halfs = [range(0, count, 2), range(1, count, 2)]
    plans = []
    for (_, _, address), reader, lead, vectors in zip(halves, readers, leads, halfs, strict=True):
        assert reader is not None
        word = (make(mem.READ, a=address, s=stream_ref(way, stream), stride=1),)
        ready = plan(scene.machine, reader.queue, word)
        issues = [cycle + text.sample_offset(config, v) - lead for v in vectors]
        if ready is None or not _path_free(scene, ready, issues, lead):
            return None
        plans.append((reader, ready, issues, lead))
    for reader, ready, issues, lead in plans:
        _read(scene, reader, ready, issues, lead)
    scene.rooms.remove(halves)
    target.busy, target.run = cycle + 1, None
    scene.quiet = max(scene.quiet, cycle + text.sample_offset(config, count - 1) + 1)
    return Booking(cycle, target, stream_ref(way, stream), halves)


def keep(scene: Scene, booking: Booking) -> None:
    """Issue the booked Ifetch in its cycle; the words of its block join the queue's supply."""
    cursor, machine, now = booking.cursor, scene.machine, scene.now
    config = machine.config
    first = cursor.fetched is None
    ahead = cursor.taken + (now > cursor.free) + 1
    extra, left = 0, len(cursor.supply) - ahead
    if first and scene.faulty and left >= cursor.kept and scene.rng.random() < 0.5:
        # The block finds no place in a full queue: of its words, all Sync, some are lost, and none is counted on.
        extra = left
        cursor.sealed = True
    elif first:
        spare = min(left, config.queue_depth - FETCH_WORDS)
        extra = scene.rng.choice((1, scene.rng.randint(1, spare), spare))
        del cursor.supply[ahead + extra :]
    if not cursor.sealed:
        cursor.supply += [now + word.ready for word in text.block(config, machine.lit)]
    cursor.fetched = now
    cursor.issue(now, (make(icu.IFETCH, s=booking.ref),), Text(booking.halves, extra, machine.lit))
    cursor.busy = 0
    scene.brush.counts["Ifetch"] += 1


def _has_room(scene: Scene, cursor: Cursor) -> bool:
    """Whether the queue can take an Ifetch soon: nothing under way, place for a block, and words for meanwhile."""
    now, depth = scene.now, scene.machine.config.queue_depth
    idle = cursor.parked is None and cursor.free <= now and cursor.busy <= now
    if not idle or cursor.supply[-1] > now or cursor.left < 3:
        return False
    return cursor.fetched is None or (not cursor.sealed and cursor.left - 1 + FETCH_WORDS <= depth)


def _idle(scene: Scene, cursor: Cursor) -> bool:
    """Whether a slice can be given a long run."""
    if not cursor.ready(scene.now) or cursor.busy > scene.now or cursor.supply[-1] > scene.now:
        return False
    return cursor.left >= _READER_WORDS + cursor.kept


def _path(use: StreamUse, issue: int, lead: int) -> list[tuple[int, Direction, int]]:
    """Registers that a vector passes from its Read to the queue, the one that the Read drives apart."""
    assert use.position is not None
    hops = lead - use.offset
    start = issue + use.offset
    return [(start + n, use.direction, use.position + n * use.direction.step) for n in range(1, hops + 1)]


def _path_free(scene: Scene, ready: Plan, issues: list[int], lead: int) -> bool:
    (use,) = ready[0].drives
    streams = scene.machine.streams
    return all(streams.free(use, issue) and streams.claimable(_path(use, issue, lead), use.stream) for issue in issues)


def _read(scene: Scene, reader: Cursor, ready: Plan, issues: list[int], lead: int) -> None:
    """Issue a slice's Reads of text, all of them now: nothing else is to come between."""
    (use,) = ready[0].drives
    if not issues:
        return
    reader.issue(issues[0], (ready[0].op,))
    for issue in issues[1:]:
        reader.again(issue)
    for issue in issues:
        scene.machine.streams.drive(use, issue)
        scene.machine.streams.claim(_path(use, issue, lead), use.stream)
