"""A flow: instructions with fixed distances in time and the streams between them, to be placed as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arch.conveyor import Direction
from arch.isa.spec import Spec
from compiler.schedule.ledger import Times


class PlacementError(ValueError):
    """A flow that finds no place in any cycle."""


@dataclass(frozen=True)
class Drive:
    """Values that enter a wire: which of its streams, at which position, in which cycles (relative)."""

    byte: int
    position: int
    times: Times


@dataclass(frozen=True)
class Sample:
    """Values that leave a wire, all of its streams: at which position, in which cycles (relative)."""

    position: int
    times: Times


@dataclass(frozen=True)
class Wire:
    """An aligned group of streams that a flow needs; which one is chosen when it is placed.

    Attributes
    ----------
    direction
        Way it flows.
    width
        Streams; the first is a multiple of this.
    drives, samples
        Where values come and go.
    """

    direction: Direction
    width: int
    drives: tuple[Drive, ...]
    samples: tuple[Sample, ...]

    @property
    def end(self) -> int:
        """Position of the farthest sample."""
        places = [sample.position for sample in self.samples]
        return max(places) if self.direction is Direction.EAST else min(places)


@dataclass(frozen=True)
class Issue:
    """A run of one instruction.

    Attributes
    ----------
    queue
        Index of the queue.
    times
        Cycles, relative to the flow's.
    spec, fields
        The instruction without its streams.
    streams
        Field, number of the wire in the flow, and the wire's stream, for each field that names one.
    banks
        Of a MEM instruction: banks touched, a bit each.
    hold
        Cycles for which the queue is reserved, if longer than it issues: a Latch must not be overwritten.
    """

    queue: int
    times: Times
    spec: Spec
    fields: Mapping[str, int]
    streams: tuple[tuple[str, int, int], ...] = ()
    banks: int = 0
    hold: Times | None = None

    @property
    def reserved(self) -> Times:
        """Cycles for which the queue is reserved."""
        return self.hold or self.times

    @property
    def write(self) -> bool:
        """Whether this is a write part."""
        return self.spec.mnemonic in ("Write", "Scatter")


@dataclass(frozen=True)
class Flow:
    """What is placed as one.

    Attributes
    ----------
    label
        What people call it.
    issues
        Its instructions.
    wires
        Its streams.
    choices
        For each part of it that may stand in several places (a chain on the ALUs): the alternatives.
    earliest
        First cycle in which it finds what it reads.
    quiet
        Whether queues do nothing else during its runs.
    """

    label: str
    issues: tuple[Issue, ...]
    wires: tuple[Wire, ...]
    choices: tuple[tuple[tuple[Issue, ...], ...], ...] = ()
    earliest: int = 0
    quiet: bool = False

    @property
    def lead(self) -> int:
        """Cycles by which its first instruction issues before the flow's own cycle."""
        firsts = [issue.times.first for issue in self.issues]
        firsts += [issue.times.first for group in self.choices for issue in group[0]]
        return -min(firsts)

    @property
    def last(self) -> int:
        """Cycle, relative, of its last issue."""
        ends = [issue.reserved.last for issue in self.issues]
        ends += [issue.reserved.last for group in self.choices for issue in group[0]]
        return max(ends)


def check(flows: Sequence[Flow]) -> None:
    """Refuse flows none of which could be placed even if everything were free."""
    if all(clash(flow.issues) is not None for flow in flows):
        raise PlacementError(f"{flows[0].label}: a queue is needed twice at once")


def clash(issues: Sequence[Issue]) -> int | None:
    """Queue that a flow needs for two things in one cycle, wherever it is placed."""
    by_queue: dict[int, list[Issue]] = {}
    for issue in issues:
        by_queue.setdefault(issue.queue, []).append(issue)
    for queue, group in by_queue.items():
        for n, one in enumerate(group):
            for two in group[n + 1 :]:
                apart = one.write != two.write and not one.banks & two.banks
                if not apart and one.times.cycles() & two.times.cycles():
                    return queue
    return None
