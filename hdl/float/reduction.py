"""Range reduction of exp, rsqrt and tanh: from an operand to a table row, a fraction and an exponent.

Source: ``docs/decisions/0002-transcendentals.md``, section 2. The work is cut where an ALU has registers: `prepare`
belongs to the stage that also multiplies by log2(e), `exp_parts` and `other_parts` to the next.
"""

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Signal, Value

from arch.transcendental import EXP, F32, PATH, RSQRT, TABLE, TANH
from hdl.float.nets import cat, net
from hdl.float.shift import leading_zeros
from hdl.float.unpack import EXPONENT_BITS, WIDE_EXPONENT_BITS, Unpacked

#: Bits of a row's number.
ROW_BITS = (len(TABLE) - 1).bit_length()
#: log2(e) is even at its width: a multiplier needs one bit less.
_SPARE_BITS = (EXP.log2e & -EXP.log2e).bit_length() - 1
#: What the significand is multiplied by.
LOG2E = EXP.log2e >> _SPARE_BITS
#: Exponent of the least shift of exp's product.
TOP_EXPONENT = EXP.overflow_exponent - 1
#: Bits of |x| log2(e): integer part below the overflow, row and fraction.
_RANGE_BITS = EXP.index_bits + PATH.t_bits
#: Lowest bit of the product that is ever used.
PRODUCT_LSB = F32.fraction_bits + EXP.log2e_fraction_bits - _SPARE_BITS - _RANGE_BITS - TOP_EXPONENT
#: Bits of the product from there on.
PRODUCT_BITS = F32.fraction_bits + 1 + EXP.log2e.bit_length() - _SPARE_BITS - PRODUCT_LSB
#: Bits of the number of places by which a fraction moves up to make room for the row's index.
INDEX_BITS = max(RSQRT.index_bits, *(b.index_bits for b in TANH.binades)).bit_length()


@dataclass(frozen=True)
class Prepared:
    """First half of the reduction of rsqrt and tanh, and the special cases of all three.

    Attributes
    ----------
    places : Value
        rsqrt: by how much to normalize the significand; 5 bits.
    base : Value
        First row of rsqrt and tanh; ROW_BITS.
    index_bits : Value
        Bits of the fraction that count rows; INDEX_BITS.
    exponent : Value
        Exponent of the result, signed, WIDE_EXPONENT_BITS. exp's comes later.
    inf, one, itself, nothing, nan : Value
        The result is infinite (negative for a negative rsqrt, which is that of -0), one (negative for a negative
        tanh), the operand, +0, NaN.
    """

    places: Value
    base: Value
    index_bits: Value
    exponent: Value
    inf: Value
    one: Value
    itself: Value
    nothing: Value
    nan: Value


def prepare(m: Module, x: Unpacked, exp: Value, rsqrt: Value, tanh: Value) -> Prepared:
    """Look at the exponent; one of ``exp``, ``rsqrt`` and ``tanh`` is set."""
    places = leading_zeros(m, "reduce_places", x.significand)
    exponent = net(m, "reduce_exponent", (x.exponent - places)[:EXPONENT_BITS].as_signed())
    half_exponent = net(m, "reduce_half", exponent >> 1)
    base, index_bits = Signal(ROW_BITS, name="reduce_base"), Signal(INDEX_BITS, name="reduce_index_bits")
    result = Signal(Value.cast(Const(0, WIDE_EXPONENT_BITS)).shape(), name="reduce_result")
    with m.If(rsqrt):
        odd = RSQRT.base + (1 << RSQRT.index_bits)
        m.d.comb += [
            base.eq(Mux(exponent[0], odd, RSQRT.base)),
            index_bits.eq(RSQRT.index_bits),
            result.eq(-half_exponent),
        ]
    with m.Else():
        with m.Switch(x.exponent):
            for binade in TANH.binades:
                with m.Case(binade.exponent):
                    m.d.comb += [
                        base.eq(binade.base),
                        index_bits.eq(binade.index_bits),
                        result.eq(-binade.scale),
                    ]
    last = TANH.binades[-1]
    leading = x.significand[F32.fraction_bits - last.index_bits : F32.fraction_bits]
    beyond = (x.exponent > TANH.one_exponent) | ((x.exponent == TANH.one_exponent) & (leading >= TANH.one_index))
    huge = x.exponent >= EXP.overflow_exponent
    return Prepared(
        places=places,
        base=base,
        index_bits=index_bits,
        exponent=result.as_signed(),
        inf=(exp & huge & ~x.sign) | (rsqrt & x.zero),
        one=(exp & x.zero) | (tanh & beyond),
        itself=tanh & (x.zero | (x.exponent < TANH.binades[0].exponent)),
        nothing=(exp & huge & x.sign) | (rsqrt & x.inf & ~x.sign),
        nan=x.nan | (rsqrt & x.sign & ~x.zero),
    )


def exp_parts(m: Module, shifted: Value, negative: Value) -> tuple[Value, Value, Value]:
    """Cut ``x * log2(e)`` for exp.

    Parameters
    ----------
    m : Module
    shifted : Value
        |x| log2(e), PRODUCT_BITS, the product shifted right by ``TOP_EXPONENT - exponent``.
    negative : Value
        Sign of x.

    Returns
    -------
    index, t, exponent : Value
        Row less the base, fraction, and exponent of the result (signed).
    """
    width = PRODUCT_BITS + 1
    y = net(m, "exp_y", Mux(negative, -shifted, shifted)[:width])
    return cat(y[PATH.t_bits : _RANGE_BITS]), cat(y[: PATH.t_bits]), y[_RANGE_BITS:].as_signed()


def other_parts(m: Module, significand: Value, rsqrt: Value, places: Value, index_bits: Value) -> tuple[Value, Value]:
    """Cut the significand for rsqrt (which normalizes it) and tanh.

    Returns
    -------
    index, t : Value
        Row less the base, and fraction.
    """
    fraction = F32.fraction_bits
    normal = net(m, "rsqrt_normal", (significand << places)[:fraction])
    chosen = Mux(rsqrt, normal, significand[:fraction])
    most = max(RSQRT.index_bits, *(b.index_bits for b in TANH.binades))
    spread = net(m, "reduce_spread", (chosen << index_bits)[: fraction + most])
    return cat(spread[fraction:]), cat(Const(0, PATH.t_bits - fraction), spread[:fraction])
