"""Bringing the adder's integer into the result's type."""

from amaranth import Module, Mux, Value
from amaranth.lib.data import View

from hdl.float.nets import cat, net
from hdl.vxm.operand import WORD


def saturate(m: Module, c: View, whole: Value) -> tuple[Value, Value]:
    """Keep the low bits, and tell whether they are out of the type's range.

    Parameters
    ----------
    m : Module
    c : View of ``hdl.vxm.control.SATURATE``
    whole : Value
        Two's complement, more than 33 bits.

    Returns
    -------
    bits : Value
        32 bits, zero above the type.
    out : Value
        Whether `limit` is to take their place.
    """
    negative = whole[-1]
    # Bits that differ from the sign: none may stand above those of the type.
    used = net(m, "saturate_used", whole ^ negative.replicate(len(whole)))
    over32 = net(m, "saturate_over32", used[WORD:].any())
    over16 = net(m, "saturate_over16", over32 | used[16:WORD].any())
    over8 = net(m, "saturate_over8", over16 | used[8:16].any())
    over = Mux(
        c.w8, over8 | (c.signed & used[7]), Mux(c.w16, over16 | (c.signed & used[15]), over32 | (c.signed & used[31]))
    )
    out = net(m, "saturate_out", c.saturate & (over | (negative & ~c.signed)))
    return _cut(c, whole[:WORD]), out


def limit(c: View, negative: Value) -> Value:
    """The least number of a type if ``negative``, else the greatest; ``c`` is a View of ``hdl.vxm.control.LIMIT``."""
    # The greatest number has all bits but a sign bit; the least number of a signed type is its complement.
    greatest = (~negative).replicate(WORD)
    sign_place = Mux(c.w8, 1 << 7, Mux(c.w16, 1 << 15, 1 << 31)) & c.signed.replicate(WORD)
    return _cut(c, (greatest ^ sign_place)[:WORD])


def _cut(c: View, bits: Value) -> Value:
    return cat(bits[:8], Mux(c.w8, 0, bits[8:16]), Mux(c.w8 | c.w16, 0, bits[16:]))


def product_of_integers(product: Value, unit: int) -> Value:
    """Product in the adder's fixed point, small enough for it.

    Its low 32 bits are kept; of a product that no type holds the two bits above tell sign and excess, so that
    `saturate` finds it out of range.

    Parameters
    ----------
    product : Value
        Signed.
    unit : int
        Bit of the adder that counts one.
    """
    minus = product[-1]
    over = (product[WORD + 1 :] ^ minus.replicate(len(product) - WORD - 1)).any()
    return cat(product[: WORD + 1], minus ^ over, minus) << unit
