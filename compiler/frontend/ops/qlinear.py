"""onnxruntime's operators on bytes: QLinearAdd, QLinearMul, QLinearSigmoid, QLinearConcat and their like.

What they compute is onnxruntime's own business, so it is asked while compiling: it gives the results for all operands
of a byte or of two, steps are written in its order of operations, and where they differ they are mended.
"""

from collections.abc import Callable, Iterator

import numpy as np

from compiler.frontend import exact
from compiler.frontend.context import Made, Rule, Value, View
from compiler.frontend.ops import activation, quantized
from compiler.frontend.ops.accumulate import BYTES
from compiler.frontend.ops.quantize import dequantized
from compiler.frontend.steps import F32, Source, Steps
from compiler.graph import ir

#: Ulps by which the constants of a sum are moved, until all results are right.
_MOVES = (0, 1, -1, 2, -2)


def operands(value: np.ndarray | ir.Tensor | None) -> np.ndarray:
    """Bytes that an input may hold."""
    if isinstance(value, ir.Tensor):
        return exact.domain(value.type)
    assert value is not None
    return np.unique(value)


def chosen(view: View, candidates: Iterator[tuple[Steps, Source]], wanted: np.ndarray, kind, given: tuple) -> Value:
    """The first candidate without a fault, or the first one mended."""
    best: tuple[int, Steps, Source] | None = None
    for steps, result in candidates:
        wrong = int((exact.run(steps, kind, *given) != wanted).sum())
        if best is None or wrong < best[0]:
            best = (wrong, steps, result)
        if wrong == 0:
            break
    assert best is not None
    wrong, steps, result = best
    if exact.mend(steps, result, wanted, kind, given) > exact.MENDED:
        view.refuse(f"{wrong} of {wanted.size} results differ from onnxruntime's")
    return view.build.map(steps, view.wish)


def _pairs(view: View) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Every pair of operands that can occur, and onnxruntime's results."""
    a, b = (operands(view.inputs[n]) for n in (0, 3))
    first, second = np.repeat(a, b.size), np.tile(b, a.size)
    if view.node.input[0] == view.node.input[3]:
        first = second = a
    name_a, name_b = view.node.input[0], view.node.input[3]
    return (first, second), view.computed({name_a: first, name_b: second})[0]


def _binary(write: Callable[..., Iterator[tuple[Steps, Source]]]) -> Rule:
    def rule(view: View) -> Made:
        scales = [quantized.scale(view, n) for n in (1, 4, 6)]
        tensors = [view.one_of(view.tensor(n), BYTES) for n in (0, 3)]
        kind = scales[2].kind
        if kind not in BYTES:
            view.refuse("the result must be int8 or uint8")
        given, wanted = _pairs(view)
        if tensors[0] is tensors[1]:
            given = given[:1]
        return chosen(view, write(tensors, scales), wanted, kind, given)

    return rule


def _add(tensors: list[ir.Tensor], scales: list[quantized.Scale]) -> Iterator[tuple[Steps, Source]]:
    """a * (sa / sy) + b * (sb / sy) + (zy - za * (sa / sy) - zb * (sb / sy)), in f32."""
    a, b, y = scales
    ratios = (np.float32(a.number / y.number), np.float32(b.number / y.number))
    fixed = np.float32(y.offset) - (ratios[0] * np.float32(a.offset) + ratios[1] * np.float32(b.offset))
    for order in (0, 1):
        for move in _MOVES:
            for first in _MOVES:
                for second in _MOVES:
                    values = (_moved(ratios[0], first), _moved(ratios[1], second), _moved(fixed, move))
                    yield _sum(tensors, values, y, order)


def _moved(value: np.float32, ulps: int) -> np.float32:
    for _ in range(abs(ulps)):
        value = np.nextafter(value, np.float32(np.inf if ulps > 0 else -np.inf), dtype=np.float32)
    return value


def _sum(tensors: list[ir.Tensor], values: tuple, y: quantized.Scale, order: int) -> tuple[Steps, Source]:
    steps = Steps()
    inputs = [steps.input(t.name) for t in tensors]
    parts = [
        steps.op("Mul", F32, steps.op("Cast", t.type, source, to=F32), ratio)
        for t, source, ratio in zip(tensors, inputs, values, strict=False)
    ]
    if order:
        total = steps.op("Add", F32, parts[0], steps.op("Add", F32, parts[1], values[2]))
    else:
        total = steps.op("Add", F32, steps.op("Add", F32, parts[0], parts[1]), values[2])
    assert y.kind is not None
    return steps, steps.cast(total, F32, y.kind)


