"""Sum of two fp32 numbers, nearest even, subnormals kept, in pieces between which registers stand.

Subnormal sums are exact: a number that would lose its leading one to the least exponent is not moved up that far, and
then there is nothing below it to be rounded. Hence one shifter after the addition, none for a subnormal result.
"""

from amaranth import Const, Module, Mux, Value

from arch.transcendental import F32
from hdl.float.nets import cat
from hdl.float.shift import leading_zeros, right_shift
from hdl.pipeline import State, gated

#: Bits below the significands: guard, round and sticky bit.
_BELOW = 3
#: Bits of a sum of significands with these.
_TOTAL_BITS = F32.fraction_bits + 1 + _BELOW + 1
#: Bits of a shift; more shifts all of a significand into the sticky bit.
_AMOUNT_BITS = 5


def order(m: Module, en: Value, state: State) -> State:
    """From ``a`` and ``b`` to the larger and the smaller of them, and their distance."""
    a, b = state["a"], state["b"]
    swap = gated(m, en, "swap", a[:-1] < b[:-1])
    large, small = gated(m, en, "large", Mux(swap, b, a)), gated(m, en, "small", Mux(swap, a, b))
    fields = [gated(m, en, f"{n}_field", x[F32.fraction_bits : -1]) for n, x in (("large", large), ("small", small))]
    normals = [gated(m, en, f"normal{n}", field.any()) for n, field in enumerate(fields)]
    least = [cat(field[0] | ~normal, field[1:]) for field, normal in zip(fields, normals, strict=True)]
    distance = gated(m, en, "distance", (least[0] - least[1])[: F32.exponent_bits])
    specials = [field.all() for field in fields]
    some = [x[: F32.fraction_bits].any() for x in (large, small)]
    minus = gated(m, en, "minus", large[-1] ^ small[-1])
    # The larger of two specials is a NaN if one of them is.
    return {
        "nan": specials[0] & (some[0] | (specials[1] & minus)),
        "infinite": specials[0],
        "sign": large[-1],
        "both": large[-1] & small[-1],
        "minus": minus,
        "field": least[0],
        "large": cat(large[: F32.fraction_bits], normals[0]),
        "small": cat(small[: F32.fraction_bits], normals[1]),
        "amount": Mux(distance[_AMOUNT_BITS:].any(), (1 << _AMOUNT_BITS) - 1, distance[:_AMOUNT_BITS]),
    }


def align(m: Module, en: Value, state: State) -> State:
    """Bring the smaller significand to the larger one's exponent."""
    rest = dict(state)
    small = gated(m, en, "small_up", cat(Const(0, _BELOW), rest.pop("small")))
    shifted, sticky = right_shift(m, "align", small, rest.pop("amount"))
    return {**rest, "small": cat(shifted[0] | sticky, shifted[1:])}


def add(m: Module, en: Value, state: State) -> State:
    """Sum or difference of the significands."""
    rest = dict(state)
    minus = rest.pop("minus")
    large, small = cat(Const(0, _BELOW), rest.pop("large")), cat(rest.pop("small"), Const(0, 1))
    total = large + (small ^ minus.replicate(len(small))) + minus
    return {**rest, "total": total[:_TOTAL_BITS]}


def finish(m: Module, en: Value, state: State) -> State:
    """Normalize, round, lay out the bits: ``result``."""
    total, field = gated(m, en, "total", state["total"]), state["field"]
    zeros = leading_zeros(m, "zeros", total)
    places = gated(m, en, "places", Mux(zeros < field, zeros, field)[:_AMOUNT_BITS])
    moved = gated(m, en, "moved", (total << places)[:_TOTAL_BITS])
    kept = moved[_BELOW + 1 :]
    increment = moved[_BELOW] & (moved[:_BELOW].any() | kept[0])
    base = (field - places)[: F32.exponent_bits]
    rounded = gated(m, en, "rounded", (cat(Const(0, F32.fraction_bits), base) + kept + increment)[: F32.bits - 1])
    some = gated(m, en, "some", total.any())
    infinite = state["infinite"] | rounded[F32.fraction_bits :].all()
    magnitude = Mux(some, Mux(infinite, F32.inf, rounded), 0)[: F32.bits - 1]
    number = cat(magnitude, Mux(some, state["sign"], state["both"]))
    return {"result": Mux(state["nan"], F32.nan, number)[: F32.bits]}


#: All pieces, in order.
WORK = (order, align, add, finish)
