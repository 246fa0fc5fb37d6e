"""What a program does with its cycles: of each, the best use that any queue makes of it."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from arch.program import Program
from arch.queues import Unit, queues
from scripts.timeline.extract import promise

#: Uses of a cycle, the best first. The last is that nothing issues: results travel, or the chip drains.
MXM, VXM, MOVEMENT, IDLE = "MXM", "VXM", "movement", "idle"
USES = (MXM, VXM, MOVEMENT, IDLE)
#: Units that put a cycle to a use; all others move.
_OF: Mapping[Unit, str] = MappingProxyType({Unit.MXM_ACTIVATIONS: MXM, Unit.MXM_ACCUMULATORS: MXM, Unit.VXM: VXM})


def shares(program: Program) -> dict[str, int]:
    """Cycles by use; together they are the program's. Text alone says so: nothing is run."""
    known = promise(program)
    runs, chip = known.runs, queues(program.config)
    rows, number = runs.expand()
    rows, number = rows[known.unit[rows]], number[known.unit[rows]]
    cycle = runs.start[rows] + number * runs.d[rows]
    rank = np.array([USES.index(_OF.get(queue.unit, MOVEMENT)) for queue in chip])[runs.queue[rows]]
    best = np.full(known.cycles, USES.index(IDLE))
    np.minimum.at(best, cycle, rank)
    return {use: int(np.count_nonzero(best == number)) for number, use in enumerate(USES)}
