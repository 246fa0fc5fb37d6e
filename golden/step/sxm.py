"""SXM: moves between lanes, superlanes and streams."""

from dataclasses import dataclass

import numpy as np

from arch.conveyor import Hemisphere
from arch.faults import Fault, ProgramError
from arch.queues import Unit, queues
from golden import detail
from golden.lanes import Bytes, join
from golden.step.fabric import Fabric
from golden.step.words import Flags, Issue, Operand
from golden.units import sxm

__all__ = ["Sxm"]


@dataclass(frozen=True)
class _South:
    """A vector shifted south, for the Select of the same cycle."""

    time: int
    data: Bytes
    defined: bool


class Sxm:
    """Both hemispheres' SXM."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._south: dict[Hemisphere | None, _South] = {}

    def issue(self, issue: Issue) -> None:
        """Execute an instruction; the south shifter's must come before the north shifter's of its cycle."""
        operands = self._fabric.take(issue)
        body = {
            "Shift": self._shift,
            "Select": self._select,
            "Permute": self._permute,
            "Distribute": self._distribute,
            "Rotate": self._rotate,
            "Transpose": self._transpose,
        }[issue.op.mnemonic]
        body(issue, operands)

    def _shift(self, issue: Issue, operands: dict[str, Operand]) -> None:
        north = issue.queue.unit is Unit.SXM_SHIFT_NORTH
        data = sxm.shift(operands["s"].data, issue.op["n"], north)
        defined = bool(operands["s"].defined.all())
        if not north:
            self._south[issue.queue.hemisphere] = _South(issue.time, data[0], defined)
        self._fabric.drive(issue, data, self._flags(defined))

    def _select(self, issue: Issue, operands: dict[str, Operand]) -> None:
        north = sxm.shift(operands["s"].data[0], issue.op["n"], True)
        south = self._south.get(issue.queue.hemisphere)
        if south is None or south.time != issue.time:
            queue = next(
                q
                for q in queues(self._fabric.config)
                if q.unit is Unit.SXM_SHIFT_SOUTH and q.hemisphere is issue.queue.hemisphere
            )
            self._fabric.error(issue, ProgramError.NO_SHIFT, detail.partner(queue))
            south = _South(issue.time, np.zeros_like(north), False)
        data = sxm.select(north, south.data, operands["mask"].data[0])
        defined = south.defined and all(bool(operand.defined.all()) for operand in operands.values())
        self._fabric.drive(issue, data[None], self._flags(defined))

    def _permute(self, issue: Issue, operands: dict[str, Operand]) -> None:
        table = join(operands["map"].data).astype(np.uint16)
        data, ok = sxm.permute(operands["s"].data[0], table, issue.lit)
        if not ok:
            # Only behind the last superlane is the whole map known.
            superlanes = np.arange(self._fabric.config.superlanes)
            self._fabric.fault(issue, superlanes == superlanes[-1], Fault.MAP)
        defined = all(bool(operand.defined.all()) for operand in operands.values())
        self._fabric.drive(issue, data[None], self._flags(defined))

    def _distribute(self, issue: Issue, operands: dict[str, Operand]) -> None:
        data = sxm.distribute(operands["s"].data, operands["map"].data[0])
        self._fabric.drive(issue, data, operands["s"].defined & operands["map"].defined)

    def _rotate(self, issue: Issue, operands: dict[str, Operand]) -> None:
        self._fabric.drive(issue, sxm.rotate(operands["s"].data[0], issue.op["n"]), operands["s"].defined)

    def _transpose(self, issue: Issue, operands: dict[str, Operand]) -> None:
        self._fabric.drive(issue, sxm.transpose(operands["s"].data), operands["s"].defined)

    def _flags(self, defined: bool) -> Flags:
        return np.full(self._fabric.config.superlanes, defined)
