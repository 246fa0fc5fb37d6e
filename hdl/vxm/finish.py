"""The last steps of an ALU with floating point: a sum, product or cubic becomes a float."""

from dataclasses import fields
from types import SimpleNamespace

from amaranth import Const, Mux, Signal, Value

from arch.transcendental import F16, F32, PATH
from hdl.float.nets import cat, net
from hdl.float.round import ROUND_BITS, Placed, depth_of, line_up, pack, place, shift_out
from hdl.float.shift import normalize
from hdl.vxm.arrange import WIDE
from hdl.vxm.operand import WORD
from hdl.vxm.pipeline import Pipeline

#: Places by which a sum or product may have to move up in the steps 10 and 11; before, by more.
_MIDDLE, _NEAR = (4, 2), (1,)
#: What is by then nothing but passed on.
_TO_THE_END = ("other", "taken", "cancel", "sign")


def finish(p: Pipeline, now: SimpleNamespace, cubic: Value | None) -> Signal:
    """Steps 10 to 17, with floating point.

    Parameters
    ----------
    p : Pipeline
    now : SimpleNamespace
        What step 9 leaves: ``number``, of which the leading one is among the upper eight bits, ``places``, ``relative``
        (`hdl.float.round.relate`), ``other`` and ``taken``, ``sign`` and ``cancel``.
    cubic : Value or None
        exp, rsqrt or tanh in the cycle of step 15, in a large ALU.

    Returns
    -------
    Signal
        The result's register, 32 bits.
    """
    now = _normalize(p, now)
    now = _place(p, now)
    now = _move(p, now, cubic)
    magnitude = pack(p.m, now.shifted, now.lost, now.field, now.over, p.at(17).half)
    sign = Mux(p.at(17).half, now.sign << (F16.bits - 1), now.sign << (F32.bits - 1))
    return p.load(17, result=Mux(now.taken, now.other, (magnitude | sign)[:WORD])).result


def _normalize(p: Pipeline, s10: SimpleNamespace) -> SimpleNamespace:
    """Steps 10 and 11."""
    rest = WIDE - ROUND_BITS
    number, places = normalize(p.m, "normalize", s10.number, _MIDDLE)
    depth = depth_of(p.m, s10.relative, p.at(10).half)
    passed = {name: getattr(s10, name) for name in ("relative", *_TO_THE_END)}
    s11 = p.load(10, number=number, places=cat(places, s10.places), depth=depth, **passed)
    number, last = normalize(p.m, "normalize_near", s11.number, _NEAR)
    passed = {name: getattr(s11, name) for name in ("relative", "depth", *_TO_THE_END)}
    sticky = number[:rest].any()
    return p.load(11, number=number[rest:], places=cat(last, s11.places), sticky=sticky, **passed)


def _place(p: Pipeline, s12: SimpleNamespace) -> SimpleNamespace:
    """Steps 12 to 14."""
    c = p.at(12)
    zero = net(p.m, "zero", ~s12.number[-1] & ~c.cubic)
    places = Mux(c.cubic, 0, s12.places)
    relative = (s12.relative - places)[: len(s12.relative)].as_signed()
    depth = (s12.depth + places)[: len(s12.depth)]
    passed = {name: getattr(s12, name) for name in ("number", "sticky", "other", "taken")}
    sign = s12.sign & ~(s12.cancel & zero)
    s13 = p.load(12, relative=relative, depth=depth, zero=zero, sign=sign, **passed)
    placed = vars(place(p.m, s13.relative, s13.depth, s13.zero, p.at(13).half))
    passed = {name: getattr(s13, name) for name in ("number", "sticky", "other", "taken", "sign")}
    return p.load(14, **vars(p.load(13, **placed, **passed)))


def _move(p: Pipeline, s15: SimpleNamespace, cubic: Value | None) -> SimpleNamespace:
    """Steps 15 and 16."""
    c = p.at(15)
    placed = Placed(**{field.name: getattr(s15, field.name) for field in fields(Placed)})
    number, sticky = s15.number, s15.sticky
    if cubic is not None:
        value = cat(Const(0, ROUND_BITS - PATH.value_bits), cubic)
        number, sticky = Mux(c.cubic, value, number), sticky & ~c.cubic
    word, field, over = line_up(p.m, number, sticky, placed, low=cubic is not None)
    passed = {"other": s15.other, "taken": s15.taken, "sign": s15.sign}
    s16 = p.load(15, word=word, field=field, over=over, amount=placed.amount, **passed)
    shifted, lost = shift_out(p.m, s16.word, s16.amount)
    passed = {name: getattr(s16, name) for name in ("field", "over", "other", "taken", "sign")}
    return p.load(16, shifted=shifted, lost=lost, **passed)
