"""What the streams carry and which instructions are issued, in local time; and what should come of it, by golden model.

Times here are those of superlane 0; superlane k does and sees everything k cycles later.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from arch import effects
from arch.config import Config
from arch.conveyor import Direction
from arch.effects import StreamUse
from arch.faults import Fault
from arch.isa.spec import Op, Spec
from arch.isa.table import TABLE
from arch.queues import Queue, Unit, queues
from arch.secded import check_bits, columns
from arch.timing import timing
from golden.lanes import join
from golden.units import sxm


def code_of(data: int, bits: int) -> int:
    """Codeword of a word: its check bits are the XOR of the columns of the bits that are set."""
    check = 0
    for bit, column in enumerate(columns(bits)):
        if data >> bit & 1:
            check ^= column
    return data | check << bits


@dataclass(frozen=True)
class Issue:
    """An instruction of a queue, issued at a time."""

    time: int
    queue: Queue
    op: Op


@dataclass(frozen=True)
class Request:
    """A drive request: direction, first stream and codewords."""

    direction: Direction
    stream: int
    words: tuple[int, ...]


@dataclass
class Stimulus:
    """Streams and instructions.

    Attributes
    ----------
    config
        The machine.
    seed
        Of what the streams carry where nothing else is said.
    """

    config: Config
    seed: int
    issues: list[Issue] = field(default_factory=list)
    lit: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self._data: dict[tuple[int, Direction, int], np.ndarray] = {}
        self._flips: dict[tuple[int, Direction, int, int], int] = {}

    # Streams -------------------------------------------------------------------------------------------------

    def vector(self, time: int, direction: Direction, stream: int) -> np.ndarray:
        """What a stream carries: uint8[S, L], to be changed in place."""
        key = (time, direction, stream)
        if key not in self._data:
            shape = (self.config.superlanes, self.config.lanes)
            self._data[key] = np.array([self.rng.randrange(256) for _ in range(shape[0] * shape[1])], np.uint8)
            self._data[key] = self._data[key].reshape(shape)
        return self._data[key]

    def flip(self, time: int, direction: Direction, stream: int, superlane: int, bits: int) -> None:
        """Make so many bits of a word wrong."""
        width = self.config.word_bits
        places = self.rng.sample(range(width + check_bits(width)), bits)
        self._flips[time, direction, stream, superlane] = sum(1 << place for place in places)

    def word(self, time: int, direction: Direction, stream: int, superlane: int) -> int:
        """Codeword on a stream, errors included."""
        raw = int.from_bytes(self.vector(time, direction, stream)[superlane].tobytes(), "little")
        flips = self._flips.get((time, direction, stream, superlane), 0)
        return code_of(raw, self.config.word_bits) ^ flips

    def column(self, time: int, direction: Direction, superlane: int) -> int:
        """All codewords of a direction."""
        width = self.config.word_bits + check_bits(self.config.word_bits)
        words = (self.word(time, direction, n, superlane) for n in range(self.config.streams))
        return sum(word << n * width for n, word in enumerate(words))

    def lit_at(self, time: int) -> int:
        """Superlanes with power."""
        return self.lit.get(time, self.config.superlanes)

    def taken(self, issue: Issue, use: StreamUse) -> np.ndarray:
        """A group as a consumer uses it: uint8[width, S, L]."""
        group = []
        for stream in range(use.stream, use.stream + use.width):
            data = self.vector(issue.time, use.direction, stream).copy()
            for superlane in range(self.config.superlanes):
                flips = self._flips.get((issue.time, use.direction, stream, superlane), 0)
                if flips.bit_count() > 1:
                    raw = flips & (1 << self.config.word_bits) - 1
                    data[superlane] ^= np.frombuffer(raw.to_bytes(self.config.lanes, "little"), np.uint8)
            data[self.lit_at(issue.time) :] = 0
            group.append(data)
        return np.stack(group)

    # Expectation ---------------------------------------------------------------------------------------------

    def expected_words(self) -> dict[tuple[int, Queue, int], Request]:
        """Drive requests by cycle, queue and superlane: a cycle before the result is in the stream register."""
        found = {}
        for issue in self.issues:
            uses = effects.drives(self.config, issue.queue, issue.op)
            for use in uses:
                data = self._result(issue)
                data[:, self.lit_at(issue.time) :] = 0
                for k in range(self.config.superlanes):
                    words = tuple(
                        code_of(int.from_bytes(d[k].tobytes(), "little"), self.config.word_bits) for d in data
                    )
                    request = Request(use.direction, use.stream, words)
                    found[issue.time + use.offset - 1 + k, issue.queue, k] = request
        return found

    def expected_reports(self) -> dict[tuple[int, Queue, int], Counter[str]]:
        """Corrected and failed words, and faults, by cycle, queue and superlane."""
        found: dict[tuple[int, Queue, int], Counter[str]] = {}
        late = self.config.stages.operand
        for issue in self.issues:
            for use in effects.samples(self.config, issue.queue, issue.op):
                for stream in range(use.stream, use.stream + use.width):
                    for k in range(self.lit_at(issue.time)):
                        flips = self._flips.get((issue.time, use.direction, stream, k), 0).bit_count()
                        if flips:
                            counter = found.setdefault((issue.time + late + k, issue.queue, k), Counter())
                            counter["corrected" if flips == 1 else "failed"] += 1
            if issue.op.mnemonic == "Permute" and not self._permuted(issue)[1]:
                last = self.config.superlanes - 1
                counter = found.setdefault((issue.time + late + last, issue.queue, last), Counter())
                counter[Fault.MAP.name] += 1
        return found

    def _result(self, issue: Issue) -> np.ndarray:
        """What an instruction drives: uint8[width, S, L]."""
        op, taken = issue.op, self._operands(issue)
        match op.mnemonic:
            case "Shift":
                return sxm.shift(taken["s"], op["n"], issue.queue.unit is Unit.SXM_SHIFT_NORTH)
            case "Select":
                north = sxm.shift(taken["s"][0], op["n"], True)
                return sxm.select(north, self._south(issue), taken["mask"][0])[None]
            case "Permute":
                return self._permuted(issue)[0][None]
            case "Distribute":
                return sxm.distribute(taken["s"], taken["map"][0])
            case "Rotate":
                return sxm.rotate(taken["s"][0], op["n"])
            case _:
                return sxm.transpose(taken["s"]).copy()

    def _operands(self, issue: Issue) -> dict[str, np.ndarray]:
        uses = effects.samples(self.config, issue.queue, issue.op)
        return {use.role: self.taken(issue, use) for use in uses}

    def _permuted(self, issue: Issue) -> tuple[np.ndarray, bool]:
        taken = self._operands(issue)
        data, ok = sxm.permute(taken["s"][0], join(taken["map"]).astype(np.uint16), self.lit_at(issue.time))
        return data, bool(ok)

    def _south(self, select: Issue) -> np.ndarray:
        """The vector of the Shift that the shift-south queue issues with a Select; zeros without it."""
        for issue in self.issues:
            if issue.time == select.time and issue.queue.unit is Unit.SXM_SHIFT_SOUTH:
                return sxm.shift(self._operands(issue)["s"][0], issue.op["n"], False)
        return np.zeros((self.config.superlanes, self.config.lanes), np.uint8)


def queue_of(config: Config, unit: Unit, number: int = 0) -> Queue:
    """A queue of the eastern hemisphere."""
    return [q for q in queues(config) if (q.unit, q.number) == (unit, number)][-1]


def specs_of(queue: Queue) -> tuple[Spec, ...]:
    """Instructions of a queue's unit."""
    return tuple(spec for spec in TABLE if queue.unit in spec.units)


def last_cycle(stimulus: Stimulus, extra: int = 4) -> int:
    """Cycle by which all is over."""
    t = timing(stimulus.config)
    times: Iterable[int] = (issue.time for issue in stimulus.issues)
    return max(times) + max(t.sxm_cross, t.sxm_local) + stimulus.config.superlanes + extra
