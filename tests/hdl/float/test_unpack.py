"""Decoding of floats against NumPy."""

import random

import numpy as np
import pytest
from amaranth import Const
from amaranth.hdl import unsigned

from arch.transcendental import F16, F32, FloatFormat
from hdl.float.unpack import classify, unpack
from tests.hdl.float.bench import evaluate


def patterns(fmt: FloatFormat) -> list[int]:
    """Every exponent field with fractions at its ends, both signs, and rubbish above fp16."""
    rng = random.Random(fmt.bits)
    fractions = [0, 1, (1 << fmt.fraction_bits) - 1, 1 << (fmt.fraction_bits - 1), rng.getrandbits(fmt.fraction_bits)]
    fields = range(1 << fmt.exponent_bits)
    rubbish = rng.getrandbits(32) >> fmt.bits << fmt.bits
    return [s | (e << fmt.fraction_bits) | f | rubbish for s in (0, fmt.sign) for e in fields for f in fractions]


@pytest.mark.parametrize("fmt", [F16, F32], ids=lambda f: f.name)
def test_unpack(fmt: FloatFormat):
    def build(m, bits):
        half = Const(fmt is F16, 1)
        x = unpack(m, "x", bits, half, classify(m, "x", bits, half))
        return [x.sign, x.zero, x.inf, x.nan, x.exponent, x.significand]

    rows = [{"bits": bits} for bits in patterns(fmt)]
    for row, seen in zip(rows, evaluate({"bits": unsigned(32)}, build, rows), strict=True):
        sign, zero, inf, nan, exponent, significand = seen
        bits = row["bits"] & ((1 << fmt.bits) - 1)
        value = np.asarray(bits, np.uint16 if fmt is F16 else np.uint32).view(np.float16 if fmt is F16 else np.float32)
        value = float(value)
        assert (sign, nan, inf) == (bits >> (fmt.bits - 1), np.isnan(value), np.isinf(value)), hex(bits)
        assert zero == (value == 0), hex(bits)
        if np.isfinite(value):
            assert abs(value) == np.ldexp(float(significand), exponent - F32.fraction_bits), hex(bits)
            assert exponent >= fmt.min_exponent
            assert significand >> F32.fraction_bits or exponent == fmt.min_exponent, hex(bits)
