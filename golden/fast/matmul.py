"""Batches of ABC and ACC: one matrix product for each run of activations over one version of the weights."""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from arch.isa.spec import Op
from arch.queues import Unit
from arch.types import Type
from golden.fast.tables import MODE_ADD, MODE_READ, MODE_WRITE, Kind
from golden.fast.values import Values
from golden.lanes import Bytes
from golden.units import mxm

__all__ = ["KERNELS", "column_weights", "matrix"]

Column = NDArray[np.int64]

#: Multiplications up to which OpenBLAS keeps to one thread. On a busy computer threads cost ten times what they save
#: in products little larger than that.
_ONE_THREAD = 1 << 18
#: Activations from which a product is long enough to be worth a call.
_LONG = 64


def _abc(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    window = values.window
    ordinal = values.ordinal[rows]
    version = window.weights.version[ordinal - len(values.carry.sums)]
    order = np.lexsort((version[:, 1], version[:, 0]))
    rows, version, ordinal = rows[order], version[order], ordinal[order]
    starts = np.flatnonzero(np.concatenate([[True], (version[1:] != version[:-1]).any(axis=1)]))
    width = 2 if mxm.sum_type(op["form"]).floating else 1
    for part, at in _parts(starts, len(rows), values.tables.config.vector):
        weights = tuple(matrix(values, int(number)) for number in version[at, :width])
        activations = values.operand(rows[part], 0, width)
        sums = mxm.dot(values.tables.config, op["form"], op["half"], activations, weights, lit=window.lit)
        values.sums[ordinal[part]] = sums.reshape(len(part), -1)


def _parts(starts: Column, count: int, vector: int) -> Iterator[tuple[Column, int]]:
    """Rows of each version, in parts small enough for one thread where that still makes long products."""
    size = _ONE_THREAD // vector**2
    for start, end in itertools.pairwise([*(int(n) for n in starts), count]):
        step = size if size >= _LONG else end - start
        for at in range(start, end, step):
            yield np.arange(at, min(at + step, end)), start


def matrix(values: Values, version: int) -> Bytes:
    """Weights of a version as W[K, column], both ``vector`` long."""
    if version not in values.matrices:
        links = values.window.weights
        found = column_weights(values, int(links.plane[version]), links.source[version], links.base[version])
        size = values.tables.config.vector
        values.matrices[version] = found.reshape(size, size)
    return values.matrices[version]


def column_weights(values: Values, plane: int, source: Column, base: Column) -> Bytes:
    """Weights uint8[S, L, S, L] of a plane, column by column from the loads or from the state at the start."""
    window, carry = values.window, values.carry
    S, L = values.shape
    fresh = np.flatnonzero(source >= 0)
    lit = window.lit
    result = np.empty((S, L, S, L), np.uint8)
    if len(fresh) < S or lit < S:
        for kind in np.unique(base):
            result[:, :, base == kind] = carry.weights[kind, plane][:, :, base == kind]
    first = window.sampled.first[window.weights.loads[source[fresh]]]
    loaded = values.streams[window.value[first[:, None] + np.arange(L)]].reshape(len(fresh), L, S, L)
    result[:lit, :, fresh] = loaded[:, :, :lit].transpose(2, 3, 0, 1)
    return result


def _acc(values: Values, rows: Column, op: Op, unit: Unit) -> None:
    links = values.window.acc
    at = values.ordinal[rows] - len(values.carry.kept)
    element, mode = Type.from_code(op["type"]), op["mode"]
    value = np.zeros((len(rows), values.kept.shape[1]), np.uint32)
    if mode != MODE_READ:
        taken = links.sums[at]
        value = values.sums[taken] if len(values.sums) else value
        value[taken < 0] = 0
    if mode != MODE_WRITE:
        looks = links.place[at] >= 0
        row = values.carry.rows.reshape(-1, value.shape[1])[links.place[at]]
        held = links.held[at]
        row[held >= 0] = values.kept[held[held >= 0]]
        if mode == MODE_ADD:
            row = mxm.accumulate(element, row, value)
        value = np.where(looks[:, None], row, value)
    values.kept[values.ordinal[rows]] = value
    values.drive_elements(rows, value.reshape(len(rows), *values.shape), element.bytes)


KERNELS = {Kind.ABC: _abc, Kind.ACC: _acc}
