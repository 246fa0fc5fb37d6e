"""Flows that bring text: an Ifetch, and the Reads of other slices that send it what it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arch.config import OFFSET_BITS
from arch.conveyor import Direction
from arch.isa.icu import IFETCH
from arch.isa.mem import READ
from arch.queues import Queue, Unit, queues
from arch.timing import timing
from compiler.asm.blocks import Share
from compiler.schedule.flow import Drive, Flow, Issue, Sample, Wire
from compiler.schedule.ledger import Times
from compiler.schedule.storage import CapacityError
from compiler.schedule.store import Store
from compiler.schedule.text import Text

#: Sets of slices that are tried from each direction.
SOURCES = 4
_EVERY_BANK = 0b11


@dataclass(frozen=True)
class Fetch:
    """A way to fetch a block.

    Attributes
    ----------
    flow
        Its cycle is that of the Ifetch.
    shares
        Where the block would lie; the room is not taken yet.
    """

    flow: Flow
    shares: tuple[Share, ...]


def sets(text: Text, store: Store, queue: Queue, without: Sequence[int]) -> Iterator[tuple[Direction, Sequence[Queue]]]:
    """Slices that can bring a queue its next block together, and from where, those first that disturb others least.

    Raises
    ------
    compiler.schedule.storage.CapacityError
        If the machine's queues fetch nothing.
    """
    if not text.config.features.fetch:
        held = f"{queue.name} holds {text.config.queue_depth} instructions"
        raise CapacityError(f"the network does not fit: {held}, and this machine fetches no more")
    ways = [_sources(text, store, queue, direction, without) for direction in Direction]
    for number in range(SOURCES):
        for direction, found in zip(Direction, ways, strict=True):
            if number < len(found):
                yield direction, found[number]


def _sources(text: Text, store: Store, queue: Queue, direction: Direction, without: Sequence[int]) -> list[list[Queue]]:
    """Sets of slices that a queue can fetch from."""
    count, end = len(text.blocks.shares), queue.site.sample(direction)
    if end is None:
        return []
    found = []
    for source in queues(text.config):
        start = source.site.drive(direction)
        if (
            source.unit is not Unit.MEM
            or source is queue
            or source.index in without
            or start is None
            or (end - start) * direction.step < 0
        ):
            continue
        rows = max(len(share) for share in text.blocks.shares)
        if store.widest(source, rows) is not None:
            rank = source.number not in store.text_slices
            found.append((rank, len(text.line(source.index).at), source.index, source))
    ordered = [source for *_, source in sorted(found)]
    return [ordered[n : n + count] for n in range(0, len(ordered) - count + 1, count)]


def fetch(text: Text, store: Store, queue: Queue, direction: Direction, sources: Sequence[Queue]) -> Fetch:
    """Fetch a queue's next block from some slices that have room for it."""
    config, blocks = text.config, text.blocks
    end = queue.site.sample(direction)
    assert end is not None
    ifetch = Issue(queue.index, Times(0, 1), IFETCH, {}, (("s", 0, 0),), _EVERY_BANK if queue.unit is Unit.MEM else 0)
    issues, drives, samples, shares = [ifetch], [], [], []
    for vectors, late, source in zip(blocks.shares, blocks.samples, sources, strict=True):
        place, start = store.widest(source, len(vectors)), source.site.drive(direction)
        assert place is not None and start is not None
        bank, offset = place
        taken = Times(int(late[0]), len(late), int(late[1] - late[0]) if len(late) > 1 else 1)
        driven = taken.shifted(-(end - start) * direction.step)
        fields = {"a": bank << OFFSET_BITS | offset, "stride": 1}
        read = driven.shifted(-timing(config).read)
        issues.append(Issue(source.index, read, READ, fields, (("s", 0, 0),), 1 << bank))
        drives.append(Drive(0, start, driven))
        samples.append(Sample(end, taken))
        shares.append(Share(vectors, source, bank, offset))
    wire = Wire(direction, 1, tuple(drives), tuple(samples))
    return Fetch(Flow(f"{queue.name}: text", tuple(issues), (wire,), quiet=True), tuple(shares))
