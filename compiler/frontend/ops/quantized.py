"""Reading the quantization parameters of a node's inputs."""

from dataclasses import dataclass

import numpy as np

from arch.types import Type
from compiler.frontend.build import TYPE_OF
from compiler.frontend.context import View
from compiler.frontend.ops.accumulate import BYTES, Factor
from compiler.graph import ir


@dataclass(frozen=True)
class Scale:
    """Scale and zero point of a tensor, or of each of its channels.

    Attributes
    ----------
    scale
        float32, () or [channels].
    zero
        int64, likewise.
    kind
        Type of the zero point, hence of the tensor; None if there is no zero point.
    """

    scale: np.ndarray
    zero: np.ndarray
    kind: Type | None

    @property
    def number(self) -> np.float32:
        """The scale of a tensor that has one."""
        return np.float32(self.scale.reshape(-1)[0])

    @property
    def offset(self) -> int:
        """The zero point of a tensor that has one."""
        return int(self.zero.reshape(-1)[0])


def scale(view: View, index: int, zero_index: int | None = None, channels: bool = False) -> Scale:
    """Parameters at inputs ``index`` and the next one, checked; one of each unless ``channels`` are allowed."""
    at = index + 1 if zero_index is None else zero_index
    scales = view.constant(index, "scale")
    if scales.dtype not in (np.float32, np.float16) or not (np.isfinite(scales).all() and (scales > 0).all()):
        view.refuse(f"scale {view.node.input[index]!r} must hold finite floats above 0")
    zeros = view.constant(at, "zero point") if view.has(at) else None
    if zeros is not None and zeros.dtype not in TYPE_OF:
        view.refuse(f"zero point must be an integer of the machine, not {zeros.dtype}")
    kind = None if zeros is None else TYPE_OF[zeros.dtype]
    values = np.zeros((), np.int64) if zeros is None else zeros.astype(np.int64)
    both = (_unit(scales.astype(np.float32)), _unit(values))
    if not channels and any(array.size != 1 for array in both):
        view.refuse("scale and zero point must be one number each, not one for each channel")
    return Scale(*both, kind)


def _unit(array: np.ndarray) -> np.ndarray:
    return array.reshape(()) if array.size == 1 else array


def factor(view: View, index: int, zero: np.ndarray) -> Factor:
    """An input as a factor of an integer product; a tensor has one zero point."""
    value = view.inputs[index]
    if isinstance(value, ir.Tensor):
        view.one_of(value, BYTES)
        if zero.size != 1 and zero.any() and (zero != zero.reshape(-1)[0]).any():
            view.refuse(f"zero points for each channel need constant weights, input {index} is not")
    elif not isinstance(value, np.ndarray) or TYPE_OF.get(value.dtype) not in BYTES:
        view.refuse(f"input {index} must be int8 or uint8")
    return Factor(value, zero)
