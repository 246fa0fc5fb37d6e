"""The SECDED code: what a Hsiao code promises, checked on every single and every double error."""

import itertools

import pytest

from arch.config import preset
from arch.secded import check_bits, columns, rows

WIDTHS = pytest.mark.parametrize("data_bits", [32, 64, 128])


def whole(data_bits: int) -> list[int]:
    """Columns of the parity-check matrix for data bits, then check bits."""
    return [*columns(data_bits), *(1 << n for n in range(check_bits(data_bits)))]


def test_published_width():
    assert check_bits(preset("full").word_bits) == 9
    assert [check_bits(bits) for bits in (32, 64, 128)] == [7, 8, 9]


@WIDTHS
def test_columns_are_distinct_and_odd(data_bits):
    table = whole(data_bits)
    assert len(table) == data_bits + check_bits(data_bits)
    assert len(set(table)) == len(table)
    assert all(mask.bit_count() % 2 for mask in table)
    assert all(0 < mask < 1 << check_bits(data_bits) for mask in table)


@WIDTHS
def test_light_columns_come_first_and_rows_are_even(data_bits):
    table = columns(data_bits)
    weights = [mask.bit_count() for mask in table]
    assert weights == sorted(weights)
    assert table[0] == 0b111
    loads = [row.bit_count() for row in rows(data_bits)]
    assert max(loads) - min(loads) <= 1


@WIDTHS
def test_every_single_error_has_its_own_syndrome_and_no_double_error_has_one_of_them(data_bits):
    table = whole(data_bits)
    singles = set(table)
    assert 0 not in singles and len(singles) == len(table)
    for a, b in itertools.combinations(table, 2):
        syndrome = a ^ b
        assert syndrome and syndrome.bit_count() % 2 == 0 and syndrome not in singles


@WIDTHS
def test_rows_are_the_columns_seen_from_the_side(data_bits):
    table, across = columns(data_bits), rows(data_bits)
    assert len(across) == check_bits(data_bits)
    for check, mask in enumerate(across):
        for bit in range(data_bits):
            assert mask >> bit & 1 == table[bit] >> check & 1
        assert mask < 1 << data_bits


def test_other_widths_have_distinct_columns_too():
    assert len(set(columns(120))) == 120
    for bits in (1, 4, 26, 57, 247):
        assert len(set(columns(bits))) == bits
