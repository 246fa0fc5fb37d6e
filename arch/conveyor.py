"""Where things stand along a stream: positions of stream registers, and the site of every unit (section 3).

A *position* counts stream registers from the chip's west edge: the western hemisphere's columns c(G+1) down to c0,
the VXM's crossing, the eastern hemisphere's c0 up to c(G+1). A value on an eastward stream moves from position p to
p+1 each cycle, on a westward one to p-1. A value therefore keeps its *slot*: p - t eastward, p + t westward.
"""

import enum
from dataclasses import dataclass

from arch.config import Config


class Direction(enum.IntEnum):
    """Way a stream flows; the value is its encoding."""

    EAST = 0
    WEST = 1

    @property
    def letter(self) -> str:
        """Prefix of the stream's name in program text."""
        return "EW"[self]

    @property
    def step(self) -> int:
        """Change of position per cycle."""
        return 1 - 2 * self


class Hemisphere(enum.IntEnum):
    """Half of the chip; the value is its encoding and its order among the queues."""

    WEST = 0
    EAST = 1

    @property
    def letter(self) -> str:
        """Prefix of the hemisphere's queues in program text."""
        return "WE"[self]


@dataclass(frozen=True)
class Site:
    """Interval of positions in which a unit stands (our decision; the published rule of sides follows from it).

    A stream is sampled at the end that it comes from and driven at the end that it goes to. The MXM and the host port
    stand at the chip's edge and have one end only; the other is None.
    """

    west: int | None
    east: int | None

    def sample(self, direction: Direction) -> int | None:
        """Position at which an operand is sampled; None where no such stream reaches the unit."""
        return self.west if direction is Direction.EAST else self.east

    def drive(self, direction: Direction) -> int | None:
        """Position at which a result is driven; None where the unit cannot drive that way."""
        return self.east if direction is Direction.EAST else self.west


def column(config: Config, hemisphere: Hemisphere, number: int) -> int:
    """Position of stream-register column ``c(number)``, 0 (beside the VXM) to ``groups + 1`` (the edge)."""
    edge = config.groups + 1
    return edge - number if hemisphere is Hemisphere.WEST else edge + config.vxm_hops + number


def _between(config: Config, hemisphere: Hemisphere, inner: int, outer: int | None) -> Site:
    near = column(config, hemisphere, inner)
    far = None if outer is None else column(config, hemisphere, outer)
    return Site(west=near, east=far) if hemisphere is Hemisphere.EAST else Site(west=far, east=near)


def mem_site(config: Config, hemisphere: Hemisphere, mem_slice: int) -> Site:
    """Site of a MEM slice: its group of four, between c(g) and c(g+1)."""
    group = mem_slice // 4
    return _between(config, hemisphere, group, group + 1)


def sxm_site(config: Config, hemisphere: Hemisphere) -> Site:
    """Site of the SXM and of C2C: between c(G) and c(G+1)."""
    return _between(config, hemisphere, config.groups, config.groups + 1)


def mxm_site(config: Config, hemisphere: Hemisphere) -> Site:
    """Site of the MXM and of the host port: beyond c(G+1), at the edge."""
    return _between(config, hemisphere, config.groups + 1, None)


def vxm_site(config: Config) -> Site:
    """Site of the VXM: between the two c0."""
    return Site(west=column(config, Hemisphere.WEST, 0), east=column(config, Hemisphere.EAST, 0))


def hops(config: Config, source: Site, target: Site, direction: Direction) -> int | None:
    """Hops from where ``source`` drives to where ``target`` samples; None where the stream does not lead there.

    Between MEM groups g and h downstream this is |g-h|-1: the last hop of the published rule lies inside the
    producer's d_func.
    """
    start, end = source.drive(direction), target.sample(direction)
    if start is None or end is None:
        return None
    distance = (end - start) * direction.step
    return distance if distance >= 0 else None
