"""What an ALU does that needs no arithmetic: bitwise logic, comparison, choice, special values of floats."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from amaranth import Const, Module, Mux, Value
from amaranth.lib.data import View

from arch.config import Alu
from arch.transcendental import F16, F32
from hdl.float.compare import Keys, Order, compare, key
from hdl.float.nets import cat, net
from hdl.float.reduction import Prepared
from hdl.vxm.operand import WORD, Operand, has_floats

#: What `decide` says of special values, for `constant`; ``fixed`` is whether there is one.
SPECIAL_FIELDS = ("fixed", "nan", "inf", "one", "minus_special")

_TRUTH_B = 0b1010


@dataclass(frozen=True)
class _Special:
    """Results that are known from the operands alone, as flags, and the sign of those that have one."""

    nan: Value
    inf: Value
    one: Value
    nothing: Value
    itself: Value
    sign: Value


def keys_of(m: Module, c: View, a: Operand, b: Operand) -> Keys:
    """How the operands' keys compare; ``c`` is a View of ``hdl.vxm.control.ORDER``."""
    keys = [net(m, f"key_{name}", key(x.bits, c.floating, c.signed, c.w8, c.w16)) for name, x in (("a", a), ("b", b))]
    return compare(m, *keys)


def _special(c: View, a: Operand, b: Operand, prepared: Prepared | None) -> _Special:
    x, y = a.number, b.number
    minus_b = y.sign ^ c.minus
    nan = c.canonical & (x.nan | (c.binary & y.nan))
    nan |= c.plus & x.inf & y.inf & (x.sign ^ minus_b)
    nan |= c.multiply & ((x.inf & y.zero) | (x.zero & y.inf))
    inf = (c.add & x.inf) | (c.plus & y.inf) | (c.multiply & (x.inf | y.inf))
    sign = Mux(c.multiply, x.sign ^ y.sign, Mux(x.inf | ~c.plus, x.sign, minus_b))
    if prepared is None:
        zero = Const(0, 1)
        return _Special(nan, inf, zero, zero, zero, sign)
    large = c.exp | c.rsqrt | c.tanh
    return _Special(
        nan=nan | (large & prepared.nan),
        inf=inf | (large & prepared.inf),
        one=large & prepared.one,
        nothing=large & prepared.nothing,
        itself=large & prepared.itself,
        sign=sign & ~c.exp,
    )


def decide(
    m: Module,
    alu: Alu,
    c: View,
    a: Operand,
    b: Operand,
    order: Order,
    b_zero: Value,
    c_zero: Value,
    prepared: Prepared | None,
) -> dict[str, Value]:
    """Find out which bits make the results that need no arithmetic.

    Parameters
    ----------
    m : Module
    alu : Alu
    c : View of ``hdl.vxm.control.CHOOSE``
    a, b : Operand
    order : Order
        Of the operands.
    b_zero, c_zero : Value
        Whether the low bytes of b and of the condition are zero.
    prepared : Prepared or None
        Special cases of exp, rsqrt and tanh, in a large ALU.

    Returns
    -------
    dict
        Values by name: for `choose` ``truth``, the bitwise function of the operands, and ``holds``, whether a
        comparison does; ``taken``, whether what comes of this is the result, whatever the arithmetic gives; and of
        floats ``SPECIAL_FIELDS``.
    """
    holds = ((order.less & c.by_less) | (order.equal & c.by_equal)) ^ c.invert
    nothing = (c.mask & b_zero) | (c.relu & Mux(c.floating, a.number.sign, a.factor[-1]))
    take_b = (c.minimum & ~order.before) | (c.maximum & order.before) | (c.select & c_zero)
    taken: Any = c.other
    decided: dict[str, Any] = {}
    if has_floats(alu):
        unordered = c.floating & (a.number.nan | b.number.nan)
        holds = Mux(unordered, c.invert & c.by_equal & ~c.by_less, holds)
        special = _special(c, a, b, prepared)
        nan = net(m, "special_nan", special.nan)
        fixed = net(m, "special_fixed", nan | special.inf | special.one | special.nothing)
        minus = special.sign & ~nan & (special.inf | special.one)
        decided = dict(zip(SPECIAL_FIELDS, (fixed, nan, special.inf, special.one, minus), strict=True))
        taken |= fixed | special.itself
    truth = net(m, "truth", Mux(nothing, 0, Mux(take_b, _TRUTH_B, c.truth)))
    return {"truth": truth, "holds": c.compare & holds, "taken": taken, **decided}


def choose(m: Module, alu: Alu, c: View, decided: SimpleNamespace, a: Value, b: Value) -> Value:
    """Results that need no arithmetic, of operands ``a`` and ``b``, but for special values; ``c`` is a View of
    ``hdl.vxm.control.PICK``."""
    bits = net(m, "chosen", _by_truth(c, decided.truth, a, b))
    return (_resigned(c, bits) if has_floats(alu) else bits) | decided.holds


def constant(to_half: Value, decided: SimpleNamespace) -> Value:
    """Bits of the special value, 0 if there is none; of fp16 if ``to_half``."""
    parts = []
    for fmt in (F16, F32):
        minus = Mux(decided.minus_special, fmt.sign, 0)
        magnitude = Mux(decided.nan, fmt.nan, Mux(decided.inf, fmt.inf, Mux(decided.one, fmt.one, 0)))
        parts.append((minus | magnitude)[:WORD])
    return Mux(to_half, *parts)


def _by_truth(c: View, truth: Value, a: Value, b: Value) -> Value:
    """Bitwise function of a and b; what both leave zero above the type stays so."""
    inside = cat(Const(0xFF, 8), (~c.w8).replicate(8), (~c.w8 & ~c.w16).replicate(16))
    return (
        (truth[3].replicate(WORD) & a & b)
        | (truth[2].replicate(WORD) & a & ~b)
        | (truth[1].replicate(WORD) & ~a & b)
        | (truth[0].replicate(WORD) & ~a & ~b & inside)
    )


def _resigned(c: View, bits: Value) -> Value:
    """Flip or clear the sign of a float."""
    places = {F16.bits - 1: c.half, F32.bits - 1: ~c.half}
    return cat(
        bits[n] if n not in places else (bits[n] ^ (c.flip & places[n])) & ~(c.clear & places[n]) for n in range(WORD)
    )