def _mul(tensors: list[ir.Tensor], scales: list[quantized.Scale]) -> Iterator[tuple[Steps, Source]]:
    """(a - za) * (b - zb), exact, times sa * sb / sy, rounded, plus zy."""
    a, b, y = scales
    factor = np.float32(a.number * b.number / y.number)
    assert y.kind is not None
    for move in _MOVES:
        for zero_first in (False, True):
            steps = Steps()
            inputs = [steps.input(t.name) for t in tensors]
            parts = []
            for t, source, scale in zip(tensors, inputs, scales, strict=False):
                wide = steps.op("Cast", t.type, source, to=F32)
                parts.append(steps.op("Sub", F32, wide, float(scale.offset)) if scale.offset else wide)
            product = steps.op("Mul", F32, steps.op("Mul", F32, *parts), _moved(factor, move))
            if zero_first and y.offset:
                yield steps, steps.cast(steps.op("Add", F32, product, float(y.offset)), F32, y.kind)
            else:
                yield steps, steps.cast(product, F32, y.kind, y.offset)


def single(write: Callable[[Steps, Source], Source]) -> Rule:
    """A function of one byte: x, its scale and zero point, those of the result."""

    def rule(view: View) -> Made:
        sx, sy = quantized.scale(view, 1), quantized.scale(view, 3)
        x = view.one_of(view.tensor(0), BYTES)
        kind = sy.kind or x.type
        domain = exact.domain(x.type)
        wanted = view.computed({view.node.input[0]: domain})[0]
        steps = Steps()
        value = write(steps, dequantized(steps, view, x, sx))
        result = exact.quantize(steps, value, sy.number, sy.offset, kind, loose=True)
        return chosen(view, iter([(steps, result)]), wanted, kind, (domain,))

    return rule


def _leaky(view: View) -> Made:
    alpha = view.attribute("alpha", 0.01)

    def write(steps: Steps, x: Source) -> Source:
        return steps.op("Select", F32, steps.op("Mul", F32, x, alpha), x, steps.op("Lt", F32, x, 0.0))

    return single(write)(view)


def concat(view: View) -> Made:
    """QLinearConcat: each input brought to the result's scale, then put together."""
    sy = quantized.scale(view, 0)
    parts = []
    for n in range(2, len(view.inputs), 3):
        sx = quantized.scale(view, n + 1)
        x = view.one_of(view.tensor(n), BYTES)
        if x.type is not sy.kind:
            view.refuse("all inputs and the result must be of one type")
        parts.append(x if (sx.number, sx.offset) == (sy.number, sy.offset) else _rescaled(view, n, x, sx, sy))
    axis = view.axis(view.attribute("axis", 0), len(parts[0].shape))
    return view.build.add(ir.Concat(tuple(t.name for t in parts), view.wish, axis=axis))


def _rescaled(view: View, n: int, x: ir.Tensor, sx: quantized.Scale, sy: quantized.Scale) -> ir.Tensor:
    domain = exact.domain(x.type)
    node = type(view.node)()
    node.CopyFrom(view.node)
    del node.input[2:], node.attribute[:]
    node.input.extend(view.node.input[n : n + 3])
    node.attribute.extend(a for a in view.node.attribute if a.name != "axis")
    node.attribute.add(name="axis", i=0, type=2)
    alone = View(node, view.context)
    wanted = alone.computed({view.node.input[n]: domain})[0]
    steps = Steps()
    result = exact.quantize(steps, dequantized(steps, view, x, sx), sy.number, sy.offset, x.type, loose=True)
    made = chosen(alone, iter([(steps, result)]), wanted, x.type, (domain,))
    assert isinstance(made, ir.Tensor)
    return made


OPERATORS: dict[str, Rule] = {
    "QLinearAdd": _binary(_add),
    "QLinearConcat": concat,
    "QLinearLeakyRelu": _leaky,
    "QLinearMul": _binary(_mul),
    "QLinearSigmoid": single(activation.sigmoid),
}
