"""Writing the steps of a Map: operands are inputs, earlier results and numbers."""

import numpy as np

from arch.isa import vxm
from arch.types import Type
from compiler.graph import ir
from compiler.graph.bits import immediate

I8, I32, U8, F16, F32 = Type.I8, Type.I32, Type.U8, Type.F16, Type.F32
#: Sign bits of floats, for tricks on their bits.
SIGN = {F16: 1 << 15, F32: 1 << 31}
_BITS = {F16: Type.U16, F32: Type.U32}

Source = ir.Input | ir.Result | ir.Immediate | float | np.floating


class Steps:
    """Steps under construction.

    Attributes
    ----------
    inputs
        Names of the tensors that they read.
    steps
        So far.
    """

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.steps: list[ir.Step] = []

    def input(self, name: str) -> ir.Input:
        """The tensor as an operand; asked twice, it is read once."""
        if name not in self.inputs:
            self.inputs.append(name)
        return ir.Input(self.inputs.index(name))

    def op(self, name: str, kind: Type, *operands: Source, to: Type | None = None) -> ir.Result:
        """Append a step; Python numbers become immediates of the type in which the step reads them."""
        roles = vxm.OPERATION_OF[name].operands
        converted = tuple(
            source
            if isinstance(source, ir.Input | ir.Result | ir.Immediate)
            else ir.Immediate(immediate(source, vxm.operand_type(name, role, kind)))
            for role, source in zip(roles, operands, strict=False)
        )
        self.steps.append(ir.Step(name, kind, converted, to=to))
        return ir.Result(len(self.steps) - 1)

    def cast(self, source: Source, kind: Type, to: Type, offset: int = 0) -> Source:
        """Convert, if there is anything to convert."""
        if kind is to and not offset:
            return source
        return self.op("Cast", kind, source, offset, to=to) if offset else self.op("Cast", kind, source, to=to)

    def reciprocal(self, source: Source) -> Source:
        """1 / x for f32 x of at least +0, as the square of RSqrt: within 2 ulp."""
        root = self.op("RSqrt", F32, source)
        return self.op("Mul", F32, root, root)

    def divide(self, a: Source, b: Source) -> Source:
        """a / b in f32 for any b: a * RSqrt(|b|)**2 with the sign of b, within 3 ulp."""
        inverse = self.reciprocal(self.op("Abs", F32, b))
        sign = self.op("And", Type.U32, b, ir.Immediate(SIGN[F32]))
        bits = a if isinstance(a, ir.Input | ir.Result | ir.Immediate) else ir.Immediate(immediate(a, F32))
        return self.op("Mul", F32, self.op("Xor", Type.U32, bits, sign), inverse)

    def sqrt(self, source: Source) -> Source:
        """Square root in f32: x * RSqrt(x), at 0 and infinity x itself; within 2 ulp."""
        root = self.op("Mul", F32, source, self.op("RSqrt", F32, source))
        zero = self.op("Eq", F32, source, 0.0)
        infinite = self.op("Eq", F32, source, float("inf"))
        return self.op("Select", F32, source, root, self.op("Or", U8, zero, infinite))
