"""The generator: forward through time, each queue drawing what is legal in that cycle."""

from collections import Counter
from collections.abc import Iterable
from random import Random

from arch.config import Config
from arch.isa import icu
from arch.isa.spec import make
from arch.isa.table import decode
from arch.queues import Unit, queues
from tb.random import boot
from tb.random.barrier import Barrier
from tb.random.bursts import burst
from tb.random.cursor import Cursor
from tb.random.draw import Brush
from tb.random.fetch import Booking, book, keep
from tb.random.machine import Machine
from tb.random.scene import Appointment, Scene
from tb.random.schedule import Schedule

#: Cycles that the queues are given to park at the end, beside those of text under way.
_PATIENCE = 2000
#: Words drawn for one appointment until one is legal.
_TRIES = 3


def generate(
    config: Config,
    seed: int,
    *,
    cycles: int = 300,
    density: float = 0.2,
    units: Iterable[Unit] | None = None,
    faulty: bool = False,
    fetches: int = 3,
) -> Schedule:
    """Draw a random program.

    Parameters
    ----------
    config
        The machine.
    seed
        The same seed, with the same arguments, gives the same program.
    cycles
        After so many the queues park for good.
    density
        Chance, 0 to 1, that an idle queue draws an instruction in a cycle.
    units
        Whose queues take part; all by default. The others park at once.
    faulty
        Whether what the hardware reports as a fault may occur: maps that are none, absent vectors, strides out of
        range, undefined words, dry queues. What only a model can see (``ProgramError``) never occurs.
    fetches
        Ifetch blocks, at the most.

    Raises
    ------
    ValueError
        If ``density`` is no chance or ``cycles`` is negative.
    """
    if not 0 <= density <= 1:
        raise ValueError(f"density must be from 0 to 1, not {density!r}")
    if cycles < 0:
        raise ValueError(f"cycles must not be negative, not {cycles!r}")
    rng = Random(seed)
    machine = Machine(config)
    common = boot.common_range(rng, config)
    memory = boot.fill(rng, machine, common)
    rooms = boot.rooms(rng, machine, common, memory, fetches if faulty else rng.randint(0, fetches))
    members = frozenset(Unit if units is None else units)
    cursors = [Cursor(queue, [-1] * config.queue_depth) for queue in queues(config)]
    brush = Brush(rng, machine, _palette(rng, config), common, Counter())
    scene = Scene(machine, brush, cursors, members, density, faulty, rooms)
    barrier = Barrier(rng.choice([c for c in cursors if c.queue.unit in members] or cursors), _powers(rng, cycles))
    bookings: dict[int, list[Booking]] = {}
    while not _over(scene, barrier, cycles):
        _cycle(scene, barrier, bookings)
    return Schedule(config, seed, tuple(tuple(c.entries) for c in cursors), memory)


def _palette(rng: Random, config: Config) -> int:
    """Streams that results prefer: all, or a few neighbors, or two such ranges."""
    size = rng.choice((config.streams, config.streams, 16, 8 + config.lanes))
    start = rng.randrange(0, max(1, config.streams - size + 1), 8)
    return ((1 << size) - 1) << start & (1 << config.streams) - 1


