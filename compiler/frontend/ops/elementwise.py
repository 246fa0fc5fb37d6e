"""Elementwise arithmetic: Add, Sub, Mul, Div, Pow, Neg, Abs, Min, Max, Sum, Relu, PRelu, Clip, Sqrt, Where."""

import numpy as np

from arch.types import FLOAT_TYPES, Type
from compiler.frontend import exact
from compiler.frontend.build import TYPE_OF
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.steps import F16, F32, I32, SIGN, Source, Steps
from compiler.graph import ir

#: Integers that Div divides.
_INTEGERS = (Type.I8, Type.U8, Type.I16, Type.U16, I32)


def operand(view: View, steps: Steps, index: int, kind: Type) -> Source:
    """An input as an operand in its own type: a constant of one element is an immediate."""
    value = view.inputs[index]
    if isinstance(value, np.ndarray) and value.size == 1 and value.ndim <= 1 and value.dtype in TYPE_OF:
        if TYPE_OF[value.dtype] is not kind:
            view.refuse(f"input {index} is {value.dtype}, not {kind.value}")
        return value.reshape(()).item()
    return steps.input(view.tensor(index).name)


def kind_of(view: View, kinds: tuple[Type, ...] = tuple(Type)) -> Type:
    """Type of the first input that is not constant."""
    for n, value in enumerate(view.inputs):
        if isinstance(value, ir.Tensor):
            return view.one_of(view.tensor(n), kinds).type
    return view.tensor(0).type


def binary(op: str) -> Rule:
    """Add, Sub or Mul in the type of the operands."""

    def rule(view: View) -> Made:
        kind, steps = kind_of(view), Steps()
        steps.op(op, kind, operand(view, steps, 0, kind), operand(view, steps, 1, kind))
        return view.build.map(steps, view.wish)

    return rule


def extreme(op: str) -> Rule:
    """Min, Max or Add of any number of inputs."""

    def rule(view: View) -> Made:
        kind, steps = kind_of(view), Steps()
        result = operand(view, steps, 0, kind)
        for n in range(1, len(view.inputs)):
            result = steps.op(op, kind, result, operand(view, steps, n, kind))
        if not steps.steps:
            steps.op("Identity", kind, result)
        return view.build.map(steps, view.wish)

    return rule


def unary(op: str, kinds: tuple[Type, ...] = tuple(Type)) -> Rule:
    """An operation of the machine in the type of the operand."""

    def rule(view: View) -> Made:
        steps = Steps()
        x = view.one_of(view.tensor(0), kinds)
        steps.op(op, x.type, steps.input(x.name))
        return view.build.map(steps, view.wish)

    return rule


def relu(view: View) -> Made:
    """Relu; of unsigned numbers nothing."""
    x = view.tensor(0)
    return unary("ReLU")(view) if x.type.signed else x


def divide(view: View) -> Made:
    """Div. Of floats by a constant number fp32 is exact; else by RSqrt squared, in fp32 within 3 ulp."""
    kind, steps = kind_of(view, (*FLOAT_TYPES, *_INTEGERS)), Steps()
    if kind in _INTEGERS:
        return _divide_integers(view, kind)
    a = steps.cast(operand(view, steps, 0, kind), kind, F32) if not _number(view, 0) else view.scalar(0, "a")
    by = np.float32(view.scalar(1, "divisor")) if _number(view, 1) else None
    if kind is F16 and by is not None and exact.is_power_of_two(abs(by)) and 2.0**-13 < abs(by) < 2.0**13:
        a = operand(view, steps := Steps(), 0, F16)
        steps.op("Mul", F16, a, 1 / by)
        return view.build.map(steps, view.wish)
    if by is not None and np.isfinite(by) and by != 0:
        if kind is F32 and np.isfinite(np.float32(1) / by):
            result = _divide_finite(steps, a, by)
        else:
            result = steps.op("Mul", F32, a, np.float32(1) / by)
    else:
        b = steps.cast(operand(view, steps, 1, kind), kind, F32) if by is None else _held(steps, by)
        result = steps.divide(a, b)
    steps.cast(result, F32, kind)
    return view.build.map(steps, view.wish)


def _divide_integers(view: View, kind: Type) -> Made:
    """Quotient of integers, cut off toward zero: that of the magnitudes, with the sign of both.

    The quotient of fp32 is within 2**-22 of the true one, which of bytes is at least 1/255 below the next integer.
    """
    steps = Steps()
    x, y = (operand(view, steps, n, kind) for n in (0, 1))
    x, y = (one if isinstance(one, ir.Input) else steps.op("Identity", kind, one) for one in (x, y))
    if kind.bits > 8:
        result = _long_quotient(steps, x, y, kind)
        if kind.signed:
            differ = steps.op("Lt", kind, steps.op("Xor", kind, x, y), 0)
            result = steps.op("Select", I32, steps.op("Neg", I32, result), result, differ)
        steps.cast(result, I32, kind)
        return view.build.map(steps, view.wish)
    a, b = (steps.op("Cast", kind, one, to=F32) for one in (x, y))
    ratio = steps.op("Mul", F32, steps.op("Abs", F32, a), steps.reciprocal(steps.op("Abs", F32, b)))
    # A Cast rounds to the nearest integer.
    lower: Source = steps.op("Sub", F32, ratio, 0.5 - 2.0**-9)
    if kind.signed:
        sign = steps.op("And", Type.U32, steps.op("Xor", Type.U32, a, b), ir.Immediate(SIGN[F32]))
        lower = steps.op("Xor", Type.U32, lower, sign)
    steps.cast(lower, F32, kind)
    return view.build.map(steps, view.wish)


