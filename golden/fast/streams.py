"""Streams without motion: which producer's value every sampled register holds.

A value keeps its slot: cycle minus progress along its way is the same wherever it is. So a register is a point
(line, slot, progress), and what is sampled there is what the last producer at or before it drove on that slot. Sorting
all producers and samples together by that point answers all of them at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.fast.issues import Issues
from golden.fast.tables import Tables

__all__ = ["Events", "StreamLinks", "drives", "link", "samples"]

Column = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """Points of stream registers at which something is driven or sampled.

    Attributes
    ----------
    owner : int64[n]
        Row of the issue.
    line, progress, t : int64[n]
        Direction and stream; progress along the way; cycle.
    first : int64[issues]
        The first event of each issue; those of an issue stand together, in the order of ``arch.effects``.
    """

    owner: Column
    line: Column
    progress: Column
    t: Column
    first: Column


@dataclass(frozen=True)
class StreamLinks:
    """Producers of all samples.

    Attributes
    ----------
    source : int64[samples]
        Number of the producer, carried ones first; -1 if there is none.
    clashes : list of lists of int
        Producers of one register in one cycle, two or more, in the order of their queues; the last one's value stands.
    """

    source: Column
    clashes: list[list[int]]


def samples(tables: Tables, issues: Issues, form: Column) -> Events:
    """Registers that instructions sample."""
    first = tables.sample_first[form]
    counts = tables.sample_first[form + 1] - first
    return _events(issues, first, counts, tables.sample_line, tables.sample_position, tables.sample_offset)


def drives(tables: Tables, issues: Issues, form: Column) -> Events:
    """Registers that instructions drive."""
    first = tables.drive_first[form]
    counts = tables.drive_first[form + 1] - first
    return _events(issues, first, counts, tables.drive_line, tables.drive_position, tables.drive_offset)


def _events(issues: Issues, first: Column, counts: Column, line: Column, at: Column, offset: Column) -> Events:
    ends = np.cumsum(counts)
    owner = np.repeat(np.arange(len(counts)), counts)
    row = np.arange(len(owner)) + (first - (ends - counts))[owner]
    return Events(owner, line[row], at[row], issues.t[owner] + offset[row], ends - counts)


def link(
    producers: tuple[Column, Column, Column], queue: Column, consumers: tuple[Column, Column, Column], start: int
) -> StreamLinks:
    """Find every sample's producer.

    Parameters
    ----------
    producers, consumers : (line, progress, t), each int64[n]
    queue : int64[producers]
        Queue of each producer.
    start
        First cycle of the window.
    """
    count = len(queue)
    lines, progress, t = (np.concatenate(pair) for pair in zip(producers, consumers, strict=True))
    total = len(lines)
    if not total:
        return StreamLinks(np.zeros(0, np.int64), [])
    slot = t - progress - start
    low, far = int(slot.min()), int(progress.max()) + 1
    slots = int(slot.max()) - low + 1
    bits = total.bit_length()
    point = (lines * slots + (slot - low)) * far + progress
    point <<= 1
    point[count:] |= 1
    point <<= bits
    point |= np.arange(total)
    point.sort()
    index = point & ((1 << bits) - 1)
    point >>= bits
    driven = index < count
    place = np.where(driven, np.arange(total), -1)
    np.maximum.accumulate(place, out=place)
    clashes = _clashes(point, index, driven, queue)
    way = point // (2 * far)
    sampled = ~driven
    at = place[sampled]
    good = (at >= 0) & (way[at] == way[sampled])
    source = np.empty(total - count, np.int64)
    source[index[sampled] - count] = np.where(good, index[at], -1)
    for clash in clashes:
        _settle(source, clash)
    return StreamLinks(source, clashes)


def _clashes(point: Column, index: Column, driven: NDArray[np.bool_], queue: Column) -> list[list[int]]:
    """Groups of producers of one register and cycle, in the order of their queues."""
    same = (point[1:] == point[:-1]) & driven[1:]
    groups: dict[int, list[int]] = {}
    for at in np.flatnonzero(same):
        groups.setdefault(int(point[at]), [int(index[at])]).append(int(index[at + 1]))
    return [sorted(group, key=lambda producer: int(queue[producer])) for group in groups.values()]


def _settle(source: Column, clash: list[int]) -> None:
    """Give the samples of a register to the producer whose value stands."""
    source[np.isin(source, clash)] = clash[-1]
