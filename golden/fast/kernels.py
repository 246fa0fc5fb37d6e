"""Batches of VXM, SXM, MEM and C2C instructions as single array operations through ``golden.units``."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from arch import effects
from arch.isa import vxm as isa
from arch.isa.fields import operand_source
from arch.isa.spec import Op
from arch.queues import Unit
from arch.types import Type
from golden.fast.tables import Kind
from golden.fast.values import Values, copies
from golden.lanes import Elements, join
from golden.units import mem, sxm, vxm

__all__ = ["KERNELS", "Kernel"]

Column = NDArray[np.int64]

#: Evaluates issues (rows) of one group, given a form of the group.
Kernel = Callable[[Values, Column, Op, Unit], None]

#: Elements that a VXM batch computes at a time: a few temporaries of this size stay in the cache.
_CHUNK = 1 << 15


def _vxm(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    S, L = values.shape
    size = max(1, _CHUNK // (S * L))
    for start in range(0, len(rows), size):
        _vxm_chunk(values, rows[start : start + size], op)


def _vxm_chunk(values: Values, rows: Column, op: Op) -> None:
    operands = {}
    element = Type.from_code(op["type"])
    for role in isa.OPERATION_OF[op.mnemonic].operands:
        source = operand_source(op[role])
        width = isa.operand_type(op.mnemonic, role, element).bytes
        if source == "stream":
            operands[role] = join(values.operand(rows, values.column(f"sample_{role}", rows), width))
        elif source == "imm":
            number = values.tables.number[values.window.issues.wid[rows]] & ((1 << 8 * width) - 1)
            operands[role] = number.astype(np.uint32)[:, None, None]
        elif source != "none":
            operands[role] = _mesh(values, rows, role)
    shape = (len(rows), *values.shape)
    result = np.broadcast_to(vxm.compute(op, operands), shape)
    if values.window.lit < shape[1]:
        result = result.copy()
        result[:, values.window.lit :] = 0
    values.mesh[values.ordinal[rows]] = result.reshape(len(rows), -1)
    values.drive_elements(rows, result, effects.vxm_result(op).bytes)


def _mesh(values: Values, rows: Column, role: str) -> Elements:
    """Operands from the mesh: zero where the ALU has made nothing yet."""
    source = values.mesh_source[role][values.ordinal[rows] - len(values.carry.mesh)]
    found = values.mesh[source] if len(values.mesh) else np.zeros((len(rows), 0), np.uint32)
    found[source < 0] = 0
    found = found.reshape(len(rows), *values.shape)
    found[:, values.window.lit :] = 0
    return found


def _shift(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    values.drive(rows, sxm.shift(values.operand(rows, 0, 1), op["n"], unit is Unit.SXM_SHIFT_NORTH))


def _select(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    pairs = values.window.pairs
    partner = pairs.south[np.searchsorted(pairs.select, rows)]
    amounts = np.where(partner >= 0, values.column("amount", partner), -1)
    for amount in np.unique(amounts):
        chosen = amounts == amount
        mine = rows[chosen]
        north = sxm.shift(values.operand(mine, 0, 1)[0], op["n"], True)
        south = np.zeros_like(north)
        if amount >= 0:
            south = sxm.shift(values.operand(partner[chosen], 0, 1)[0], int(amount), False)
        values.drive(mine, sxm.select(north, south, values.operand(mine, 1, 1)[0])[None])


def _permute(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    table = join(values.operand(rows, 1, 2)).astype(np.uint16)
    data, ok = sxm.permute(values.operand(rows, 0, 1)[0], table, values.window.lit)
    values.map_faults.append(rows[~ok])
    values.drive(rows, data[None])


def _distribute(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    width = int(values.column("drives", rows[:1])[0])
    group = values.operand(rows, 0, width)
    values.drive(rows, sxm.distribute(group, values.operand(rows, width, 1)[0]))


def _rotate(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    values.drive(rows, sxm.rotate(values.operand(rows, 0, 1)[0], op["n"]))


def _transpose(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    values.drive(rows, sxm.transpose(values.operand(rows, 0, values.shape[1])))


def _mem(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    if op.mnemonic != "Gather":
        copies(values, rows)
        return
    address = mem.indexed(op, values.operand(rows, 0, 1)[0])
    data = values.fetch(rows, address)
    values.drive(rows, data[None])


def _receive(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    links, carry = values.window.c2c, values.carry
    source = links.source[np.searchsorted(links.receive, rows)]
    old = source < len(carry.sent)
    if old.any():
        data = carry.sent.value[source[old]].reshape(1, -1, *values.shape)
        values.drive(rows[old], data)
    if not old.all():
        values.drive(rows[~old], values.operand(links.send[source[~old] - len(carry.sent)], 0, 1))


KERNELS: Mapping[Kind, Kernel] = MappingProxyType(
    {
        Kind.MEM: _mem,
        Kind.VXM: _vxm,
        Kind.SHIFT: _shift,
        Kind.SELECT: _select,
        Kind.PERMUTE: _permute,
        Kind.DISTRIBUTE: _distribute,
        Kind.ROTATE: _rotate,
        Kind.TRANSPOSE: _transpose,
        Kind.RECEIVE: _receive,
    }
)
