"""First two steps of an ALU: operands in all the forms in which later steps want them."""

from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any

from amaranth import Const, Module, Mux, Value
from amaranth.lib.data import View

from arch.config import Alu
from hdl.float.nets import cat, net
from hdl.float.reduction import LOG2E_BITS, LOG2E_FACTOR
from hdl.float.unpack import EXPONENT_BITS, SIGNIFICAND_BITS, Kind, Unpacked, classify, unpack

#: Bits of an operand.
WORD = 32
#: Bits of an integer operand, two's complement, signed or not before.
WHOLE_BITS = WORD + 1
#: Bits of a condition.
CONDITION_BITS = 8


@dataclass(frozen=True)
class Operand:
    """One operand.

    Attributes
    ----------
    bits : Value
        As it came, zero above its type; 32 bits.
    factor : Value
        For adder and multiplier, signed: the integer, or the significand of a float, or what the operation multiplies
        by in place of b.
    number : Unpacked
        The float; its significand is the factor's low bits.
    """

    bits: Value
    factor: Value
    number: Unpacked


def factor_bits(alu: Alu) -> int:
    """Bits of the multiplier's second operand."""
    return max(WHOLE_BITS, LOG2E_BITS) if alu.large else WHOLE_BITS


def has_floats(alu: Alu) -> bool:
    """Whether the ALU computes with floating point."""
    return any(t.floating for t in alu.types)


def _cut(m: Module, name: str, bits: Value, w8: Value, w16: Value, signed: Value) -> tuple[Value, Value]:
    """Operand cut to its width, and whether it is a negative integer."""
    low, middle, high = bits[:8], bits[8:16], bits[16:WORD]
    minus = signed & Mux(w8, bits[7], Mux(w16, bits[15], bits[31]))
    cut = cat(low, Mux(w8, 0, middle), Mux(w8 | w16, 0, high))
    return net(m, f"{name}_cut", cut), net(m, f"{name}_minus", minus)


def _whole(cut: Value, minus: Value, w8: Value, w16: Value) -> Value:
    """Integer extended to WHOLE_BITS."""
    middle, high = (minus & w8).replicate(8), (minus & (w8 | w16)).replicate(16)
    return cat(cut[:8], cut[8:16] | middle, cut[16:] | high, minus).as_signed()


def nothing() -> Unpacked:
    """The float of an ALU that has none."""
    zero = Const(0, 1)
    exponent = Const(0, EXPONENT_BITS).as_signed()
    return Unpacked(zero, zero, zero, zero, exponent, Const(0, SIGNIFICAND_BITS))


def inspect(m: Module, alu: Alu, c: View, a: Value, b: Value) -> dict[str, Any]:
    """First step: cut the operands to their widths, and find what takes a look at many bits.

    Parameters
    ----------
    m : Module
    alu : Alu
    c : View of ``hdl.vxm.control.UNPACK``
    a, b : Value
        32 bits each; what lies above an operand's type is ignored.

    Returns
    -------
    dict
        Values by name, for `read`.
    """
    b8, b16 = c.w8 & ~c.raw_b, c.w16 & ~c.raw_b
    cut_a, minus_a = _cut(m, "a", a, c.w8, c.w16, c.signed)
    cut_b, minus_b = _cut(m, "b", b, b8, b16, c.signed | c.raw_b)
    # Of a shift's distance, whose low byte every type has; put together late, for the types are known late.
    far = b[5:8].any() | (~b8 & (b[8:16].any() | (~b16 & b[16:].any())))
    found = {"a_cut": cut_a, "a_minus": minus_a, "b_cut": cut_b, "b_minus": minus_b, "far": far}
    if has_floats(alu):
        for name, bits in (("a", a), ("b", b)):
            found |= {f"{name}_{flag}": value for flag, value in vars(classify(m, name, bits, c.half)).items()}
    return found


def read(m: Module, alu: Alu, c: View, found: SimpleNamespace) -> tuple[Operand, Operand]:
    """Second step: the operands; ``c`` is a View of ``hdl.vxm.control.FACTORS``."""
    whole_a = _whole(found.a_cut, found.a_minus, c.w8, c.w16)
    whole_b = _whole(found.b_cut, found.b_minus, c.w8 & ~c.raw_b, c.w16 & ~c.raw_b)
    power = net(m, "power", Mux(found.far, 0, Const(1, WORD) << found.b_cut[:5])[:WHOLE_BITS])
    factor_a: Value = whole_a
    factor_b: Value = Mux(c.power, power.as_signed(), whole_b)
    number_a = number_b = nothing()
    if has_floats(alu):
        number_a, number_b = (
            unpack(m, name, getattr(found, f"{name}_cut"), c.half, _kind(found, name)) for name in ("a", "b")
        )
        factor_a = Mux(c.floating, number_a.significand, whole_a)
        factor_b = Mux(c.floating & ~c.raw_b, number_b.significand, factor_b)
    if alu.large:
        factor_b = Mux(c.log2e, LOG2E_FACTOR, factor_b)
    return (
        Operand(found.a_cut, factor_a[:WHOLE_BITS].as_signed(), number_a),
        Operand(found.b_cut, factor_b[: factor_bits(alu)].as_signed(), number_b),
    )


def _kind(found: SimpleNamespace, name: str) -> Kind:
    return Kind(**{field.name: getattr(found, f"{name}_{field.name}") for field in fields(Kind)})
