"""Monitor of the chip: stream registers, mesh, and every write of memories and accumulators, cycle by cycle.

A cycle is copied in one call and taken apart many cycles at a time: so comparing costs less than simulating.
"""

import numpy as np

from arch.config import Config
from tb.backdoor import Backdoor
from tb.frames import Decoder, Names, Seen
from tb.probe import Gatherer, Variable

#: Cycles that are compared at once.
WINDOW = 32


class Monitor:
    """Reads a :class:`hdl.looped.LoopedChip` that runs in this process, built by :func:`tb.models.lockstep_model`.

    Beside what it sees in cycles, ``door`` leads to the memories.

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
        self.door = Backdoor(top, config, fuse)

    def look(self) -> bool:
        """Note this cycle; to be called once in each. True once ``take`` must be called."""
        self._gatherer.read(self._frames[self._count])
        self._count += 1
        return self._count == WINDOW

    def take(self) -> Seen:
        """The cycles noted since the last call."""
        frames, self._count = self._frames[: self._count], 0
        return self._decoder.seen(frames)
