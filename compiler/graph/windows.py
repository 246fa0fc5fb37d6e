"""Convolutions, pools and reductions in the machine's arithmetic and order."""

from collections.abc import Iterator
from itertools import product as cartesian

import numpy as np

from arch.config import Config
from arch.types import Type
from compiler.graph import ir, shapes
from compiler.graph.products import product
from golden.numerics import floats, integers

Bits = np.ndarray
_INTEGER = {"Add": integers.add, "Max": integers.maximum, "Min": integers.minimum}
_FLOAT = {"Add": floats.add, "Max": floats.maximum, "Min": floats.minimum}


def combine(op: str, a: Bits, b: Bits, kind: Type) -> Bits:
    """Sum, maximum or minimum of two arrays of raw bits."""
    return (_FLOAT if kind.floating else _INTEGER)[op](a, b, kind.value)


def taps(node: ir.Conv | ir.Pool, x: Bits, kernel: tuple[int, ...], kind: Type) -> Iterator[tuple]:
    """(tap, x[N, C, *out] of what the window sees there) for each tap of a kernel, in row-major order."""
    out = shapes.windows(x.shape[2:], kernel, node)
    border = node.border & ((1 << kind.bits) - 1)
    padded = np.pad(x, ((0, 0), (0, 0), *node.pads), constant_values=border)
    for tap in cartesian(*(range(k) for k in kernel)):
        first = [t * d for t, d in zip(tap, node.dilations, strict=True)]
        chosen = (slice(f, f + (n - 1) * s + 1, s) for f, n, s in zip(first, out, node.strides, strict=True))
        yield tap, padded[(slice(None), slice(None), *chosen)]


def conv(node: ir.Conv, x: Bits, w: Bits, x_type: Type, w_type: Type, config: Config) -> Bits:
    """Result [N, F, *out] of a convolution: passes are added in order, channels within a tap, tap by tap."""
    totals: list[Bits | None] = [None] * node.groups
    outer: tuple[int, ...] = ()
    for tap, seen in taps(node, x, w.shape[2:], x_type):
        weights = np.split(w[(slice(None), slice(None), *tap)], node.groups, axis=0)
        for group, part in enumerate(np.split(seen, node.groups, axis=1)):
            rows = np.moveaxis(part, 1, -1)
            outer = rows.shape[:-1]
            flat = rows.reshape(-1, rows.shape[-1])
            first = group * part.shape[1]
            totals[group] = product(flat, weights[group].T, x_type, w_type, config, totals[group], first)
    parts = [np.moveaxis(total.reshape(*outer, -1), -1, 1) for total in totals if total is not None]
    return np.concatenate(parts, axis=1)


def pool(node: ir.Pool, x: Bits, kind: Type) -> Bits:
    """Result [N, C, *out] of a pool."""
    total: Bits | None = None
    for _, seen in taps(node, x, node.kernel, kind):
        total = seen if total is None else combine(node.op, total, seen, kind)
    assert total is not None
    return total


def reduce(node: ir.Reduce, x: Bits, kind: Type) -> Bits:
    """Reduction in row-major order of the reduced axes, which stay with size 1."""
    kept = tuple(n for n in range(x.ndim) if n not in node.axes)
    rows = np.transpose(x, (*sorted(node.axes), *kept)).reshape(-1, *(x.shape[n] for n in kept))
    total = rows[0]
    for row in rows[1:]:
        total = combine(node.op, total, row, kind)
    return total.reshape([1 if n in node.axes else size for n, size in enumerate(x.shape)])
