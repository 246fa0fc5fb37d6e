"""Elementwise arithmetic: Add, Sub, Mul, Div, Pow, Neg, Abs, Min, Max, Sum, Relu, PRelu, Clip, Sqrt, Where."""

import numpy as np

from arch.types import FLOAT_TYPES, Type
from compiler.frontend import exact
from compiler.frontend.build import TYPE_OF
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.steps import F16, F32, Source, Steps
from compiler.graph import ir


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
    """Div of floats. By a constant number fp32 is exact; else by RSqrt squared, in fp32 within 3 ulp."""
    kind, steps = kind_of(view, FLOAT_TYPES), Steps()
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
