"""One comparator for integers and floats."""

from dataclasses import dataclass

from amaranth import Module, Mux, Value

from arch.transcendental import F16, F32
from hdl.float.nets import cat, net


@dataclass(frozen=True)
class Order:
    """How a stands to b.

    Attributes
    ----------
    smaller : Value
        a < b; for floats |a| < |b|, which an adder needs to know. A NaN counts by its bits.
    before : Value
        a < b where -0 is less than +0: what a minimum goes by. Meaningless with a NaN.
    less, equal : Value
        As IEEE 754 compares: the two zeros are equal. Meaningless with a NaN.
    """

    smaller: Value
    before: Value
    less: Value
    equal: Value


def key(bits: Value, floating: Value, signed: Value, narrow: Value, middle: Value) -> Value:
    """Unsigned 32-bit number in the order of integers, or of the magnitudes of floats.

    Parameters
    ----------
    bits : Value
        32 bits, zero above the type.
    floating, signed : Value
        Kind of type. Floats are signed.
    narrow, middle : Value
        Whether it has 8 bits, or 16; else it has 32.
    """
    places = {7: narrow, F16.bits - 1: middle, F32.bits - 1: ~narrow & ~middle}
    # Integers: the sign bit flips. Floats: it goes.
    return cat(
        bits[n] if n not in places else (bits[n] ^ (places[n] & signed)) & ~(places[n] & floating)
        for n in range(len(bits))
    )


@dataclass(frozen=True)
class Keys:
    """How the key of a stands to that of b.

    Attributes
    ----------
    smaller, same : Value
        Whether it is smaller, or the same.
    nothing : Value
        Whether a's is zero.
    """

    smaller: Value
    same: Value
    nothing: Value


def compare(m: Module, key_a: Value, key_b: Value) -> Keys:
    """First half of the comparison."""
    return Keys(
        smaller=net(m, "order_smaller", key_a < key_b),
        same=net(m, "order_same", key_a == key_b),
        nothing=net(m, "order_nothing", ~key_a.any()),
    )


def order_of(m: Module, keys: Keys, sign_a: Value, sign_b: Value, floating: Value) -> Order:
    """Second half: the order of the numbers; the signs count where ``floating``."""
    smaller, same = keys.smaller, keys.same
    minus_a, minus_b = floating & sign_a, floating & sign_b
    before = net(m, "order_before", Mux(minus_a ^ minus_b, minus_a, Mux(minus_a, ~smaller & ~same, smaller)))
    zeros = net(m, "order_zeros", floating & same & keys.nothing)
    return Order(smaller, before, before & ~zeros, zeros | (same & ~(minus_a ^ minus_b)))
