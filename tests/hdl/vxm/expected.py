"""What every VXM instruction gives, by the golden numerics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.isa.vxm import COMPARISONS
from arch.types import Type
from golden.numerics import casts, floats, integers, transcendental

Bits = NDArray[np.uint32]

_NAMES = {"Abs": "absolute", "Min": "minimum", "Max": "maximum", "And": "bitwise_and", "Or": "bitwise_or"}
_NAMES |= {"Xor": "bitwise_xor", "Not": "bitwise_not"}
_SATURATING = ("Add", "Sub", "Mul", "Neg", "Abs")


@dataclass(frozen=True)
class Instruction:
    """A VXM operation with its types."""

    name: str
    type: Type
    to: Type | None = None
    sat: bool = False

    def __str__(self) -> str:
        """Spelling for messages."""
        to = f"-{self.to.value}" if self.to else ""
        return f"{self.name}.{self.type.value}{to}{'.sat' if self.sat else ''}"


def width(kind: Type) -> np.uint32:
    """Mask of a type's bits."""
    return np.uint32((1 << kind.bits) - 1)


def expected(instruction: Instruction, a: Bits, b: Bits, c: Bits) -> Bits:
    """Results for arrays of operands of 32 bits each; bits above an operand's type do not count."""
    name, kind = instruction.name, instruction.type.value
    passed = (a & width(instruction.type)).astype(np.uint32)
    if name in ("Identity", "Latch"):
        return passed
    if name == "Mask":
        return np.where(b & 0xFF, passed, np.uint32(0))
    if name == "Select":
        return np.where(c & 0xFF, passed, b & width(instruction.type))
    if name == "Cast":
        assert instruction.to
        offset = 0 if instruction.to.floating else b.view(np.int32)
        return casts.cast(a, kind, instruction.to.value, offset=offset)
    if name in ("Tanh", "Exp", "RSqrt"):
        return getattr(transcendental, name.lower())(a, kind)
    if name == "ReLU":
        return (
            transcendental.relu(a, kind) if instruction.type.floating else integers.maximum(a, np.zeros_like(a), kind)
        )
    module = floats if instruction.type.floating else integers
    function = getattr(module, _NAMES.get(name, name.lower()))
    options = {"saturate": instruction.sat} if name in _SATURATING and not instruction.type.floating else {}
    operands = (a,) if name in ("Neg", "Abs", "Not") else (a, b)
    result = function(*operands, kind, **options)
    assert name not in COMPARISONS or result.max() <= 1
    return result
