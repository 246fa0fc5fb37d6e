"""What an ALU does before the arithmetic: what goes to shifter and adder.

The adder's numbers are fixed-point: the unit of an integer is bit `UNIT`, two bits below it round. The larger of two
floats stands with its leading one at bit `TOP`, the smaller is shifted right by the difference of the exponents. A
float to be made an integer is shifted by its exponent instead, and rounded by the adder's carry.
"""

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Signal, Value, signed
from amaranth.lib.data import View

from arch.config import Alu
from hdl.float.compare import Order
from hdl.float.nets import net
from hdl.float.reduction import TOP_EXPONENT
from hdl.float.unpack import SIGNIFICAND_BITS, WIDE_EXPONENT_BITS
from hdl.vxm.operand import WHOLE_BITS, WORD, Operand, has_floats

#: Bit of the adder that counts one of an integer; below are a guard bit and a sticky bit.
UNIT = 2
#: Bit of the leading one of the larger float, exponent 32 of one to be made an integer.
TOP = UNIT + WORD
#: Bits of the adder, two's complement: a sum of two integers of WHOLE_BITS and the carry of a cast.
ADDER_BITS = TOP + 3
#: Bits of the number to be normalized: a product of two significands.
WIDE = 2 * SIGNIFICAND_BITS
#: Bits of a shift to the right; more than its range is the same as its end.
AMOUNT_BITS = 6


@dataclass(frozen=True)
class Arranged:
    """What the next stages work on.

    Attributes
    ----------
    moving : Value
        Shifted right, then added; signed, ADDER_BITS.
    shift : Value
        By how much an integer is shifted, AMOUNT_BITS.
    down : Value
        By how much a float is shifted, signed.
    staying : Value
        The other summand; signed, ADDER_BITS.
    minus : Value
        Whether ``moving`` is subtracted.
    sign : Value
        Sign of a float's result, of exp's operand.
    cancel : Value
        Whether the sum may be a zero that is positive whatever ``sign``: a difference of floats.
    top : Value
        Exponent of bit ``WIDE - 1``; signed, WIDE_EXPONENT_BITS.
    """

    moving: Value
    shift: Value
    down: Value
    staying: Value
    minus: Value
    sign: Value
    cancel: Value
    top: Value


def amount_of(m: Module, alu: Alu, c: View, shift: Value, down: Value) -> Value:
    """Places to shift, AMOUNT_BITS, of what `arrange` gives; ``c`` is a View of ``hdl.vxm.control.PICK``."""
    if not has_floats(alu):
        return net(m, "amount", Mux(c.shift_right, shift, 0)[:AMOUNT_BITS])
    far = net(m, "down_far", Mux(down[AMOUNT_BITS:].any(), (1 << AMOUNT_BITS) - 1, down[:AMOUNT_BITS]))
    return net(m, "amount", Mux(c.shift_right, shift, far)[:AMOUNT_BITS])


def arrange(m: Module, alu: Alu, c: View, a: Operand, b: Operand, order: Order) -> Arranged:
    """Arrange the operands for the arithmetic; ``c`` is a View of ``hdl.vxm.control.CHOOSE``."""
    moving: Value = Mux(c.whole_a, _extended(a.factor), 0)
    staying: Value = Mux(c.whole_b, _extended(b.factor[:WHOLE_BITS].as_signed()), 0)
    shift = net(m, "shift_far", Mux(b.bits[AMOUNT_BITS:].any(), (1 << AMOUNT_BITS) - 1, b.bits[:AMOUNT_BITS]))
    negative = a.factor[-1]
    minus: Value = c.minus_a & (~c.absolute | negative)
    if not has_floats(alu):
        zero = Const(0, 1)
        nowhere = Const(0, WIDE_EXPONENT_BITS).as_signed()
        still = _fixed(m, "staying", staying)
        return Arranged(_fixed(m, "moving", moving), shift, nowhere, still, minus, zero, zero, nowhere)

    x, y, swap = a.number, b.number, order.smaller
    up = TOP + 1 - SIGNIFICAND_BITS
    first, second = a.factor[:SIGNIFICAND_BITS], b.factor[:SIGNIFICAND_BITS]
    larger, smaller = Mux(swap, second, first) << up, Mux(swap, first, second) << up
    beyond = x.inf | (x.exponent > WORD)
    whole_float = Mux(x.nan, 0, Mux(beyond, ((1 << WHOLE_BITS) - 1) << UNIT, first << up))
    moving = Mux(c.add, smaller, Mux(c.to_integer, whole_float, moving))
    staying = Mux(c.add, larger, staying)
    apart = net(m, "apart", Mux(swap, y.exponent - x.exponent, x.exponent - y.exponent))
    down = net(m, "down", Mux(c.to_integer, Mux(beyond, 0, WORD - x.exponent), Mux(c.add, apart, 0)))
    if alu.large:
        down = net(m, "down_exp", Mux(c.exp, TOP_EXPONENT - x.exponent, down))

    minus_b = y.sign ^ c.minus
    cancel = net(m, "cancel", c.plus & (x.sign ^ minus_b))
    minus = minus | cancel | (c.to_integer & x.sign)
    sign = Mux(c.from_integer, negative, Mux(c.multiply, x.sign ^ y.sign, Mux(c.plus & swap, minus_b, x.sign)))
    exponents = Mux(c.multiply, x.exponent + y.exponent + 1, Mux(swap, y.exponent, x.exponent) + (WIDE - 1 - TOP))
    top: Value = Mux(c.from_integer, WIDE - 1 - UNIT, exponents)
    return Arranged(
        moving=_fixed(m, "moving", moving),
        shift=shift,
        down=down,
        staying=_fixed(m, "staying", staying),
        minus=minus,
        sign=sign,
        cancel=cancel,
        top=top[:WIDE_EXPONENT_BITS].as_signed(),
    )


def _extended(whole: Value) -> Value:
    """Integer in the adder's fixed point."""
    return (whole << UNIT)[: WHOLE_BITS + UNIT].as_signed()


def _fixed(m: Module, name: str, number: Value) -> Signal:
    """Number extended or cut to the adder's width."""
    wire = Signal(signed(ADDER_BITS), name=name)
    m.d.comb += wire.eq(number)
    return wire
