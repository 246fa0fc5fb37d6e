"""Exact dot products of fp16 inside a pair of supercells.

Sources: ``docs/architecture.md``, MXM (the even plane stores low bytes, the odd plane high bytes; a pass takes half of
the lanes; exact); ``hdl.mxm.fixed`` for the form of the sums; ``docs/decisions/0007-fp16-mxm.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from amaranth import Const, Module, Mux, Value
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from arch.transcendental import F16
from hdl.float.nets import cat
from hdl.mxm.fixed import ELEMENT_BITS, LIMB, PRODUCT_BITS, dot_bits, half_lanes, sum_bits
from hdl.numeric import adder_tree
from hdl.pipeline import State, gated, restless, staged
from hdl.seam import Block
from hdl.words import piece

#: Bits of the shift that are done before the product is put in one of the places of the fixed point.
FINE = 4
#: Bits of a shift; infinities give some that no product needs.
SHIFT_BITS = 6
#: After which pieces of the work registers stand, by their number: multiply, shift, align, add pairs, add.
_CUTS = {1: (4,), 2: (0, 4), 3: (0, 2, 4), 4: (0, 2, 3, 4), 5: (0, 1, 2, 3, 4)}


@dataclass(frozen=True)
class _Element:
    """An fp16 number: the significand with its leading one, the exponent field (1 for subnormals), flags."""

    sign: Value
    significand: Value
    field: Value
    special: Value
    nan: Value
    zero: Value


class Dot(Block):
    """``lanes`` sums of ``lanes / 2`` products of fp16 each, exact, in two limbs.

    Latency: ``stages.mxm_mac``, one vector per cycle. Without ``valid`` nothing in it moves: the operands are zero
    behind its inputs, the registers keep what they hold.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    valid : In(1)
        Whether there is an activation.
    halves : In(2)
        Which half of the lanes is multiplied, one bit each. Neither in a dark superlane, which adds nothing.
    act : In(lanes * 8)
        Activation: ``lanes / 2`` elements of 16 bits.
    low, high : In(lanes * lanes * 8)
        Arrays of the even and of the odd plane: low and high bytes, stream 0 lowest, in each lane 0 lowest.
    done : Out(1)
        ``valid``, as late as the sums.
    low_limbs, high_limbs : Out(lanes * dot_bits)
        Limbs of the sums by stream, two's complement.
    plus, minus : Out(lanes)
        Whether a product is infinite, by its sign; both for a NaN.
    """

    def __init__(self, *, config: Config):
        self.config = config
        lanes, bits, still = config.lanes, dot_bits(config), config.features.still
        super().__init__(
            "mxm_dot",
            (lanes, f"s{config.stages.mxm_mac}", *restless(still)),
            {
                "valid": In(1),
                "halves": In(2),
                "act": In(lanes * BYTE_BITS),
                "low": In(lanes * lanes * BYTE_BITS),
                "high": In(lanes * lanes * BYTE_BITS),
                "done": Out(1),
                "low_limbs": Out(lanes * bits),
                "high_limbs": Out(lanes * bits),
                "plus": Out(lanes),
                "minus": Out(lanes),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        bits, half = dot_bits(self.config), range(half_lanes(self.config))
        still = self.config.features.still
        moves = self.valid if still else Const(1)
        halves = gated(m, moves, "chosen_halves", self.halves)
        acts = [_element(m, moves, f"act{n}", piece(self.act, n, ELEMENT_BITS)) for n in half]
        rows = [{f"weight{n}": self._weight(halves, stream, n) for n in half} for stream in range(self.config.lanes)]
        work = (partial(_multiply, acts), _shift, _align, _add_pairs, _add)
        done, rows = staged(m, work, _CUTS, self.config.stages.mxm_mac, self.valid, rows, still=still)
        m.d.comb += self.done.eq(done)
        for stream, row in enumerate(rows):
            m.d.comb += [
                piece(self.low_limbs, stream, bits).eq(row["low"]),
                piece(self.high_limbs, stream, bits).eq(row["high"]),
                self.plus[stream].eq(row["plus"]),
                self.minus[stream].eq(row["minus"]),
            ]
        return m

    def _weight(self, halves: Value, stream: int, n: int) -> Value:
        """The weight of the chosen half; zero if none is."""
        places = [stream * self.config.lanes + n + half * half_lanes(self.config) for half in range(2)]
        halved = [
            cat(piece(self.low, at, BYTE_BITS), piece(self.high, at, BYTE_BITS)) & halves[half].replicate(ELEMENT_BITS)
            for half, at in enumerate(places)
        ]
        return halved[0] | halved[1]


def _multiply(acts: Sequence[_Element], m: Module, en: Value, row: State) -> State:
    """Products of significands, their shifts and signs; what is infinite or NaN."""
    after: State = {}
    plus, minus = [], []
    for n, act in enumerate(acts):
        weight = _element(m, en, f"weight{n}", gated(m, en, f"weight{n}", row[f"weight{n}"]))
        negative = act.sign ^ weight.sign
        infinite = act.special | weight.special
        nan = act.nan | weight.nan | (act.special & weight.zero) | (act.zero & weight.special)
        plus.append(nan | (infinite & ~negative))
        minus.append(nan | (infinite & negative))
        after[f"product{n}"] = act.significand * weight.significand
        # One less for either: a product of two subnormals is not shifted.
        after[f"shift{n}"] = (act.field + weight.field - 2)[:SHIFT_BITS]
        after[f"negative{n}"] = negative
    return {**after, "plus": cat(plus).any(), "minus": cat(minus).any()}


def _shift(m: Module, en: Value, row: State) -> State:
    """Products shifted by the lower bits of their shifts."""
    after = {name: row[name] for name in ("plus", "minus")}
    for n in range(sum(name.startswith("product") for name in row)):
        shift = row[f"shift{n}"]
        after[f"fine{n}"] = gated(m, en, f"fine{n}", row[f"product{n}"] << shift[:FINE])
        after |= {f"coarse{n}": shift[FINE:], f"negative{n}": row[f"negative{n}"]}
    return after


def _align(m: Module, en: Value, row: State) -> State:
    """Products in fixed point, as limbs; negative ones inverted, and one to be added for each."""
    after = {name: row[name] for name in ("plus", "minus")}
    for n in range(sum(name.startswith("fine") for name in row)):
        fine, coarse, negative = row[f"fine{n}"], row[f"coarse{n}"], row[f"negative{n}"]
        for name, start in (("low", 0), ("high", LIMB)):
            places = [_window(fine, start - (c << FINE)) for c in range(1 << (SHIFT_BITS - FINE))]
            limb = Mux(coarse[1], Mux(coarse[0], places[3], places[2]), Mux(coarse[0], places[1], places[0]))
            after[f"{name}{n}"] = cat(limb ^ negative.replicate(LIMB), negative)
    return after


def _add_pairs(m: Module, en: Value, row: State) -> State:
    """Sums of two lanes each, and how many ones make inverted products negative ones."""
    after = {name: row[name] for name in ("plus", "minus")}
    for name, limbs in _terms(row).items():
        for n, at in enumerate(range(0, len(limbs), 2)):
            after[f"{name}{n}"] = adder_tree([limb.as_signed() for limb in limbs[at : at + 2]])
    count = adder_tree([limb[-1] for limb in _terms(row)["low"]])
    return {**after, "ones": gated(m, en, "ones", cat(count, Const(0, 1)))}


def _add(m: Module, en: Value, row: State) -> State:
    """Sums over the lanes."""
    after = {name: row[name] for name in ("plus", "minus")}
    for name, pairs in _terms(row).items():
        # The width of a sum of twice as many limbs as there are pairs.
        after[name] = adder_tree([*pairs, row["ones"].as_signed()])[: sum_bits(2 * len(pairs))]
    return after


def _terms(row: State) -> dict[str, list[Value]]:
    """What is to be added up, by limb."""
    return {name: [v for n, v in row.items() if n.startswith(name)] for name in ("low", "high")}


def _element(m: Module, valid: Value, name: str, bits: Value) -> _Element:
    """Decode fp16; all zero without ``valid``."""
    fraction, field = bits[: F16.fraction_bits], bits[F16.fraction_bits : -1]
    normal = gated(m, valid, f"{name}_normal", field.any())
    special = gated(m, valid, f"{name}_special", field.all())
    some = gated(m, valid, f"{name}_some", fraction.any())
    return _Element(
        sign=bits[-1],
        significand=cat(fraction, normal),
        field=cat(field[0] | ~normal, field[1:]),
        special=special,
        nan=special & some,
        zero=~normal & ~some,
    )


def _window(bits: Value, start: int) -> Value:
    """LIMB bits from bit ``start`` on; what lies outside is zero."""
    inside = bits[max(start, 0) : max(start + LIMB, 0)]
    padded = cat(Const(0, max(-start, 0)), inside)[:LIMB]
    return cat(padded, Const(0, LIMB - len(padded)))


assert PRODUCT_BITS + (1 << FINE) - 1 <= LIMB
