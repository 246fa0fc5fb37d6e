"""Quantized results equal to onnxruntime's, whatever it computes: verified operand by operand while compiling.

A function of one byte has 256 operands, one of two bytes 65,536, and quantizing a float is monotone, so that only its
thresholds matter. A few steps are written down, run on all of these, and mended where they differ.
"""

from collections.abc import Callable

import numpy as np

from arch.types import Type
from compiler.frontend.steps import F32, I32, U8, Source, Steps
from compiler.graph import ir
from compiler.graph.bits import array_of, bits_of
from compiler.graph.check import DTYPES
from compiler.graph.evaluate import map_steps

#: Operands at which a function may be mended; more would be a wrong function.
MENDED = 40
#: Neighbors of a threshold that are compared, in ulp on either side: more than any approximation here is off.
_NEAR = 4
#: Bits of the upper half of a significand.
UPPER = 0xFFFFF000


def domain(kind: Type) -> np.ndarray:
    """All 256 values of a byte type, by their bits."""
    return array_of(np.arange(256, dtype=np.uint32), kind)


def run(steps: Steps, kind: Type, *inputs: np.ndarray) -> np.ndarray:
    """Results of steps, of type ``kind``, on arrays of one shape."""
    return array_of(map_steps(tuple(steps.steps), [bits_of(array) for array in inputs], inputs[0].shape), kind)


def mend(steps: Steps, result: Source, wanted: np.ndarray, kind: Type, operands: tuple[np.ndarray, ...]) -> int:
    """Append steps that repair a byte function where it differs from ``wanted``; the number of places.

    Parameters
    ----------
    steps
        Steps whose inputs are bytes, in the order of ``operands``; the last gives the result.
    result
        That result.
    wanted, operands
        Arrays of one shape: every operand that can occur, and what it must give.
    kind
        Type of the result.
    """
    wrong = np.flatnonzero(bits_of(run(steps, kind, *operands)) != bits_of(wanted))
    if wrong.size > MENDED:
        return int(wrong.size)
    for place in wrong:
        hits = [
            steps.op("Eq", U8, ir.Input(n), ir.Immediate(int(bits_of(operand)[place])))
            for n, operand in enumerate(operands)
        ]
        hit = hits[0] if len(hits) == 1 else steps.op("And", U8, *hits)
        result = steps.op("Select", kind, ir.Immediate(int(bits_of(wanted)[place])), result, hit)
    return int(wrong.size)


#: Makes an operand of numbers that broadcast to a tensor, for those who read the graph with a name.
Number = Callable[[np.ndarray, str], Source]


def single(array: np.ndarray, wish: str) -> Source:
    """One number as an operand."""
    return array.item()


def is_power_of_two(value: np.ndarray | np.float32) -> bool:
    """Whether division by the value, or by each of several, is a multiplication."""
    half = np.frexp(value)[0] == 0.5
    return bool((half & (value > np.float32(2.0**-100)) & (value < np.float32(2.0**100))).all())


def divide(steps: Steps, x: Source, by: np.ndarray | np.float32, number: Number = single) -> Source:
    """x / by rounded once, as the division of IEEE 754 is: a quotient, its exact remainder, a correction.

    Halves of 12 bits make every product exact (Dekker, 1971), and the correction is far below the quotient. x must be
    finite, and neither x nor the remainder near the subnormal range.

    Parameters
    ----------
    by
        float32, one or several that broadcast to x.
    number
        Makes operands of them.
    """
    by = np.asarray(by, np.float32)
    inverse = number(np.float32(1) / by, "inverse")
    if is_power_of_two(by):
        return steps.op("Mul", F32, x, inverse)
    upper = array_of(bits_of(by) & np.uint32(UPPER), Type.F32)
    quotient = steps.op("Mul", F32, x, inverse)
    high = steps.op("And", Type.U32, quotient, ir.Immediate(UPPER))
    low = steps.op("Sub", F32, quotient, high)
    rest: Source = x
    for part in (upper, by - upper):
        if part.any():
            factor = number(part, "divisor")
            for half in (high, low):
                rest = steps.op("Sub", F32, rest, steps.op("Mul", F32, half, factor))
    return steps.op("Add", F32, quotient, steps.op("Mul", F32, rest, inverse))