def _powers(rng: Random, cycles: int) -> list[int]:
    """Cycles at which a new power setting is prepared, the next last."""
    return sorted((rng.randrange(cycles * 3 // 4 + 1) for _ in range(rng.choice((0, 1, 1, 2, 3)))), reverse=True)


def _over(scene: Scene, barrier: Barrier, cycles: int) -> bool:
    barrier.closing = scene.now + 1 >= cycles
    if scene.now > cycles + scene.quiet + _PATIENCE:
        raise RuntimeError(f"queues do not park by cycle {scene.now}")
    return barrier.closing and not barrier.notifies and all(c.parked is not None for c in scene.cursors)


def _cycle(scene: Scene, barrier: Barrier, bookings: dict[int, list[Booking]]) -> None:
    """Draw what issues in the next cycle."""
    scene.machine.advance()
    rng, now = scene.rng, scene.now
    barrier.release(scene)
    barrier.steer(scene)
    scene.machine.tolerant = scene.faulty and rng.random() < 0.2
    if not barrier.closing:
        for booking in bookings.pop(now, ()):
            keep(scene, booking)
        if rng.random() < 0.35:
            burst(scene)
        if scene.rooms and not barrier.gathering and barrier.pending is None and rng.random() < 0.08:
            booking = book(scene, rng.choice([c for c in scene.cursors if c.queue.unit in scene.members]))
            if booking:
                bookings.setdefault(booking.cycle, []).append(booking)
    appointed = {a.index: a for a in rng.sample(scene.agenda.get(now, []), len(scene.agenda.pop(now, ())))}
    order = rng.sample(scene.cursors, len(scene.cursors))
    # Select needs the Shift south of its cycle, so that one is drawn first.
    order.sort(key=lambda cursor: cursor.queue.unit is not Unit.SXM_SHIFT_SOUTH)
    for cursor in order:
        if not cursor.ready(now) or cursor.busy > now:
            continue
        if cursor.queue.unit not in scene.members and cursor is not barrier.warden:
            _idle(scene, barrier, cursor)
        elif not _mishap(scene, cursor):
            _turn(scene, barrier, cursor, appointed.get(cursor.queue.index))


def _idle(scene: Scene, barrier: Barrier, cursor: Cursor) -> None:
    """A queue that takes no part parks again and again."""
    if not barrier.takes(scene, cursor) and scene.rng.random() < 0.5:
        barrier.park(scene, cursor)


def _turn(scene: Scene, barrier: Barrier, cursor: Cursor, appointment: Appointment | None) -> None:
    """What one queue does in this cycle."""
    unit = cursor.queue.unit
    if appointment and not barrier.closing:
        for _ in range(_TRIES):
            word = appointment.make()
            if word and scene.issue(cursor, word, appointment.gaps):
                _follow(scene, cursor)
                return
    if scene.proceed(cursor):
        _follow(scene, cursor)
        return
    if barrier.takes(scene, cursor) or barrier.closing:
        return
    eager = unit in (Unit.SXM_SHIFT_NORTH, Unit.MXM_ACTIVATIONS, Unit.MXM_WEIGHTS, Unit.SXM_PERMUTE)
    if scene.rng.random() < scene.density * (2 if eager else 1) and scene.attempt(cursor):
        _follow(scene, cursor)


def _follow(scene: Scene, cursor: Cursor) -> None:
    """Appoint what belongs behind the word just issued: the ACC of an ABC, the Receive of a Send."""
    entry, times = cursor.entries[-1], scene.machine.times
    if entry.end - 1 != scene.now or scene.rng.random() < 0.1:
        return
    side, number = cursor.queue.hemisphere, cursor.queue.number
    if entry.mnemonic == "ABC":
        takers = [c for c in scene.of(Unit.MXM_ACCUMULATORS) if (c.queue.hemisphere, c.queue.number) == (side, number)]
        for taker in takers:
            _appoint(scene, times.abc, taker)
    elif entry.mnemonic == "Send":
        _appoint(scene, times.loopback, cursor)


def _appoint(scene: Scene, later: int, cursor: Cursor) -> None:
    """Have a queue draw a word in a later cycle."""
    appointment = Appointment(cursor.queue.index, lambda: scene.draw(cursor), tuple(scene.gaps()))
    scene.agenda[scene.now + later].append(appointment)


def _mishap(scene: Scene, cursor: Cursor) -> bool:
    """In faulty programs: an undefined word, a Repeat out of place, an Ifetch too soon; whether there was one."""
    rng, now, config = scene.rng, scene.now, scene.machine.config
    if not scene.faulty or not cursor.affords(now, dry=True):
        return False
    if cursor.fetched is not None and now < cursor.fetched + scene.span() and rng.random() < 0.1:
        cursor.issue(now, (make(icu.IFETCH, s=rng.randrange(config.streams)),))
        return True
    chance = rng.random()
    if chance < 0.002:
        bits = rng.getrandbits(128) if rng.random() < 0.5 else rng.getrandbits(8)
        if decode(bits, cursor.queue.unit) is not None:
            return False
        cursor.issue(now, bits)
        return True
    if chance < 0.004 and now > cursor.free:
        cursor.issue(now, (make(icu.REPEAT, n=rng.randint(1, 5), d=rng.randint(1, 5)),))
        return True
    return False
