"""The facts of exp, tanh and rsqrt: what the generator makes, what the widths hold, how the rows lie."""

import gmpy2
import numpy as np
import pytest

from arch.transcendental import EXP, F16, F32, PATH, RSQRT, TABLE, TANH
from scripts import make_transcendental


def test_generator_makes_the_same_text():
    assert make_transcendental.TARGET.read_text() == make_transcendental.table_text()


def test_log2e():
    with gmpy2.context(precision=200):
        exact = gmpy2.mul_2exp(1 / gmpy2.log(gmpy2.mpfr(2)), EXP.log2e_fraction_bits)
        assert int(gmpy2.rint(exact)) == EXP.log2e


def test_rows_lie_without_gaps():
    assert EXP.base == 0
    assert RSQRT.base == EXP.base + (1 << EXP.index_bits)
    row, exponent = RSQRT.base + (2 << RSQRT.index_bits), TANH.binades[0].exponent
    for binade in TANH.binades:
        assert (binade.base, binade.exponent, binade.scale) == (row, exponent, max(-exponent, 0))
        row, exponent = row + (1 << binade.index_bits), exponent + 1
    last = TANH.binades[-1]
    assert last.exponent == TANH.one_exponent
    assert len(TABLE) == last.base + TANH.one_index <= 256


@pytest.mark.parametrize("name", ["c0", "c1", "c2", "c3"])
def test_widths_are_exactly_enough(name):
    column = [getattr(row, name) for row in TABLE]
    needed = max(c.bit_length() if c >= 0 else (~c).bit_length() for c in column) + (name != "c0")
    assert needed == getattr(PATH, f"{name}_bits")
    assert name != "c0" or min(column) >= 0


def test_sums_fit():
    """Every row at 4,097 points of its segment, both ends included."""
    t = np.append(np.arange(0, 1 << PATH.t_bits, 1 << PATH.t_bits - 12), (1 << PATH.t_bits) - 1)
    for row in TABLE:
        c2 = row.c2 + (row.c3 * (t >> PATH.t_bits - PATH.t_high_bits) >> PATH.t_high_bits)
        c1 = row.c1 + (c2 * t >> PATH.t_bits)
        value = row.c0 + (c1 * t >> PATH.t_bits)
        assert np.abs(c2).max() < 1 << PATH.c2_sum_bits - 1
        assert np.abs(c1).max() < 1 << PATH.c1_sum_bits - 1
        assert value.min() >= 1 << PATH.fraction_bits - 1
        assert value.max() < 1 << PATH.value_bits


def test_segments_are_as_wide_as_t():
    """No bit of a significand or of exp's fraction is lost or made up."""
    assert PATH.t_bits >= F32.fraction_bits
    assert PATH.value_bits == PATH.fraction_bits + 1
    assert RSQRT.index_bits <= F32.fraction_bits


def test_formats():
    half, single = np.finfo(np.float16), np.finfo(np.float32)
    for fmt, info, view in ((F16, half, np.uint16), (F32, single, np.uint32)):
        assert fmt.bits == info.bits
        assert fmt.inf == info.dtype.type(np.inf).view(view)
        assert fmt.one == info.dtype.type(1).view(view)
        assert fmt.sign == info.dtype.type(-0.0).view(view)
        assert fmt.min_exponent == info.minexp
        assert 2.0**fmt.bias * (2 - 2.0**-fmt.fraction_bits) == float(info.max)
    assert (F16.nan, F32.nan) == (0x7E00, 0x7FC00000)
