"""What a random program has done so far, as far as the legality of its next instruction depends on it.

Everything is in local time. A word counts as defined in the superlanes 0 to n-1, kept as the number n: only power-down
makes superlanes differ. Streams are simpler, for legal instructions drive defined words in all superlanes.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from arch.config import BANKS, Config
from arch.conveyor import Direction, Hemisphere
from arch.effects import StreamUse
from arch.timing import timing
from tb.random.schedule import Place
from tb.random.values import Tag

#: A register of the conveyor in some cycle: the time of its contents, direction, position.
_Register = tuple[int, Direction, int]


class Streams:
    """The conveyor: which streams are defined where, and which registers somebody is to drive."""

    def __init__(self, config: Config) -> None:
        self._defined = [[0] * config.positions for _ in Direction]
        self._tags: list[list[dict[int, Tag]]] = [[{} for _ in range(config.positions)] for _ in Direction]
        self._landing: dict[int, list[tuple[Direction, int, int, dict[int, Tag]]]] = defaultdict(list)
        self._taken: dict[_Register, int] = defaultdict(int)

    def advance(self, now: int) -> None:
        """Move everything on by one register, then take what is driven for cycle ``now``."""
        for rows, empty in ((self._defined, int), (self._tags, dict)):
            rows[Direction.EAST].insert(0, empty())
            rows[Direction.EAST].pop()
            rows[Direction.WEST].append(empty())
            rows[Direction.WEST].pop(0)
        for direction, position, mask, tags in self._landing.pop(now, ()):
            self._defined[direction][position] |= mask
            here = self._tags[direction][position]
            for stream in [s for s in here if mask >> s & 1]:
                del here[stream]
            here.update(tags)

    def defined(self, direction: Direction, position: int | None) -> int:
        """Streams that are defined at a position, a bit each."""
        return 0 if position is None else self._defined[direction][position]

    def tag(self, use: StreamUse, plus: int = 0) -> Tag | None:
        """What is known of a stream that an instruction samples now."""
        return None if use.position is None else self._tags[use.direction][use.position].get(use.stream + plus)

    def tags(self, direction: Direction, position: int) -> Iterable[tuple[int, Tag]]:
        """Streams at a position of which something is known, and what."""
        return self._tags[direction][position].items()

    def holds(self, use: StreamUse) -> bool:
        """Whether all streams of a group that is sampled now are defined."""
        mask = group_mask(use)
        return self.defined(use.direction, use.position) & mask == mask

    def free(self, use: StreamUse, issue: int) -> bool:
        """Whether nobody else drives, or has claimed, the registers of a group."""
        return use.position is not None and not (
            self._taken.get((issue + use.offset, use.direction, use.position), 0) & group_mask(use)
        )

    def drive(self, use: StreamUse, issue: int, tags: Iterable[Tag | None] = ()) -> None:
        """Drive a group, with what is known of its streams."""
        assert use.position is not None
        known = {use.stream + n: tag for n, tag in enumerate(tags) if tag}
        mask = group_mask(use)
        self._landing[issue + use.offset].append((use.direction, use.position, mask, known))
        self._taken[issue + use.offset, use.direction, use.position] |= mask

    def claim(self, registers: Iterable[_Register], stream: int) -> None:
        """Keep others from driving a stream in registers."""
        for register in registers:
            self._taken[register] |= 1 << stream

    def claimable(self, registers: Iterable[_Register], stream: int) -> bool:
        """Whether nobody is to drive a stream in registers."""
        return not any(self._taken.get(register, 0) >> stream & 1 for register in registers)


def group_mask(use: StreamUse) -> int:
    """Streams of a group, a bit each."""
    return ((1 << use.width) - 1) << use.stream


@dataclass
class Plane:
    """An MXM plane: superlanes in which each weight column and accumulator row is defined, and what is under way.

    ``kept`` is the cycle in which a row was last kept; ``sums`` the type and lit superlanes of the sums by the cycle of
    the ACC that takes them; ``multiplied`` the cycle of the last ABC that uses the plane.
    """

    buffer: list[int]
    array: list[int]
    rows: list[int]
    kept: dict[int, int] = field(default_factory=dict)
    sums: dict[int, tuple[str, int]] = field(default_factory=dict)
    multiplied: int = -1


class Machine:
    """State of the whole chip at local cycle ``now``.

    Attributes
    ----------
    lit
        Superlanes that are powered.
    tolerant
        Whether what the hardware reports as a fault (not what is a program error) passes as legal.
    memory
        Superlanes in which each word is defined, by hemisphere and slice: a bytearray for each bank.
    contents
        What is known of words, by place.
    protected
        Words that hold text and are never written.
    mesh
        Issues of each ALU: cycle, whether it was a Latch, lit superlanes.
    links
        Vectors under way on each link: lit superlanes by cycle of Send.
    shifts
        Cycle of the last Shift south of each hemisphere.
    """

    def __init__(self, config: Config) -> None:
        self.config, self.times = config, timing(config)
        self.now, self.lit, self.tolerant = -1, config.superlanes, False
        self.streams = Streams(config)
        slices = [(side, n) for side in Hemisphere for n in range(config.slices)]
        self.memory = {key: [bytearray(config.bank_words) for _ in range(BANKS)] for key in slices}
        self.contents: dict[Place, Tag] = {}
        self.protected: set[Place] = set()
        columns = config.superlanes
        self.planes = {
            (side, n): Plane([0] * columns, [0] * columns, [0] * config.acc_rows)
            for side in Hemisphere
            for n in range(config.planes)
        }
        self.mesh: list[list[tuple[int, bool, int]]] = [[] for _ in config.alus]
        self.links: dict[int, dict[int, int]] = defaultdict(dict)
        self.shifts: dict[Hemisphere, int] = {}
        self._installs: list[tuple[list[int], int, int]] = []

    def advance(self) -> None:
        """Go to the next cycle; what IW installed in the last one is now seen."""
        for columns, column, count in self._installs:
            columns[column] = max(columns[column], count)
        self._installs.clear()
        self.now += 1
        self.streams.advance(self.now)

    def load(self, columns: list[int], column: int, count: int) -> None:
        """Define a weight column from the next cycle on."""
        self._installs.append((columns, column, count))

    def mesh_ready(self, alu: int | None) -> bool:
        """Whether an ALU's result may be an operand now."""
        if alu is None:
            return False
        for issue, latch, lit in reversed(self.mesh[alu]):
            if issue <= self.now - self.times.alu:
                return lit >= self.lit and (latch or issue == self.now - self.times.alu)
        return False