def _long_quotient(steps: Steps, x: Source, y: Source, kind: Type) -> Source:
    """Quotient of the magnitudes of integers of 16 or 32 bits, mended by its remainders.

    Behind a quotient of 16 bits, or of 32 bits behind that of its remainder, what is left is less than the divisor, and
    below zero if the quotient was rounded up.
    """
    left, by = (steps.op("Abs", I32, steps.cast(one, kind, I32)) for one in (x, y))
    # As unsigned, for the magnitude of -2**31 is 2**31.
    inverse = steps.reciprocal(steps.op("Cast", Type.U32, by, to=F32))
    quotient: Source | None = None
    for what in (Type.U32, I32)[: kind.bits // 16]:
        ratio = steps.op("Mul", F32, steps.op("Cast", what, left, to=F32), inverse)
        part = steps.op("Cast", F32, ratio, to=I32)
        left = steps.op("Sub", I32, left, steps.op("Mul", I32, part, by))
        quotient = part if quotient is None else steps.op("Add", I32, quotient, part)
    assert quotient is not None
    up = steps.op("Cast", Type.U8, steps.op("Lt", I32, left, 0), to=I32)
    return steps.op("Sub", I32, quotient, up)


def _divide_finite(steps: Steps, a: Source, by: np.float32) -> Source:
    """The exact quotient, with infinities kept: they have no remainder."""
    result = exact.divide(steps, a, by)
    if exact.is_power_of_two(abs(by)):
        return result
    product = steps.op("Mul", F32, a, np.float32(1) / by)
    infinite = steps.op("Eq", F32, steps.op("Abs", F32, product), float("inf"))
    return steps.op("Select", F32, product, result, infinite)


def _number(view: View, index: int) -> bool:
    value = view.inputs[index]
    return isinstance(value, np.ndarray) and value.size == 1 and value.ndim <= 1


def _held(steps: Steps, number: float | np.floating) -> Source:
    """A number as the result of a step, where an operation needs it more than once."""
    return steps.op("Identity", F32, number)


def through_f32(write) -> Rule:
    """A rule that computes a float function in fp32 and rounds once to the operand's type."""

    def rule(view: View) -> Made:
        x, steps = view.one_of(view.tensor(0), FLOAT_TYPES), Steps()
        steps.cast(write(steps, steps.cast(steps.input(x.name), x.type, F32)), F32, x.type)
        return view.build.map(steps, view.wish)

    return rule


def power(view: View) -> Made:
    """Pow by a constant 1/2, 1, 2 or 3."""
    exponent = view.scalar(1, "exponent")
    x = view.one_of(view.tensor(0), FLOAT_TYPES)
    if exponent == 1:
        return x

    def write(steps: Steps, a: Source) -> Source:
        if exponent == 0.5:
            return steps.sqrt(a)
        square = steps.op("Mul", F32, a, a)
        return square if exponent == 2 else steps.op("Mul", F32, square, a)

    if exponent not in (0.5, 2, 3):
        view.refuse(f"exponent must be 0.5, 1, 2 or 3, not {exponent}")
    return through_f32(write)(view)


def clip(view: View) -> Made:
    """Clip between constants; either may be missing."""
    x, steps = view.tensor(0), Steps()
    result: Source = steps.input(x.name)
    for index, name, op in ((1, "min", "Max"), (2, "max", "Min")):
        if view.has(index):
            result = steps.op(op, x.type, result, view.scalar(index, name))
    return view.build.map(steps, view.wish) if steps.steps else x


def where(view: View) -> Made:
    """Where with a constant condition, as a causal mask has it."""
    condition = view.build.constant(view.constant(0, "condition").astype(np.uint8), view.node.input[0])
    others = [value for value in view.inputs[1:] if isinstance(value, ir.Tensor)]
    kind, steps = others[0].type if others else view.tensor(1).type, Steps()
    a, b = (operand(view, steps, n, kind) for n in (1, 2))
    steps.op("Select", kind, a, b, steps.input(condition.name))
    return view.build.map(steps, view.wish)


def prelu(view: View) -> Made:
    """PRelu: the slope broadcasts."""
    kind, steps = kind_of(view, FLOAT_TYPES), Steps()
    x, slope = (steps.cast(operand(view, steps, n, kind), kind, F32) for n in (0, 1))
    negative = steps.op("Lt", F32, x, 0.0)
    steps.cast(steps.op("Select", F32, steps.op("Mul", F32, x, slope), x, negative), F32, kind)
    return view.build.map(steps, view.wish)


def identity(view: View) -> Made:
    """The input itself."""
    return view.tensor(0)


def dropout(view: View) -> Made:
    """Dropout does nothing when a network is only used."""
    if view.has(2) and view.scalar(2, "training_mode"):
        view.refuse("training_mode must be false")
    return view.tensor(0)


def reciprocal(view: View) -> Made:
    """1 / x, as a division."""
    return through_f32(lambda steps, a: steps.divide(1.0, a))(view)


_SIGNED = tuple(kind for kind in Type if kind.signed)
OPERATORS: dict[str, Rule] = {
    "Abs": unary("Abs"),
    "Add": binary("Add"),
    "Clip": clip,
    "Div": divide,
    "Dropout": dropout,
    "Identity": identity,
    "Max": extreme("Max"),
    "Min": extreme("Min"),
    "Mul": binary("Mul"),
    "Neg": unary("Neg", _SIGNED),
    "PRelu": prelu,
    "Pow": power,
    "Reciprocal": reciprocal,
    "Relu": relu,
    "Sqrt": through_f32(lambda steps, a: steps.sqrt(a)),
    "Sub": binary("Sub"),
    "Sum": extreme("Add"),
    "Where": where,
}
