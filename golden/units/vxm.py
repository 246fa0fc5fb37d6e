"""VXM: one short body per instruction, over raw bits of any batch shape.

Numeric rules are those of golden.numerics (docs/numerics.md). An element lives in the low bits of a uint32, higher bits
zero; operands may carry anything above their type, results never do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from arch.isa import vxm
from arch.isa.spec import Op
from arch.types import Type
from golden.lanes import Elements
from golden.numerics import casts, floats, integers, transcendental
from golden.numerics.bits import raw, to_integer

__all__ = ["MEANING", "compute", "immediate"]


@dataclass(frozen=True)
class Operation:
    """What a body sees: element type ``kind``, type of a cast's result, saturation, and the operands' raw bits (zeros
    for an operand that the instruction lacks)."""

    kind: str
    to: str
    sat: bool
    a: Elements
    b: Elements
    c: Elements

    @property
    def floating(self) -> bool:
        """Whether the element type is a float."""
        return self.kind[0] == "f"


Body = Callable[[Operation], Elements]


def _cast(o: Operation) -> Elements:
    return casts.cast(o.a, o.kind, o.to, to_integer(o.b, "i32"))


def _relu(o: Operation) -> Elements:
    if o.floating:
        return transcendental.relu(o.a, o.kind)
    return integers.maximum(o.a, np.zeros_like(o.a), o.kind)


def _choose(condition: Elements, yes: Elements, no: Elements) -> Elements:
    return np.where(condition != 0, yes, no)


def _sign(integer: Callable[..., Elements], floating: Callable[..., Elements]) -> Body:
    """Unary, saturating for integers."""
    return lambda o: floating(o.a, o.kind) if o.floating else integer(o.a, o.kind, saturate=o.sat)


def _arithmetic(integer: Callable[..., Elements], floating: Callable[..., Elements]) -> Body:
    """Binary, saturating for integers."""
    return lambda o: floating(o.a, o.b, o.kind) if o.floating else integer(o.a, o.b, o.kind, saturate=o.sat)


def _pair(integer: Callable[..., Elements], floating: Callable[..., Elements]) -> Body:
    """Binary, without a saturating form."""
    return lambda o: (floating if o.floating else integer)(o.a, o.b, o.kind)


def _bits(integer: Callable[..., Elements]) -> Body:
    """Binary, for integers alone."""
    return lambda o: integer(o.a, o.b, o.kind)


#: Meaning of each mnemonic of ``arch.isa.vxm``.
MEANING: Mapping[str, Body] = MappingProxyType(
    {
        "Identity": lambda o: o.a,
        "Latch": lambda o: o.a,
        "Not": lambda o: integers.bitwise_not(o.a, o.kind),
        "Neg": _sign(integers.neg, floats.neg),
        "Abs": _sign(integers.absolute, floats.absolute),
        "ReLU": _relu,
        "Tanh": lambda o: transcendental.tanh(o.a, o.kind),
        "Exp": lambda o: transcendental.exp(o.a, o.kind),
        "RSqrt": lambda o: transcendental.rsqrt(o.a, o.kind),
        "Add": _arithmetic(integers.add, floats.add),
        "Sub": _arithmetic(integers.sub, floats.sub),
        "Mul": _arithmetic(integers.mul, floats.mul),
        "Min": _pair(integers.minimum, floats.minimum),
        "Max": _pair(integers.maximum, floats.maximum),
        "And": _bits(integers.bitwise_and),
        "Or": _bits(integers.bitwise_or),
        "Xor": _bits(integers.bitwise_xor),
        "Shl": _bits(integers.shl),
        "Shr": _bits(integers.shr),
        "Eq": _pair(integers.eq, floats.eq),
        "Ne": _pair(integers.ne, floats.ne),
        "Lt": _pair(integers.lt, floats.lt),
        "Le": _pair(integers.le, floats.le),
        "Gt": _pair(integers.gt, floats.gt),
        "Ge": _pair(integers.ge, floats.ge),
        "Mask": lambda o: _choose(o.b, o.a, np.zeros_like(o.a)),
        "Select": lambda o: _choose(o.c, o.a, o.b),
        "Cast": _cast,
    }
)


def immediate(op: Op, role: str) -> int:
    """Value of an operand that is the word's immediate: its low bits, as many as the operand's type has."""
    element = vxm.operand_type(op.mnemonic, role, Type.from_code(op["type"]))
    return op["imm"] & ((1 << element.bits) - 1)


def compute(op: Op, operands: Mapping[str, Elements]) -> Elements:
    """Result of a VXM instruction.

    Parameters
    ----------
    op
        The instruction; where its operands come from is the caller's business.
    operands : uint32 arrays by role ("a", "b", "c"), shapes that broadcast
        All roles of the operation; ``b`` of a Cast only if the word names one.

    Returns
    -------
    uint32 array of the common shape
        Raw bits in the low bits of the result's type (``arch.effects.vxm_result``), the rest zero.
    """
    kind = Type.from_code(op["type"])
    to = Type.from_code(op["to"]) if op.mnemonic == "Cast" else kind
    values = {
        role: raw(value, vxm.operand_type(op.mnemonic, role, kind).value).astype(np.uint32)
        for role, value in operands.items()
    }
    none = np.zeros_like(values["a"])
    sat = op.mnemonic in _SATURATING and bool(op["sat"])
    return MEANING[op.mnemonic](
        Operation(kind.value, to.value, sat, values["a"], values.get("b", none), values.get("c", none))
    )


_SATURATING = frozenset(operation.name for operation in vxm.OPERATIONS if operation.saturates)
