"""Rounding and layout of floats against exact fractions."""

import random
from fractions import Fraction

import numpy as np
import pytest
from amaranth import Const
from amaranth.hdl import signed, unsigned

from arch.transcendental import F16, F32, FloatFormat
from hdl.float.round import ROUND_BITS, depth_of, line_up, pack, place, relate, shift_out
from hdl.float.unpack import WIDE_EXPONENT_BITS
from tests.hdl.float.bench import evaluate


def nearest_even(value: Fraction, fmt: FloatFormat) -> int:
    """Bits of a positive number, rounded once."""
    exponent = max(fmt.min_exponent, _floor_log2(value))
    units = value / Fraction(2) ** (exponent - fmt.fraction_bits)
    kept, rest = divmod(units, 1)
    kept = int(kept) + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and int(kept) & 1))
    bits = ((exponent - fmt.min_exponent) << fmt.fraction_bits) + kept
    return min(bits, fmt.inf)


def _floor_log2(value: Fraction) -> int:
    guess = value.numerator.bit_length() - value.denominator.bit_length()
    return guess if Fraction(2) ** guess <= value else guess - 1


def rows(fmt: FloatFormat, low: bool) -> list[dict[str, int]]:
    """Significands near ties and limits at exponents over the whole range and around its ends."""
    rng = random.Random(fmt.bits + low)
    edges = [fmt.min_exponent - fmt.fraction_bits, fmt.min_exponent, 0, fmt.bias]
    exponents = [e + d for e in edges for d in range(-3, 4)] + [rng.randrange(-250, 200) for _ in range(40)]
    drop = ROUND_BITS - fmt.fraction_bits - 1
    found = []
    for exponent in exponents:
        for _ in range(12):
            number = rng.getrandbits(ROUND_BITS) | 1 << (ROUND_BITS - 1)
            if rng.random() < 0.6:
                cut = drop + max(0, min(fmt.min_exponent - exponent, fmt.fraction_bits))
                number = number >> cut << cut | 1 << (cut - 1)
            if rng.random() < 0.1:
                number = (1 << ROUND_BITS) - 1
            sticky = rng.getrandbits(1)
            if low and rng.random() < 0.5:
                number, sticky = number >> 1, 0
            found.append({"number": number, "sticky": sticky, "exponent": exponent})
    return found


@pytest.mark.parametrize("low", [False, True], ids=["normalized", "one leading zero"])
@pytest.mark.parametrize("fmt", [F16, F32], ids=lambda f: f.name)
def test_rounds_once_to_nearest_even(fmt: FloatFormat, low: bool):
    def build(m, number, sticky, exponent):
        half = Const(fmt is F16, 1)
        relative = relate(m, exponent, half)
        placed = place(m, relative, depth_of(m, relative, half), ~number.any(), half)
        word, field, over = line_up(m, number, sticky, placed, low)
        return [pack(m, *shift_out(m, word, placed.amount), field, over, half)]

    inputs = {"number": unsigned(ROUND_BITS), "sticky": unsigned(1), "exponent": signed(WIDE_EXPONENT_BITS)}
    cases = rows(fmt, low)
    for row, (seen,) in zip(cases, evaluate(inputs, build, cases), strict=True):
        # What lies below the significand is less than its unit: a third of it does for every rounding.
        value = (row["number"] + Fraction(row["sticky"], 3)) * Fraction(2) ** (row["exponent"] - ROUND_BITS + 1)
        assert seen == nearest_even(value, fmt), row


def test_the_oracle_agrees_with_numpy():
    rng = random.Random(0)
    for _ in range(500):
        value = Fraction(rng.getrandbits(40) + 1, 1 << rng.randrange(0, 70))
        with np.errstate(over="ignore"):
            assert nearest_even(value, F16) == int(np.float16(float(value)).view(np.uint16))
