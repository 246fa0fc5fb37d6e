"""Shifters against arithmetic on integers."""

import random

import pytest
from amaranth.hdl import signed, unsigned

from hdl.float.shift import leading_zeros, normalize, right_shift
from tests.hdl.float.bench import evaluate


def numbers(width: int) -> list[int]:
    rng = random.Random(width)
    ones = [(1 << n) - 1 for n in range(width + 1)]
    return [0, *ones, *(1 << n for n in range(width)), *(rng.getrandbits(width) for _ in range(30))]


@pytest.mark.parametrize("width", [5, 8, 37])
@pytest.mark.parametrize("fills", [False, True])
def test_right_shift_keeps_what_fits_and_tells_what_is_lost(width: int, fills: bool):
    shape = signed(width) if fills else unsigned(width)
    bits = 6
    low = -(1 << (width - 1)) if fills else 0
    rows = [{"value": v + low, "amount": a} for v in numbers(width) for a in range(1 << bits) if v >> width == 0]
    inputs = {"value": shape, "amount": unsigned(bits)}
    seen = evaluate(inputs, lambda m, value, amount: [*right_shift(m, "s", value, amount)], rows)
    for row, result in zip(rows, seen, strict=True):
        value, amount = row["value"], row["amount"]
        assert result[0] == value >> amount, row
        # Beyond the width a negative number loses copies of its sign, which nobody asks for.
        if amount <= width or not fills:
            assert result[1] == (value & ((1 << amount) - 1) != 0), row


@pytest.mark.parametrize("width", [1, 8, 24, 48])
def test_leading_zeros(width: int):
    rows = [{"value": v} for v in numbers(width) if v >> width == 0]
    seen = evaluate({"value": unsigned(width)}, lambda m, value: [leading_zeros(m, "z", value)], rows)
    assert seen == [(width - row["value"].bit_length(),) for row in rows]


def test_normalize_brings_the_leading_one_to_the_top():
    width = 48
    steps = (32, 16, 8, 4, 2, 1)
    rows = [{"value": v} for v in numbers(width) if v and v >> width == 0]
    seen = evaluate({"value": unsigned(width)}, lambda m, value: [*normalize(m, "n", value, steps)], rows)
    for row, result in zip(rows, seen, strict=True):
        places = width - row["value"].bit_length()
        assert result == (row["value"] << places, places), row
