"""VXM: operands from streams, the mesh and the word; results to the mesh and to streams."""

import numpy as np

from arch import effects
from arch.faults import ProgramError
from arch.isa import vxm as isa
from arch.isa.fields import operand_source
from arch.queues import mesh_neighbor
from golden import detail
from golden.lanes import Elements, darken, join, split
from golden.step.fabric import Fabric
from golden.step.words import Flags, Issue
from golden.units import vxm

__all__ = ["Vxm"]


class Vxm:
    """The mesh: the last result of each ALU, uint32[S, L], and how long it may be used."""

    def __init__(self, fabric: Fabric) -> None:
        config = fabric.config
        self._fabric = fabric
        self._mesh = np.zeros((len(config.alus), config.superlanes, config.lanes), np.uint32)
        self._defined = np.zeros((len(config.alus), config.superlanes), np.bool_)
        self._landed = [-1] * len(config.alus)
        self._latched = [False] * len(config.alus)

    def issue(self, issue: Issue) -> None:
        """Execute an instruction of an ALU."""
        fabric, op = self._fabric, issue.op
        operands, defined = self._operands(issue)
        result = vxm.compute(op, operands)
        # What a dark superlane's mesh register holds is nobody's business: zero here, and undefined.
        kept = np.where(fabric.lit(issue)[:, None], result, np.uint32(0))
        alu, latch = issue.queue.number, op.mnemonic == "Latch"
        fabric.after(fabric.timing.alu, lambda: self._land(alu, kept, defined & fabric.lit(issue), latch))
        fabric.drive(issue, split(result, effects.vxm_result(op).bytes), defined)

    def mesh(self) -> tuple[Elements, Flags]:
        """What instructions issued in this cycle get from each ALU: uint32[alus, S, L], bool[alus, S]."""
        usable = [self._usable(alu) for alu in range(len(self._mesh))]
        return self._mesh.copy(), self._defined & np.array(usable)[:, None]

    def _land(self, alu: int, value: Elements, defined: Flags, latch: bool) -> None:
        self._mesh[alu], self._defined[alu] = value, defined
        self._landed[alu], self._latched[alu] = self._fabric.time, latch

    def _usable(self, alu: int) -> bool:
        """Whether the register holds the result of an instruction issued d_alu ago, or a latched one."""
        return self._landed[alu] == self._fabric.time or self._latched[alu]

    def _operands(self, issue: Issue) -> tuple[dict[str, Elements], Flags]:
        """Operands by role, zero in dark superlanes, and where all of them are defined."""
        fabric, op = self._fabric, issue.op
        streams = fabric.take(issue)
        shape = self._mesh.shape[1:]
        values: dict[str, Elements] = {}
        defined = np.ones(shape[0], np.bool_)
        for role in isa.OPERATION_OF[op.mnemonic].operands:
            source = operand_source(op[role])
            if source == "stream":
                values[role] = join(streams[role].data)
                defined &= streams[role].defined
            elif source == "imm":
                values[role] = darken(np.full(shape, vxm.immediate(op, role), np.uint32), issue.lit)
            elif source != "none":
                alu = issue.queue.number
                neighbor = alu if source == "self" else mesh_neighbor(fabric.config, alu, source)
                values[role], found = self._neighbor(issue, role, source, neighbor)
                defined &= found
        return values, defined

    def _neighbor(self, issue: Issue, role: str, source: str, alu: int | None) -> tuple[Elements, Flags]:
        if alu is None:
            raise AssertionError("an illegal word came through")
        defined = self._defined[alu] & self._usable(alu) | ~self._fabric.lit(issue)
        if not defined.all():
            self._fabric.error(issue, ProgramError.UNDEFINED_MESH, detail.mesh(role, source))
        return darken(self._mesh[alu], issue.lit).copy(), defined
