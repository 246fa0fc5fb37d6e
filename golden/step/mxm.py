"""MXM: weight buffers and arrays, sums under way, accumulators."""

from dataclasses import dataclass

import numpy as np

from arch.faults import Fault, ProgramError
from arch.isa.mxm import FORMS, MODES, SOURCES
from arch.queues import Queue
from arch.types import Type
from golden import detail
from golden.lanes import Elements, split
from golden.step.fabric import Fabric
from golden.step.store import Store
from golden.step.words import Flags, Issue, Operand
from golden.units import mem, mxm

__all__ = ["Mxm"]

Plane = tuple[int, int]


@dataclass
class _Sum:
    """Sums of one ABC: uint32[S, L], bool[S], the cycle of the ACC that takes them."""

    due: int
    type: Type
    value: Elements
    defined: Flags


class Mxm:
    """All planes.

    Weights are uint8[2, planes, S, L, S, L]: W[k, lane, column block, stream], with a definedness bit for each
    supercell: bool[2, planes, S, S].
    """

    def __init__(self, fabric: Fabric) -> None:
        config = fabric.config
        S, L, planes = config.superlanes, config.lanes, config.planes
        self._fabric = fabric
        self._buffer = np.zeros((2, planes, S, L, S, L), np.uint8)
        self._array = np.zeros_like(self._buffer)
        self._buffer_defined = np.zeros((2, planes, S, S), np.bool_)
        self._array_defined = np.zeros_like(self._buffer_defined)
        rows = (2, planes, config.acc_rows, S)
        self.store = Store(np.zeros((*rows, L), np.uint32), np.zeros(rows, np.bool_))
        self._sums: dict[Plane, _Sum] = {}
        self._pairs: dict[int, tuple[Issue, _Sum]] = {}
        self._kept: dict[tuple[int, ...], int] = {}

    def issue(self, issue: Issue) -> None:
        """Execute an instruction of a plane."""
        name = issue.op.mnemonic
        if name == "ABC":
            self._multiply(issue)
        elif name == "ACC":
            self._accumulate(issue)
        else:
            self._load(issue)

    # Weights -------------------------------------------------------------------------------------------------

    def _load(self, issue: Issue) -> None:
        """LW, IW. What they do is there for the instructions of the next cycle."""
        fabric, op, plane = self._fabric, issue.op, _plane(issue.queue)
        operands = fabric.take(issue)
        if op.mnemonic == "IW" and SOURCES[op["from"]] == "buffer":
            fabric.after(1, lambda: self._install(plane, issue.lit))
            return
        column = int(mem.strided(op, "col", issue.repeat))
        if column >= fabric.config.superlanes:
            fabric.fault(issue, fabric.lit(issue), Fault.RANGE)
            return
        fabric.after(1, lambda: self._fill(op.mnemonic == "LW", plane, column, operands["s"], issue.lit))

    def _install(self, plane: Plane, lit: int) -> None:
        self._array[plane][:lit] = self._buffer[plane][:lit]
        self._array_defined[plane][:lit] = self._buffer_defined[plane][:lit]

    def _fill(self, buffer: bool, plane: Plane, column: int, operand: Operand, lit: int) -> None:
        weights, defined = (self._buffer, self._buffer_defined) if buffer else (self._array, self._array_defined)
        # Stream i, lane l is W[superlane, l, column, i].
        weights[plane][:lit, :, column] = operand.data.transpose(1, 2, 0)[:lit]
        defined[plane][:lit, column] = operand.defined[:lit]

    # Products ------------------------------------------------------------------------------------------------

    def _multiply(self, issue: Issue) -> None:
        fabric, op = self._fabric, issue.op
        side, number = _plane(issue.queue)
        size = fabric.config.vector
        paired = FORMS[op["form"]] == "f16"
        planes = (number, number + 1) if paired else (number,)
        operand = fabric.take(issue)["s"]
        weights = tuple(self._array[side, plane].reshape(size, size) for plane in planes)
        value = mxm.dot(fabric.config, op["form"], op["half"], operand.data[:, None], weights, lit=issue.lit)[0]
        ready = all(self._array_defined[side, plane, : issue.lit, : issue.lit].all() for plane in planes)
        if not ready:
            fabric.error(issue, ProgramError.UNDEFINED_WEIGHTS, detail.weights(planes))
        defined = fabric.lit(issue) & operand.defined.all() & ready
        due = issue.time + fabric.timing.abc
        record = _Sum(due, mxm.sum_type(op["form"]), value, defined)
        self._meet(issue, record, paired)
        fabric.after(fabric.timing.abc, lambda: self._sums.update({(side, number): record}))
        lanes = issue.lit * fabric.config.lanes
        fabric.log.macs[side, number] += lanes * lanes // (2 if paired else 1)

    def _meet(self, issue: Issue, record: _Sum, paired: bool) -> None:
        """Watch for an ABC of the odd plane in the cycle of the pair's; the even queue comes first."""
        side, number = _plane(issue.queue)
        if paired:
            self._pairs[side] = (issue, record)
        elif number % 2 and side in self._pairs and self._pairs[side][0].time == issue.time:
            even, partner = self._pairs[side]
            self._fabric.error(issue, ProgramError.PAIR_BUSY, detail.partner(even.queue))
            record.defined[:] = False
            partner.defined[:] = False

    # Accumulators --------------------------------------------------------------------------------------------

    def _accumulate(self, issue: Issue) -> None:
        fabric, op = self._fabric, issue.op
        mode, kind = MODES[op["mode"]], Type.from_code(op["type"])
        row = int(mem.strided(op, "row", issue.repeat))
        inside = row < fabric.config.acc_rows
        if not inside:
            fabric.fault(issue, fabric.lit(issue), Fault.RANGE)
        shape = self.store.data.shape[-2:]
        value, defined = np.zeros(shape, np.uint32), np.ones(shape[0], np.bool_)
        if mode != "read":
            value, defined = self._arrived(issue, kind)
        if mode != "write" and inside:
            held, held_defined = self._row(issue, row)
            value = mxm.accumulate(kind, held, value) if mode == "add" else held
            defined = defined & held_defined
        if op["keep"] and inside:
            self._keep(issue, row, value, defined)
        fabric.drive(issue, split(value, kind.bytes), defined)

    def _arrived(self, issue: Issue, wanted: Type) -> tuple[Elements, Flags]:
        """Sums of this cycle; undefined zeros where there are none, undefined where they are of another type."""
        found = self._sums.get(_plane(issue.queue))
        if found is None or found.due != issue.time:
            self._fabric.error(issue, ProgramError.NO_SUM, detail.sums(None, wanted.value))
            shape = self.store.data.shape[-2:]
            return np.zeros(shape, np.uint32), np.zeros(shape[0], np.bool_)
        if found.type is not wanted:
            self._fabric.error(issue, ProgramError.SUM_TYPE, detail.sums(found.type.value, wanted.value))
            return found.value, np.zeros_like(found.defined)
        return found.value, found.defined

    def _row(self, issue: Issue, row: int) -> tuple[Elements, Flags]:
        """The row as it is visible now; undefined where a value is still on its way into it."""
        fabric, place = self._fabric, (*_plane(issue.queue), row)
        held, defined = self.store.data[place].copy(), self.store.defined[place].copy()
        if not defined[: issue.lit].all():
            fabric.error(issue, ProgramError.UNDEFINED_ROW, detail.row(row))
        if place in self._kept and issue.time - self._kept[place] < fabric.timing.acc_row:
            fabric.error(issue, ProgramError.ROW_HAZARD, detail.row(row))
            defined[:] = False
        return held, defined

    def _keep(self, issue: Issue, row: int, value: Elements, defined: Flags) -> None:
        fabric, place, lit = self._fabric, (*_plane(issue.queue), row), self._fabric.lit(issue)
        self._kept[place] = issue.time
        fabric.after(fabric.timing.acc_row, lambda: self.store.put(place, lit, value, defined, fabric.time))


def _plane(queue: Queue) -> Plane:
    return (int(queue.hemisphere or 0), queue.number)