def thresholds(function: Callable[[np.ndarray], np.ndarray], kind: Type) -> np.ndarray:
    """Floats at and near which a monotone function of float32 steps to its next value, and some far away."""
    limits = np.iinfo(DTYPES[kind])
    values = np.arange(limits.min + 1, limits.max + 1)
    low = np.full(values.shape, _order(np.float32(-3e38)), np.int64)
    high = np.full(values.shape, _order(np.float32(3e38)), np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        above = function(_float(middle)).astype(np.int64) >= values
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    near = high[:, None] + np.arange(-_NEAR, _NEAR + 1)
    far = np.array([0.0, -0.0, 1e30, -1e30, 1e-30, -1e-30], np.float32)
    return np.concatenate([_float(near.reshape(-1)), far])


def _order(values: np.ndarray | np.float32) -> np.ndarray:
    """Integers in the order of the floats."""
    bits = bits_of(np.asarray(values)).astype(np.int64)
    return np.where(bits >> 31, -(bits & 0x7FFFFFFF), bits)


def _float(order: np.ndarray) -> np.ndarray:
    bits = np.where(order < 0, 0x80000000 - order, order)
    return array_of(bits.astype(np.uint32), Type.F32)


def quantize(steps: Steps, x: Source, scale: np.float32, zero: int, kind: Type, loose: bool = False) -> Source:
    """QuantizeLinear of f32: x / scale rounded once, half to even, plus the zero point, saturated.

    A multiplication does if it gives the same at every threshold, or if ``loose``; else the division is made exactly.
    """
    inverse = np.float32(1) / scale
    if loose or _multiplies(scale, zero, kind):
        return steps.cast(steps.op("Mul", F32, x, inverse), F32, kind, zero)
    # Beyond this all is saturated, and infinity has no remainder.
    bound = scale * _beyond(kind)
    inside = steps.op("Min", F32, steps.op("Max", F32, x, -bound), bound)
    return steps.cast(divide(steps, inside, scale), F32, kind, zero)


def quantize_each(
    steps: Steps, x: Source, scale: np.ndarray, zero: np.ndarray, kind: Type, number: Number, loose: bool = False
) -> Source:
    """:func:`quantize` with scales float32 and zero points int64 that broadcast to the tensor, and to each other."""
    pairs = {pair for pair in zip(*(array.ravel().tolist() for array in np.broadcast_arrays(scale, zero)), strict=True)}
    bound = scale * _beyond(kind)
    inside = steps.op("Min", F32, steps.op("Max", F32, x, number(-bound, "bound")), number(bound, "bound"))
    if loose or all(_multiplies(np.float32(one), other, kind) for one, other in pairs):
        quotient = steps.op("Mul", F32, inside, number(np.float32(1) / scale, "inverse"))
    else:
        quotient = divide(steps, inside, scale, number)
    rounded = steps.op("Cast", F32, quotient, to=I32)
    return steps.op("Cast", I32, steps.op("Add", I32, rounded, number(zero.astype(np.int32), "zero")), to=kind)


def _beyond(kind: Type) -> np.float32:
    """Steps of the scale beyond which all is saturated, whatever the zero point."""
    return np.float32(4 << kind.bits)


def _multiplies(scale: np.float32, zero: int, kind: Type) -> bool:
    """Whether to quantize is to multiply by the inverse of the scale, at every threshold."""
    inverse = np.float32(1) / scale

    def reference(values: np.ndarray) -> np.ndarray:
        limits = np.iinfo(DTYPES[kind])
        with np.errstate(over="ignore"):
            rounded = np.rint(values / scale).astype(np.float64)
        return np.clip(rounded + zero, limits.min, limits.max).astype(DTYPES[kind])

    return _equal(reference, kind, lambda s: s.cast(s.op("Mul", F32, ir.Input(0), inverse), F32, kind, zero))


def _equal(reference: Callable[[np.ndarray], np.ndarray], kind: Type, write: Callable[[Steps], Source]) -> bool:
    steps = Steps()
    steps.input("x")
    write(steps)
    values = thresholds(reference, kind)
    return bool((run(steps, kind, values) == reference(values)).all())
