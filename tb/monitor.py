"""Monitor of the chip: stream registers, mesh, and every write of memories and accumulators, cycle by cycle.

A cycle is copied in one call and taken apart many cycles at a time: so comparing costs less than simulating.
"""

from collections.abc import Sequence

import numpy as np

from arch.config import WORD_BYTES, Config
from arch.queues import queues
from hdl.vertical import port_name
from tb.frames import Decoder, Names, Seen
from tb.probe import Gatherer, Variable

#: Cycles that are compared at once.
WINDOW = 32


class Words:
    """Memory of a queue that holds its first word: what else it is to hold can be put there at once."""

    def __init__(self, scope: str, depth: int) -> None:
        self._depth = depth
        self._rows = Variable((f"{scope}.words", "mem")).rows(depth)
        self._count, self._tail = (Variable((scope, name)).rows(1)[0] for name in ("count", "tail"))

    def fill(self, words: Sequence[int]) -> None:
        """Put further words behind the first."""
        if len(words) >= self._depth:
            raise ValueError(f"words must be fewer than {self._depth}, for one is held, not {len(words)}")
        for place, word in enumerate(words, 1):
            self._rows[place] = np.frombuffer(word.to_bytes(WORD_BYTES, "little"), np.uint8)
        held = len(words) + 1
        for register, value in ((self._count, held), (self._tail, held % self._depth)):
            register[:] = np.frombuffer(value.to_bytes(len(register), "little"), np.uint8)


class Monitor:
    """Reads a :class:`hdl.looped.LoopedChip` that runs in this process, built by :func:`tb.models.lockstep_model`.

    Beside what it sees in cycles, ``banks`` and ``rows`` are the memories themselves, uint8[offset, bytes] each: MEM's
    by (hemisphere, slice, bank, superlane), the accumulators' by (hemisphere, plane, superlane). ``queues`` are those
    of the instruction queues, by index.

    Parameters
    ----------
    top : str
        Name of the uppermost module.
    config : Config
        The machine.
    fuse : int
        The superlane that is bypassed, where there is a spare.
    """

    def __init__(self, top: str, config: Config, fuse: int = 0) -> None:
        names = Names(top, config, fuse)
        variables = {name: [Variable(place) for place in group] for name, group in names.groups.items()}
        self._gatherer = Gatherer([variable for group in variables.values() for variable in group])
        self._decoder = Decoder(config, names, {name: group[0].size for name, group in variables.items()})
        self._frames = np.zeros((WINDOW, self._gatherer.size), np.uint8)
        self._count = 0
        self.queues = [Words(f"{top}.chip.queue_{port_name(q)}.store", config.queue_depth) for q in queues(config)]
        self.banks = {key: Variable((scope, "mem")).rows(config.bank_words) for key, scope in names.banks.items()}
        self.rows = {key: Variable((scope, "mem")).rows(config.acc_rows) for key, scope in names.rows.items()}

    def look(self) -> bool:
        """Note this cycle; to be called once in each. True once ``take`` must be called."""
        self._gatherer.read(self._frames[self._count])
        self._count += 1
        return self._count == WINDOW

    def take(self) -> Seen:
        """The cycles noted since the last call."""
        frames, self._count = self._frames[: self._count], 0
        return self._decoder.seen(frames)
