"""Range reduction of exp, rsqrt and tanh: from an operand to a table row, a fraction and an exponent.

Source: ``docs/decisions/0002-transcendentals.md``, section 2. The work is cut where an ALU has registers: `prepare`
goes beside the product by log2(e), `settle` and `exp_scaled` behind it, `chosen_fraction`, `exp_parts` and
`other_parts` into the stages that shift.
"""

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.hdl import signed

from arch.transcendental import EXP, F32, PATH, RSQRT, TABLE, TANH
from hdl.float.nets import cat, net
from hdl.float.shift import leading_zeros
from hdl.float.unpack import EXPONENT_BITS, WIDE_EXPONENT_BITS, Unpacked

#: Bits of a row's number.
ROW_BITS = (len(TABLE) - 1).bit_length()
#: log2(e) is even at its width: a multiplier needs one bit less.
_SPARE_BITS = (EXP.log2e & -EXP.log2e).bit_length() - 1
#: What the significand is multiplied by, without its highest bit if that is told apart: two's complement, in one bit
#: less, and how many places the significand is to go up to make up for it.
LOG2E = EXP.log2e >> _SPARE_BITS
LOG2E_BITS = LOG2E.bit_length()
LOG2E_FACTOR = LOG2E - (1 << LOG2E_BITS)
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
        First row of tanh; ROW_BITS.
    index_bits : Value
        Bits of tanh's fraction that count rows; INDEX_BITS.
    result : Value
        Exponent of tanh's result, signed, WIDE_EXPONENT_BITS.
    inf, one, itself, nothing, nan : Value
        The result is infinite (negative for a negative rsqrt, which is that of -0), one (negative for a negative
        tanh), the operand, +0, NaN.
    """

    places: Value
    base: Value
    index_bits: Value
    result: Value
    inf: Value
    one: Value
    itself: Value
    nothing: Value
    nan: Value


def prepare(m: Module, x: Unpacked, exp: Value, rsqrt: Value, tanh: Value) -> Prepared:
    """Look at the exponent; one of ``exp``, ``rsqrt`` and ``tanh`` is set."""
    places = leading_zeros(m, "reduce_places", x.significand)
    base, index_bits = Signal(ROW_BITS, name="tanh_base"), Signal(INDEX_BITS, name="tanh_index_bits")
    result = Signal(signed(WIDE_EXPONENT_BITS), name="tanh_result")
    with m.Switch(x.exponent):
        for binade in TANH.binades:
            with m.Case(binade.exponent):
                m.d.comb += [base.eq(binade.base), index_bits.eq(binade.index_bits), result.eq(-binade.scale)]
    last = TANH.binades[-1]
    leading = x.significand[F32.fraction_bits - last.index_bits : F32.fraction_bits]
    beyond = (x.exponent > TANH.one_exponent) | ((x.exponent == TANH.one_exponent) & (leading >= TANH.one_index))
    huge = x.exponent >= EXP.overflow_exponent
    return Prepared(
        places=places,
        base=base,
        index_bits=index_bits,
        result=result,
        inf=(exp & huge & ~x.sign) | (rsqrt & x.zero),
        one=(exp & x.zero) | (tanh & beyond),
        itself=tanh & (x.zero | (x.exponent < TANH.binades[0].exponent)),
        nothing=(exp & huge & x.sign) | (rsqrt & x.inf & ~x.sign),
        nan=x.nan | (rsqrt & x.sign & ~x.zero),
    )


def settle(
    m: Module, tanh: tuple[Value, Value, Value], exponent: Value, places: Value, rsqrt: Value
) -> tuple[Value, Value, Value]:
    """Second half of the reduction of rsqrt and tanh.

    Parameters
    ----------
    m : Module
    tanh : three Values
        ``base``, ``index_bits`` and ``result`` that `prepare` gives for tanh.
    exponent, places : Value
        Of the operand; by how much to normalize its significand.
    rsqrt : Value
        Whether it is rsqrt.

    Returns
    -------
    base, index_bits, result : Value
        First row, bits of the fraction that count rows, exponent of the result.
    """
    whole = net(m, "reduce_exponent", (exponent - places)[:EXPONENT_BITS].as_signed())
    half = net(m, "reduce_half", (-(whole >> 1))[:WIDE_EXPONENT_BITS].as_signed())
    odd = RSQRT.base + (1 << RSQRT.index_bits)
    base, index_bits, result = tanh
    return (
        net(m, "reduce_base", Mux(rsqrt, Mux(whole[0], odd, RSQRT.base), base)[:ROW_BITS]),
        net(m, "reduce_index_bits", Mux(rsqrt, RSQRT.index_bits, index_bits)[:INDEX_BITS]),
        net(m, "reduce_result", Mux(rsqrt, half, result)[:WIDE_EXPONENT_BITS].as_signed()),
    )


def exp_scaled(m: Module, product: Value, significand: Value, negative: Value) -> Value:
    """|x| log2(e) for `exp_parts` before it is shifted, inverted if x is negative; with a sign PRODUCT_BITS + 1.

    Parameters
    ----------
    m : Module
    product : Value
        The significand times LOG2E_FACTOR.
    significand, negative : Value
        Of x.
    """
    places = LOG2E_BITS - PRODUCT_LSB
    whole = (product[PRODUCT_LSB : PRODUCT_LSB + PRODUCT_BITS] + (significand << places))[:PRODUCT_BITS]
    return net(m, "exp_scaled", (cat(whole, Const(0, 1)) ^ negative.replicate(PRODUCT_BITS + 1)).as_signed())


def exp_parts(m: Module, shifted: Value, negative: Value) -> tuple[Value, Value, Value]:
    """Cut ``x * log2(e)`` for exp.

    Parameters
    ----------
    m : Module
    shifted : Value
        What `exp_scaled` gives, shifted right by ``TOP_EXPONENT - exponent``.
    negative : Value
        Sign of x.

    Returns
    -------
    index, t, exponent : Value
        Row less the base, fraction, and exponent of the result (signed).
    """
    width = PRODUCT_BITS + 1
    y = net(m, "exp_y", (shifted[:width] + negative)[:width])
    return cat(y[PATH.t_bits : _RANGE_BITS]), cat(y[: PATH.t_bits]), y[_RANGE_BITS:].as_signed()


def chosen_fraction(m: Module, significand: Value, rsqrt: Value, places: Value) -> Value:
    """Fraction of the significand, for rsqrt normalized, for tanh as it is."""
    fraction = F32.fraction_bits
    normal = net(m, "rsqrt_normal", (significand << places)[:fraction])
    return net(m, "chosen_fraction", Mux(rsqrt, normal, significand[:fraction]))


def other_parts(m: Module, chosen: Value, index_bits: Value) -> tuple[Value, Value]:
    """Cut a fraction for rsqrt and tanh.

    Returns
    -------
    index, t : Value
        Row less the base, and fraction.
    """
    fraction = F32.fraction_bits
    most = max(RSQRT.index_bits, *(b.index_bits for b in TANH.binades))
    spread = net(m, "reduce_spread", (chosen << index_bits)[: fraction + most])
    return cat(spread[fraction:]), cat(Const(0, PATH.t_bits - fraction), spread[:fraction])
