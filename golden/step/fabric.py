"""What the units share: local time, streams, the log, and what is still to come."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from arch.config import Config
from arch.conveyor import Direction
from arch.effects import StreamUse
from arch.faults import Fault, ProgramError
from arch.queues import Queue
from arch.timing import timing
from golden import detail, secded
from golden.lanes import Bytes, darken
from golden.step.log import Log
from golden.step.streams import Streams
from golden.step.words import Flags, Issue, Operand, Vector

__all__ = ["Fabric"]

Action = Callable[[], None]


class Fabric:
    """Local time and its surroundings.

    Within a cycle: streams advance, what is due becomes visible, results are driven; then instructions issue, sample
    and compute.
    """

    def __init__(self, config: Config, log: Log) -> None:
        self.config = config
        self.timing = timing(config)
        self.log = log
        self.time = 0
        self.streams = Streams(config)
        self._actions: dict[int, list[Action]] = defaultdict(list)
        self._drives: dict[int, list[tuple[Issue, StreamUse, tuple[Vector, ...]]]] = defaultdict(list)

    def begin(self) -> None:
        """Enter the next cycle."""
        self.time += 1
        self.streams.advance()
        for action in self._actions.pop(self.time, ()):
            action()
        self._load(self._drives.pop(self.time, []))

    def after(self, cycles: int, action: Action) -> None:
        """Do something at the start of the cycle that is ``cycles``, 1 or more, from now."""
        self._actions[self.time + cycles].append(action)

    def lit(self, issue: Issue) -> Flags:
        """Lit superlanes of an instruction: bool[S]."""
        return np.arange(self.config.superlanes) < issue.lit

    # Sampling ------------------------------------------------------------------------------------------------

    def take(self, issue: Issue) -> dict[str, Operand]:
        """All stream operands of an instruction by role, checked and corrected: for consumers."""
        self._check_defined(issue)
        return {use.role: self._operand(issue, use) for use in issue.part.samples}

    def take_map(self, issue: Issue) -> tuple[Operand | None, Vector | None]:
        """Operands of a MEM part: the map, checked and corrected, and the data, as they came."""
        self._check_defined(issue)
        found: tuple[Operand | None, Vector | None] = (None, None)
        for use in issue.part.samples:
            if use.role == "map":
                found = (self._operand(issue, use), found[1])
            else:
                found = (found[0], self._group(use)[0])
        return found

    def corrected(self, queue: Queue, vector: Vector, superlanes: Flags) -> Bytes:
        """Bytes of a word as a consumer uses them, counting corrections and flagging what it cannot correct."""
        data = vector.data
        for superlane, mask in vector.errors.items():
            if not superlanes[superlane]:
                continue
            if not self.config.features.ecc:
                continue
            status, residual = secded.judge(self.config.word_bits, mask)
            if data is vector.data:
                data = data.copy()
            data[superlane] ^= secded.mask_bytes(mask ^ residual, self.config.lanes)
            if status is secded.Status.CORRECTED:
                self.log.correction(queue, superlane, self.time)
            elif status is secded.Status.FLAGGED:
                self.log.fault(queue, superlane, Fault.ECC, self.time)
        return data

    def sample(self, use: StreamUse) -> Vector:
        """What the first register of a group holds now."""
        return self._group(use)[0]

    def _group(self, use: StreamUse) -> list[Vector]:
        if use.position is None:
            raise AssertionError("an illegal word came through")
        return [self.streams.read(use.direction, use.stream + n, use.position) for n in range(use.width)]

    def _operand(self, issue: Issue, use: StreamUse) -> Operand:
        lit = self.lit(issue)
        group = self._group(use)
        data = np.stack([self.corrected(issue.queue, vector, lit) for vector in group])
        defined = np.logical_and.reduce([vector.defined for vector in group])
        return Operand(darken(data, issue.lit), defined | ~lit)

    def _check_defined(self, issue: Issue) -> None:
        for use in issue.part.samples:
            if not all(vector.defined[: issue.lit].all() for vector in self._group(use)):
                self.error(issue, ProgramError.UNDEFINED_STREAM, detail.stream(use))
                return

    # Results -------------------------------------------------------------------------------------------------

    def drive(self, issue: Issue, data: Bytes, defined: Flags, errors: dict[int, int] | None = None) -> None:
        """Drive an instruction's result, if it names a stream, when and where ``arch.effects`` says.

        Parameters
        ----------
        issue
            The instruction.
        data : uint8[width, S, L]
            Dark superlanes are made zero and defined here.
        defined : bool[S]
        errors
            Wrong bits by superlane, of a word that MEM returns.
        """
        for use in issue.part.drives:
            kept = {k: mask for k, mask in (errors or {}).items() if k < issue.lit}
            vectors = tuple(Vector(part, defined | ~self.lit(issue), kept) for part in darken(data, issue.lit))
            self._drives[issue.time + use.offset].append((issue, use, vectors))

    def _load(self, drives: list[tuple[Issue, StreamUse, tuple[Vector, ...]]]) -> None:
        """Load what is driven in this cycle. Of two on one register the higher queue's value stands, undefined."""
        first: dict[tuple[Direction, int, int | None], Queue] = {}
        for issue, use, vectors in sorted(drives, key=lambda drive: drive[0].queue.index):
            for number, vector in enumerate(vectors, use.stream):
                other = first.setdefault((use.direction, number, use.position), issue.queue)
                if other is not issue.queue:
                    where = detail.double_drive(use.direction, number, other)
                    self.error(issue, ProgramError.DOUBLE_DRIVE, where)
                    vector = Vector(vector.data, np.zeros_like(vector.defined), vector.errors)
                self.streams.drive(use.direction, number, use.position or 0, vector)

    # Remarks -------------------------------------------------------------------------------------------------

    def error(self, issue: Issue, error: ProgramError, where: str) -> None:
        """Report a program error of an instruction."""
        self.log.error(issue.queue, issue.time, error, where, self.time)

    def fault(self, issue: Issue, superlanes: Flags, fault: Fault) -> None:
        """Report a fault of an instruction that executes now, in the chosen superlanes."""
        for superlane in np.flatnonzero(superlanes):
            self.log.fault(issue.queue, int(superlane), fault, self.time)
