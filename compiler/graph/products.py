"""Products of matrices as the MXM computes them."""

import numpy as np

from arch.config import Config
from arch.types import Type
from golden.numerics import dot, floats, integers

Bits = np.ndarray


def passes(config: Config, inner: int, first: int = 0) -> list[np.ndarray]:
    """Places of K that fp16 sums before each rounding, in order: int64[n] each, none of them empty.

    A vector is multiplied in two passes: first the lower half of each superlane's lanes, then the upper half. Element k
    lies in lane ``(first + k) % vector`` of vector ``(first + k) // vector``.
    """
    place = first + np.arange(inner)
    order = 2 * (place // config.vector) + place % config.lanes // (config.lanes // 2)
    return [np.flatnonzero(order == number) for number in np.unique(order)]


def product(
    a: Bits, b: Bits, a_type: Type, b_type: Type, config: Config, total: Bits | None = None, first: int = 0
) -> Bits:
    """a[M, K] by b[K, N] on top of ``total``, raw bits as uint32: i32 for bytes; for fp16 f32, rounded in each pass.

    ``first`` is the place of the first element, see :func:`passes`.
    """
    if a_type is not Type.F16:
        sums = dot.dot_i8(a, b, a_type.value, b_type.value)
        return sums if total is None else integers.add(total, sums, "i32")
    for places in passes(config, a.shape[1], first):
        part = dot.dot_f16(a[:, places], b[places])
        total = part if total is None else floats.add(total, part, "f32")
    assert total is not None
    return total


def matmul(a: Bits, b: Bits, a_type: Type, b_type: Type, config: Config) -> Bits:
    """a[..., M, K] by b[..., K, N]; leading axes broadcast."""
    leading = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if not b.shape[:-2] or np.prod(b.shape[:-2]) == 1:
        rows = product(a.reshape(-1, a.shape[-1]), b.reshape(b.shape[-2:]), a_type, b_type, config)
        return rows.reshape(*leading, a.shape[-2], b.shape[-1])
    left = np.broadcast_to(a, (*leading, *a.shape[-2:])).reshape(-1, *a.shape[-2:])
    right = np.broadcast_to(b, (*leading, *b.shape[-2:])).reshape(-1, *b.shape[-2:])
    parts = [product(x, y, a_type, b_type, config) for x, y in zip(left, right, strict=True)]
    return np.stack(parts).reshape(*leading, a.shape[-2], b.shape[-1])
