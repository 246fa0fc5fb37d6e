"""First step of an ALU: operands in all the forms in which later steps want them."""

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Value
from amaranth.lib.data import View

from arch.config import Alu
from hdl.float.nets import cat, net
from hdl.float.reduction import LOG2E
from hdl.float.unpack import EXPONENT_BITS, SIGNIFICAND_BITS, Unpacked, unpack

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
    return max(WHOLE_BITS, LOG2E.bit_length() + 1) if alu.large else WHOLE_BITS


def has_floats(alu: Alu) -> bool:
    """Whether the ALU computes with floating point."""
    return any(t.floating for t in alu.types)


def _integer(m: Module, name: str, bits: Value, w8: Value, w16: Value, signed: Value) -> tuple[Value, Value]:
    """Operand cut to its width, and extended to WHOLE_BITS."""
    low, middle, high = bits[:8], bits[8:16], bits[16:WORD]
    short = w8 | w16
    sign = net(m, f"{name}_minus", signed & Mux(w8, bits[7], Mux(w16, bits[15], bits[31])))
    cut = cat(low, Mux(w8, 0, middle), Mux(short, 0, high))
    whole = cat(low, Mux(w8, sign.replicate(8), middle), Mux(short, sign.replicate(16), high), sign)
    return net(m, f"{name}_cut", cut), whole.as_signed()


def nothing() -> Unpacked:
    """The float of an ALU that has none."""
    zero = Const(0, 1)
    exponent = Const(0, EXPONENT_BITS).as_signed()
    return Unpacked(zero, zero, zero, zero, exponent, Const(0, SIGNIFICAND_BITS))


def read(m: Module, alu: Alu, c: View, a: Value, b: Value) -> tuple[Operand, Operand]:
    """Decode the operands.

    Parameters
    ----------
    m : Module
    alu : Alu
    c : View of ``hdl.vxm.control.UNPACK``
    a, b : Value
        32 bits each; what lies above an operand's type is ignored.
    """
    cut_a, whole_a = _integer(m, "a", a, c.w8, c.w16, c.signed)
    b8, b16 = c.w8 & ~c.raw_b, c.w16 & ~c.raw_b
    cut_b, whole_b = _integer(m, "b", b, b8, b16, c.signed | c.raw_b)
    # Of a shift's distance, whose low byte every type has; put together late, for the types are known late.
    far = net(m, "far", b[5:8].any() | (~b8 & (b[8:16].any() | (~b16 & b[16:].any()))))
    power = net(m, "power", Mux(far, 0, Const(1, WORD) << b[:5])[:WHOLE_BITS])
    factor_a: Value = whole_a
    factor_b: Value = Mux(c.power, power.as_signed(), whole_b)
    number_a = number_b = nothing()
    if has_floats(alu):
        number_a, number_b = unpack(m, "a", a, c.half), unpack(m, "b", b, c.half)
        factor_a = Mux(c.floating, number_a.significand, whole_a)
        factor_b = Mux(c.floating & ~c.raw_b, number_b.significand, factor_b)
    if alu.large:
        factor_b = Mux(c.log2e, LOG2E, factor_b)
    return (
        Operand(cut_a, factor_a[:WHOLE_BITS].as_signed(), number_a),
        Operand(cut_b, factor_b[: factor_bits(alu)].as_signed(), number_b),
    )
