"""Products of matrices as the MXM computes them."""

import numpy as np

from arch.config import Config
from arch.types import Type
from golden.numerics import dot, floats, integers

Bits = np.ndarray


def product(a: Bits, b: Bits, a_type: Type, b_type: Type, config: Config, total: Bits | None = None) -> Bits:
    """a[M, K] by b[K, N] on top of ``total``, raw bits as uint32: i32 for bytes; for fp16 f32, rounded in each pass."""
    if a_type is not Type.F16:
        sums = dot.dot_i8(a, b, a_type.value, b_type.value)
        return sums if total is None else integers.add(total, sums, "i32")
    size = config.vector // 2
    for first in range(0, a.shape[1], size):
        part = dot.dot_f16(a[:, first : first + size], b[first : first + size])
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
