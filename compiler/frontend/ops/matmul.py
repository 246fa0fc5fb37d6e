"""Products of matrices: MatMul, Gemm, MatMulInteger, QLinearMatMul and onnxruntime's QGemm."""

import numpy as np

from arch.types import Type
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.ops import accumulate, quantized
from compiler.frontend.ops.accumulate import Factor
from compiler.frontend.steps import F16, F32, Source, Steps
from compiler.graph import ir

FP32 = "computes in fp32: quantize the model (superlane quantize) or convert it (--cast fp16)"


def _matrix(view: View, factor: Factor, left: bool) -> Factor:
    """A factor with at least two axes, as NumPy's matmul sees it."""
    if len(factor.value.shape) == 0:
        view.refuse("a factor must have an axis")
    if len(factor.value.shape) > 1:
        return factor
    shape = (1, factor.value.shape[0]) if left else (factor.value.shape[0], 1)
    if isinstance(factor.value, np.ndarray):
        return Factor(factor.value.reshape(shape), factor.zero)
    return Factor(view.build.reshape(factor.value, shape), factor.zero)


def _vector(view: View, result: ir.Tensor) -> ir.Tensor:
    """The result without the axes that vectors were given."""
    ranks = [len(value.shape) for value in (view.inputs[i] for i in _sides(view)) if value is not None]
    shape = list(result.shape)
    if ranks[1] == 1:
        del shape[-1]
    if ranks[0] == 1:
        del shape[-1 if ranks[1] == 1 else -2]
    return view.build.reshape(result, shape)


def _sides(view: View) -> tuple[int, int]:
    return (0, 3) if view.node.op_type == "QLinearMatMul" else (0, 1)


def half(view: View, index: int) -> ir.Tensor:
    """An input of an fp16 product."""
    tensor = view.tensor(index)
    if tensor.type is F32:
        view.refuse(FP32)
    return view.one_of(tensor, (F16,))


def matmul(view: View) -> Made:
    """MatMul of fp16: exact products, summed in f32 pass by pass, rounded to fp16."""
    none = np.zeros((), np.int64)
    a = _matrix(view, Factor(half(view, 0), none), True).value
    b = _matrix(view, Factor(half(view, 1), none), False).value
    assert isinstance(a, ir.Tensor) and isinstance(b, ir.Tensor)
    product = view.build.add(ir.MatMul((a.name, b.name), f"{view.wish}.acc"))
    return _vector(view, view.build.cast(product, F16))


def gemm(view: View) -> Made:
    """Gemm of fp16: alpha, beta and C in f32, one rounding to fp16."""
    build = view.build
    a = _transposed(view, half(view, 0), "transA")
    b = _transposed(view, half(view, 1), "transB")
    product = build.add(ir.MatMul((a.name, b.name), f"{view.wish}.acc"))
    steps = Steps()
    total: Source = steps.input(product.name)
    if (alpha := view.attribute("alpha", 1.0)) != 1.0:
        total = steps.op("Mul", F32, total, alpha)
    beta = view.attribute("beta", 1.0)
    if view.has(2) and beta:
        c: Source = steps.op("Cast", F16, steps.input(half(view, 2).name), to=F32)
        c = c if beta == 1.0 else steps.op("Mul", F32, c, beta)
        total = steps.op("Add", F32, total, c)
    steps.cast(total, F32, F16)
    return build.map(steps, view.wish)


def _transposed(view: View, tensor: ir.Tensor, attribute: str) -> ir.Tensor:
    return view.build.transpose(tensor, (1, 0)) if view.attribute(attribute, 0) else tensor


def matmul_integer(view: View) -> Made:
    """MatMulInteger: the sums themselves."""
    zeros = []
    for index in (2, 3):
        values = view.constant(index, "zero point").astype(np.int64) if view.has(index) else np.zeros((), np.int64)
        zeros.append(values.reshape(-1, 1) if index == 2 and values.ndim == 1 and values.size > 1 else values)
    a = _matrix(view, quantized.factor(view, 0, zeros[0]), True)
    b = _matrix(view, quantized.factor(view, 1, zeros[1]), False)
    total = accumulate.products(view.build, a, b, view.wish)
    return _vector(view, accumulate.written(view.build, total, view.wish))


