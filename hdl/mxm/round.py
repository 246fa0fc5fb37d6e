"""The one rounding of the exact sum of fp16 products to fp32, nearest even, in pieces between which registers stand.

A sum is neither below fp32's normal numbers (its unit is 2**-48) nor above its largest (2**41): there is nothing
subnormal and no overflow. Negative sums are not negated first, which would take a second long carry. They are inverted,
and so are the zeros shifted in below: an infinite row of ones there is as good as the one that inversion lacks.
"""

from amaranth import Const, Module, Mux, Value

from arch.transcendental import F32
from hdl.float.nets import cat
from hdl.mxm.fixed import LIMB, UNIT_EXPONENT
from hdl.pipeline import State, gated

#: Bits among which the leading one of a sum is searched in detail.
WINDOW = 64
#: Bits below the last that is kept, the one that decides about rounding included.
_REST = WINDOW - (F32.fraction_bits + 1)
#: What passes through: whether an infinite product of either sign was in the sum.
_FLAGS = ("plus", "minus")


def add_limbs(m: Module, en: Value, state: State) -> State:
    """From ``low`` and ``high`` limb, equally wide, to ``sum``."""
    low, high = state["low"].as_signed(), state["high"].as_signed()
    carried = gated(m, en, "carried", (high + (low >> LIMB))[: len(high)])
    return {**_flags(state), "sum": gated(m, en, "sum", cat(low[:LIMB], carried))}


def choose_window(m: Module, en: Value, state: State) -> State:
    """The upper or the lower WINDOW bits of the sum, its sign apart, and the exponent of their top bit."""
    total = state["sum"]
    sign, body = total[-1], total[:-1]
    over = len(body) - WINDOW
    assert 0 < over <= _REST
    big = gated(m, en, "big", (body[WINDOW:] ^ sign.replicate(over)).any())
    bias = F32.bias + UNIT_EXPONENT - 1
    return {
        **_flags(state),
        "sign": sign,
        "window": Mux(big, body[over:], body[:WINDOW]),
        "below": big & body[:over].any(),
        "field": Mux(big, len(body) - 1 + bias, WINDOW - 1 + bias)[: F32.exponent_bits],
    }


def normalize(m: Module, en: Value, state: State) -> State:
    """Bring the first bit that differs from the sign to the top; ``field`` becomes the exponent field less one."""
    window, sign = state["window"], state["sign"]
    places: list[Value] = []
    step = WINDOW // 2
    while step:
        empty = gated(m, en, f"empty{step}", ~(window[-step:] ^ sign.replicate(step)).any())
        window = gated(m, en, f"window_by{step}", Mux(empty, cat(Const(0, step), window[:-step]), window))
        places.insert(0, empty)
        step //= 2
    field = (state["field"] - cat(places))[: F32.exponent_bits]
    return {
        **_flags(state),
        "sign": sign,
        "kept": window[_REST:] ^ sign.replicate(WINDOW - _REST),
        "guard": window[_REST - 1] ^ sign,
        "exact": ~(window[: _REST - 1].any() | state["below"]),
        "field": field,
    }


def pack(m: Module, en: Value, state: State) -> State:
    """Round to nearest even, and lay out the bits, unless a product was infinite or a NaN: ``result``."""
    kept, guard, exact, sign = (state[name] for name in ("kept", "guard", "exact", "sign"))
    # Minus a sum whose lower bits are all zero: they were all ones, with the guard bit as good as one more.
    increment = Mux(sign, guard | (exact & kept[0]), guard & (~exact | kept[0]))
    magnitude = (cat(Const(0, F32.fraction_bits), state["field"]) + kept + increment)[: F32.bits - 1]
    nothing = ~sign & ~kept[-1]
    plus, minus = _flags(state).values()
    infinity = Mux(plus, F32.inf, F32.inf | F32.sign)
    special = Mux(plus & minus, F32.nan, infinity)
    return {"result": Mux(plus | minus, special, Mux(nothing, 0, cat(magnitude, sign)))[: F32.bits]}


def _flags(state: State) -> State:
    return {name: state[name] for name in _FLAGS}


#: All pieces, in order.
WORK = (add_limbs, choose_window, normalize, pack)
