"""Dot products of fp16 from Python's integers, and vectors that are hard to sum."""

import random
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from arch.transcendental import F16, F32

#: fp16 one, the ends of the range, infinity, a NaN that is not the canonical one.
ONE, TINY, MAX, INF, NAN = F16.one, 0x0001, 0x7BFF, F16.inf, 0x7D01
MINUS = F16.sign


def value_of(bits: int) -> Fraction:
    """A finite fp16 number."""
    field, fraction = bits >> F16.fraction_bits & 31, bits & (1 << F16.fraction_bits) - 1
    significand = fraction | (1 << F16.fraction_bits if field else 0)
    number = Fraction(significand) * Fraction(2) ** (max(field, 1) - F16.bias - F16.fraction_bits)
    return -number if bits & MINUS else number


def rounded(number: Fraction) -> int:
    """fp32 bits of a number, nearest even; of a zero, +0."""
    if number == 0:
        return 0
    magnitude, exponent = abs(number), 0
    while magnitude >= 2 << F32.fraction_bits:
        magnitude, exponent = magnitude / 2, exponent + 1
    while magnitude < 1 << F32.fraction_bits:
        magnitude, exponent = magnitude * 2, exponent - 1
    # Python rounds fractions to the nearest even integer.
    field = exponent + F32.fraction_bits + F32.bias - 1
    bits = (field << F32.fraction_bits) + round(magnitude)
    return bits | (F32.sign if number < 0 else 0)


def dot(a: Sequence[int], w: Sequence[int]) -> int:
    """fp32 bits of the exact sum of products of fp16 bits, rounded once."""
    total, infinities = Fraction(0), set()
    for x, y in zip(a, w, strict=True):
        kinds = [(bits & 0x7FFF) - F16.inf for bits in (x, y)]
        if max(kinds) > 0 or (max(kinds) == 0 and min(kinds) == -F16.inf):
            return F32.nan
        if max(kinds) == 0:
            infinities.add((x ^ y) & MINUS)
        else:
            total += value_of(x) * value_of(y)
    if len(infinities) == 2:
        return F32.nan
    if infinities:
        return F32.inf | (F32.sign if infinities.pop() else 0)
    return rounded(total)


def cases(rng: random.Random, k: int) -> list[tuple[list[int], list[int]]]:
    """Pairs of vectors, fp16 bits, that a sum with less than every bit gets wrong."""
    found = []

    def case(*products: tuple[int, int]) -> None:
        if len(products) > k:
            return
        rest = [(rng.choice([0, MINUS]), rng.randrange(0x7C00)) for _ in range(k - len(products))]
        terms = [*products, *rest]
        rng.shuffle(terms)
        found.append(([a for a, _ in terms], [w for _, w in terms]))

    small = (TINY, TINY)
    for sign in (0, MINUS):
        for odd in (ONE, ONE + 1):
            # Half an ulp of fp32 beside a number with an even or odd last bit, alone and with 2**-48 either way.
            half = (0x1400, 0x0400 | sign)
            case((odd | sign, odd), half)
            case((odd | sign, odd), half, small)
            case((odd | sign, odd), half, (TINY, TINY | MINUS))
        case((MAX, MAX | sign), small)
        case((MAX, MAX), (MAX, MAX | MINUS), (TINY, TINY | sign))
        case((MAX, MAX), (MAX, MAX | MINUS), (0x03FF, 0x03FF | sign))
        case((MAX, MAX), (MAX | MINUS, MAX), (ONE, ONE | sign), (ONE, ONE | sign ^ MINUS))
        case((sign, ONE))
        case((sign, sign), (sign ^ MINUS, 0))
        case((INF, ONE | sign))
        case((INF | sign, MAX), (INF | sign, TINY))
        case((INF, TINY | sign), (MAX, MAX | sign ^ MINUS))
        case((INF, ONE), (INF, ONE | MINUS))
        case((INF | sign, 0))
        case((sign, INF))
        case((NAN | sign, 0), (ONE, ONE))
        case((ONE, INF | sign), (ONE, NAN))
    found.append(([MAX] * k, [MAX] * k))
    found.append(([MAX] * k, [MAX | MINUS] * k))
    found.append(([TINY] * k, [TINY | MINUS] * k))
    found.append(([0x03FF] * k, [0x83FF] * k))
    return found


def hard_pair(rng: random.Random, k: int, count: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """A vector [K] and columns [K, count]: products of all sizes, many of which cancel; now and then an infinity."""
    scale = rng.choice([0, 0, 1, 2])

    def element() -> int:
        if scale == 0:
            return rng.randrange(0x7C00) | rng.choice([0, MINUS])
        if scale == 1:
            return rng.choice([0, TINY, 0x03FF, 0x0400, ONE, ONE + 1, ONE - 1, MAX, 0x1400]) | rng.choice([0, MINUS])
        return rng.randrange(0x3800, 0x4000) | rng.choice([0, MINUS])

    a = np.array([element() for _ in range(k)], np.uint16)
    w = np.array([[element() for _ in range(count)] for _ in range(k)], np.uint16)
    for column in range(count):
        for _ in range(rng.randrange(k)):
            i, j = rng.randrange(k), rng.randrange(k)
            if i != j and rng.random() < 0.7:
                # Cancels, but for what differs between the two activations.
                w[j, column] = w[i, column] ^ MINUS ^ ((a[i] ^ a[j]) & MINUS)
    if rng.random() < 0.1:
        w[rng.randrange(k), rng.randrange(count)] = rng.choice([INF, INF | MINUS, NAN])
    return a, w