def qlinear_matmul(view: View) -> Made:
    """QLinearMatMul, weights with a scale for each column or for all."""
    sa, sb, sy = quantized.scale(view, 1), quantized.scale(view, 4, channels=True), quantized.scale(view, 6)
    a = _matrix(view, quantized.factor(view, 0, sa.zero), True)
    b = _matrix(view, quantized.factor(view, 3, sb.zero), False)
    total = accumulate.products(view.build, a, b, view.wish)
    factor = (sa.number * sb.scale / sy.number).astype(np.float32)
    kind = _result_type(view, sy)
    return _vector(view, accumulate.requantize(view.build, total, factor, sy.offset, kind, view.wish))


def _result_type(view: View, scale: quantized.Scale) -> Type:
    if scale.kind not in accumulate.BYTES:
        view.refuse("the result must be int8 or uint8")
    return scale.kind


def qgemm(view: View) -> Made:
    """QGemm of onnxruntime; without a scale of the result this is f32."""
    if view.attribute("alpha", 1.0) != 1.0:
        view.refuse(f"alpha must be 1, not {view.attribute('alpha')}")
    sa, sb = quantized.scale(view, 1), quantized.scale(view, 4, channels=True)
    a = quantized.factor(view, 0, sa.zero)
    b = quantized.factor(view, 3, sb.zero)
    if view.attribute("transA", 0):
        a = _flipped(view, a)
    if view.attribute("transB", 0):
        b = _flipped(view, Factor(b.value, b.zero.reshape(-1, 1) if b.zero.size > 1 else b.zero))
    total = accumulate.products(view.build, a, b, view.wish)
    if view.has(6):
        total.constant = total.constant + view.constant(6, "bias").astype(np.int64)
    if view.has(7):
        sy = quantized.scale(view, 7)
        factor = (sa.number * sb.scale / sy.number).astype(np.float32)
        kind = _result_type(view, sy)
        return accumulate.requantize(view.build, total, factor, sy.offset, kind, view.wish)
    steps = Steps()
    wide = steps.op("Cast", Type.I32, total.write(view.build, steps), to=F32)
    factor = (sa.number * sb.scale).astype(np.float32)
    steps.op("Mul", F32, wide, accumulate.number(view.build, steps, factor, "scale"))
    return view.build.map(steps, view.wish)


def to_float(view: View) -> Made:
    """MatMulIntegerToFloat of onnxruntime: sums times the scales of both factors in f32, plus a bias."""
    sa, sb = quantized.scale(view, 2, 4), quantized.scale(view, 3, 5, channels=True)
    a = _matrix(view, quantized.factor(view, 0, sa.zero), True)
    b = _matrix(view, quantized.factor(view, 1, sb.zero), False)
    total = accumulate.products(view.build, a, b, view.wish)
    steps = Steps()
    wide = steps.op("Cast", Type.I32, total.write(view.build, steps), to=F32)
    factor = (sa.number * sb.scale).astype(np.float32)
    result = steps.op("Mul", F32, wide, accumulate.number(view.build, steps, factor, "scale"))
    if view.has(6):
        steps.op("Add", F32, result, accumulate.number(view.build, steps, view.constant(6, "bias"), "bias"))
    return _vector(view, view.build.map(steps, view.wish))


def _flipped(view: View, factor: Factor) -> Factor:
    zero = factor.zero.T if factor.zero.ndim == 2 else factor.zero
    if isinstance(factor.value, np.ndarray):
        return Factor(factor.value.T, zero)
    return Factor(view.build.transpose(factor.value, (1, 0)), zero)


OPERATORS: dict[str, Rule] = {
    "Gemm": gemm,
    "MatMul": matmul,
    "MatMulInteger": matmul_integer,
    "MatMulIntegerToFloat": to_float,
    "QGemm": qgemm,
    "QLinearMatMul": qlinear_matmul,
}
