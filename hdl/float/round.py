"""The one rounding of everything that gives a float: to fp16 or fp32, nearest even, subnormals kept.

The number is ``significand * 2**(exponent - 31)``, 32 bits and a sticky bit below them. It takes six steps: `relate`,
`depth_of` and `place` find from the exponent how far to shift, `line_up` and `shift_out` shift, `pack` rounds and lays
out the bits.
"""

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Signal, Value

from arch.transcendental import F16, F32
from hdl.float.nets import cat, net
from hdl.float.shift import right_shift

#: Bits of the significand to be rounded, without the sticky bit.
ROUND_BITS = 32
#: Places that a result of fp32 with no leading zero, or fp16 with none, is shifted less one: the least shift of all,
#: that of an fp32 whose significand has one leading zero.
_BASE = ROUND_BITS - (F32.fraction_bits + 1) - 1
#: From here on every bit of the significand lies below the half.
_FAR = (1 << 5) - 1


@dataclass(frozen=True)
class Placed:
    """What `line_up`, `shift_out` and `pack` need to know of the exponent.

    Attributes
    ----------
    amount : Value
        Places to shift, beyond those that every result is shifted; 5 bits.
    field : Value
        Exponent field less the leading one; 8 bits.
    above : Value
        Whether a significand with one leading zero is to move up, being above the least exponent.
    over, over_low : Value
        Whether the result overflows; the same for a significand with one leading zero.
    """

    amount: Value
    field: Value
    above: Value
    over: Value
    over_low: Value


def relate(m: Module, exponent: Value, half: Value) -> Signal:
    """How far an exponent is above the least one; one bit longer than it, signed. ``half`` if the result is fp16."""
    least = Mux(half, F16.min_exponent, F32.min_exponent)
    return net(m, "relate_relative", (exponent - least)[: len(exponent) + 1].as_signed())


def depth_of(m: Module, relative: Value, half: Value) -> Signal:
    """Places to shift a subnormal: what is left of them, less what the exponent is above the least; modulo."""
    return net(m, "relate_depth", (_start(half) - relative)[: len(relative)].as_unsigned())


def place(m: Module, relative: Value, depth: Value, zero: Value, half: Value) -> Placed:
    """Find the shift of a number from its exponent.

    Parameters
    ----------
    m : Module
    relative : Value
        Of the exponent of the significand's top bit: what `relate` says.
    depth : Value
        What `depth_of` says of that.
    zero : Value
        Whether the significand is zero; the exponent then does not count.
    half : Value
        Whether the result is fp16.
    """
    below = relative[-1]
    most = Mux(half, F16.bias - F16.min_exponent, F32.bias - F32.min_exponent)
    far = depth[5:].any()
    above = net(m, "place_above", ~below & ~zero & relative.any())
    return Placed(
        amount=Mux(below, Mux(far, _FAR, depth[:5]), _start(half)[:5]),
        field=Mux(below | zero, 0, relative[: F32.exponent_bits]),
        above=above,
        over=~zero & (relative > most),
        over_low=~zero & (relative > most + 1),
    )


def line_up(m: Module, significand: Value, sticky: Value, placed: Placed, low: bool) -> tuple[Value, Value, Value]:
    """Bring the leading one of a number to the top.

    Parameters
    ----------
    m : Module
    significand : Value
        ROUND_BITS.
    sticky : Value
        Whether a one lies below.
    placed : Placed
    low : bool
        Whether a significand may have one leading zero.

    Returns
    -------
    word, field, over : Value
        The significand and a bit below it; field of the exponent, overflow.
    """
    word: Value = net(m, "pack_word", cat(sticky, significand))
    field, over = placed.field, placed.over
    if low:
        step = net(m, "pack_step", ~significand[-1] & placed.above)
        word = net(m, "pack_moved", Mux(step, cat(Const(0, 1), word[:-1]), word))
        field = net(m, "pack_field", (field - step)[: F32.exponent_bits].as_unsigned())
        over = Mux(step, placed.over_low, over)
    return word, field, over


def shift_out(m: Module, word: Value, amount: Value) -> tuple[Value, Value]:
    """Shift a word to where it is rounded, by a `Placed`'s amount; also whether a one fell out."""
    return right_shift(m, "pack", word, amount)


def _start(half: Value) -> Value:
    """Places that a significand of an exponent of the least is shifted, beyond those that every one is."""
    return Value.cast(Mux(half, ROUND_BITS - (F16.fraction_bits + 1) - _BASE, 1))


def pack(m: Module, shifted: Value, lost: Value, field: Value, over: Value, half: Value) -> Value:
    """Round and lay out the magnitude that `shift_out` has put in place; ``half`` if the result is fp16.

    Returns
    -------
    Value
        32 bits, the sign bit 0.
    """
    guard = _BASE
    kept = shifted[guard + 1 : guard + 1 + F32.fraction_bits + 1]
    increment = net(m, "pack_increment", shifted[guard] & (kept[0] | lost | shifted[:guard].any()))
    base = Mux(
        half,
        cat(Const(0, F16.fraction_bits), field, Const(0, F32.fraction_bits - F16.fraction_bits)),
        cat(Const(0, F32.fraction_bits), field),
    )
    rounded = net(m, "pack_rounded", (base + kept + increment)[: F32.bits - 1])
    return Mux(over, Mux(half, F16.inf, F32.inf), rounded)
