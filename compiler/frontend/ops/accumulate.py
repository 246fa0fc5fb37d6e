"""Integer products with zero points: matrices whose products are exact in i32, and what to add to them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from arch.types import Type
from compiler.frontend.build import Builder
from compiler.frontend.steps import F32, I32, Source, Steps
from compiler.graph import ir

BYTES = (Type.I8, Type.U8)


@dataclass(frozen=True)
class Factor:
    """One side of a product: a tensor of bytes, or a constant array of them, and its zero point.

    Attributes
    ----------
    value
        The bytes.
    zero
        Integers that broadcast to it; of a tensor one number.
    """

    value: ir.Tensor | np.ndarray
    zero: np.ndarray

    @property
    def fixed(self) -> bool:
        """Whether it is constant."""
        return isinstance(self.value, np.ndarray)

    def centered(self) -> np.ndarray:
        """A constant's values minus its zero point, int64."""
        assert isinstance(self.value, np.ndarray)
        return self.value.astype(np.int64) - self.zero

    def matrices(self) -> list[np.ndarray]:
        """Arrays of bytes whose sum is the constant minus its zero point; mostly one."""
        rest, parts = self.centered(), []
        for kind in (np.int8, np.uint8):
            limits = np.iinfo(kind)
            if limits.min <= rest.min() and rest.max() <= limits.max:
                return [rest.astype(kind)]
        while not parts or rest.any():
            parts.append(np.clip(rest, -128, 127).astype(np.int8))
            rest = rest - parts[-1]
        return parts


@dataclass
class Sum:
    """Tensors of i32, each times a number, and a constant, all to be added.

    Attributes
    ----------
    terms
        Tensors and their multipliers; the first has the result's shape.
    constant
        Integers that broadcast to it, modulo 2**32.
    """

    terms: list[tuple[ir.Tensor, int]]
    constant: np.ndarray = field(default_factory=lambda: np.zeros((), np.int64))

    def write(self, build: Builder, steps: Steps) -> Source:
        """Append the addition to steps."""
        total: Source | None = None
        for tensor, factor in self.terms:
            term: Source = steps.input(tensor.name)
            if factor != 1:
                term = steps.op("Mul", I32, term, wrapped(np.int64(factor)).item())
            total = term if total is None else steps.op("Add", I32, total, term)
        assert total is not None
        if self.constant.any():
            total = steps.op("Add", I32, total, number(build, steps, wrapped(self.constant), "bias"))
        return total


def wrapped(values: np.ndarray | np.int64) -> np.ndarray:
    """int32 of the same residue modulo 2**32."""
    return (np.asarray(values).astype(np.int64) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def number(build: Builder, steps: Steps, array: np.ndarray, wish: str) -> Source:
    """A constant as an operand: an immediate if all its elements are one number."""
    if (array == array.reshape(-1)[0]).all():
        return array.reshape(-1)[0].item()
    return steps.input(build.constant(array, wish).name)


def products(build: Builder, a: Factor, b: Factor, wish: str) -> Sum:
    """(a - zero) @ (b - zero) for a[..., M, K] and b[..., K, N], at least one of them a tensor."""
    multiply = _multiplier(build, wish)
    lefts = a.matrices() if isinstance(a.value, np.ndarray) else [a.value]
    rights = b.matrices() if isinstance(b.value, np.ndarray) else [b.value]
    total = Sum([(multiply(x, y), 1) for x in lefts for y in rights])
    za, zb = (0 if side.fixed else int(side.zero.reshape(-1)[0]) for side in (a, b))
    length = (a.value.shape)[-1]
    if za:
        if b.fixed:
            total.constant = total.constant - za * b.centered().sum(axis=-2, keepdims=True)
        else:
            total.terms.append((multiply(np.ones((1, length), np.uint8), b.value), -za))
    if zb:
        if a.fixed:
            total.constant = total.constant - zb * a.centered().sum(axis=-1, keepdims=True)
        else:
            total.terms.append((multiply(a.value, np.ones((length, 1), np.uint8)), -zb))
    total.constant = total.constant + length * za * zb
    return total


def _multiplier(build: Builder, wish: str) -> Callable[..., ir.Tensor]:
    def tensor(value: ir.Tensor | np.ndarray) -> ir.Tensor:
        return build.constant(value, f"{wish}.w") if isinstance(value, np.ndarray) else value

    def multiply(x: ir.Tensor | np.ndarray, y: ir.Tensor | np.ndarray) -> ir.Tensor:
        return build.add(ir.MatMul((tensor(x).name, tensor(y).name), f"{wish}.acc"))

    return multiply


def requantize(build: Builder, total: Sum, scale: np.ndarray, zero: int, kind: Type, wish: str) -> ir.Tensor:
    """Sums rounded to f32, times a scale that broadcasts, rounded half to even, plus the zero point, saturated.

    That is onnxruntime's way (and that of ``golden.numerics.requantize``).
    """
    steps = Steps()
    wide = steps.op("Cast", I32, total.write(build, steps), to=F32)
    scaled = steps.op("Mul", F32, wide, number(build, steps, scale.astype(np.float32), "scale"))
    steps.cast(scaled, F32, kind, zero)
    return build.map(steps, wish)


def written(build: Builder, total: Sum, wish: str) -> ir.Tensor:
    """The sum as a tensor of i32."""
    if len(total.terms) == 1 and not total.constant.any():
        return total.terms[0][0]
    steps = Steps()
    total.write(build, steps)
    return build.map(steps, wish)
