"""What the windows of convolutions and pools see, as element numbers."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from compiler.graph.ir import Conv, Pool
from compiler.schedule.access import BORDER


def taps(index: NDArray[np.int64], node: Conv | Pool, kernel: tuple[int, ...]) -> Iterator[NDArray[np.int64]]:
    """For each tap of a window, in row-major order, the element numbers that it sees: int64[N, *out, C].

    Parameters
    ----------
    index
        int64[N, C, *S].
    """
    padded = np.pad(index, ((0, 0), (0, 0), *node.pads), constant_values=BORDER)
    sizes = [
        (size - dilation * (k - 1) - 1) // stride + 1
        for size, k, stride, dilation in zip(padded.shape[2:], kernel, node.strides, node.dilations, strict=True)
    ]
    for tap in product(*(range(k) for k in kernel)):
        chosen = tuple(
            slice(t * dilation, t * dilation + (n - 1) * stride + 1, stride)
            for t, n, stride, dilation in zip(tap, sizes, node.strides, node.dilations, strict=True)
        )
        yield np.moveaxis(padded[(slice(None), slice(None), *chosen)], 1, -1)
