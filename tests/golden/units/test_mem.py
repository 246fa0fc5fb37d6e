"""Addresses of strides and maps."""

import numpy as np

from golden.units.mem import indexed, linear, strided
from tests.golden.schedule import op


def test_linear_keeps_the_bank_and_wraps_at_4096():
    read = op("Read", a="1:4095", s="E0", stride=2)
    found = linear(read, np.arange(4), 4096)
    assert found.bank.tolist() == [1] * 4 and found.offset.tolist() == [4095, 1, 3, 5] and found.ok.all()
    down = op("Write", a="0:1", s="E0", stride=-1)
    assert linear(down, np.arange(3), 128).offset.tolist() == [1, 0, 4095]
    assert linear(down, np.arange(3), 128).ok.tolist() == [True, True, False]


def test_strided_rows_and_columns_wrap_at_their_field():
    acc = op("ACC", type="i32", mode="write", row=1022, stride=1, keep=1)
    assert strided(acc, "row", np.arange(4)).tolist() == [1022, 1023, 0, 1]
    load = op("LW", s="E0", col=1, stride=-1)
    assert strided(load, "col", np.arange(3)).tolist() == [1, 0, 31]


def test_indexed_checks_bank_range_and_high_bits():
    gather = op("Gather", map="E0", s="W0", banks=2, lo=5, hi=9)
    addresses = [0x1005, 0x1009, 0x1004, 0x100A, 0x0005, 0x2005, 0x3005, 0x9005]
    table = np.zeros((2, 4, 4), np.uint8)
    table.reshape(8, 4)[:, 0] = [a & 255 for a in addresses]
    table.reshape(8, 4)[:, 1] = [a >> 8 for a in addresses]
    table[..., 2:] = 99
    found = indexed(gather, table)
    assert found.ok.reshape(-1).tolist() == [True, True] + [False] * 6
    assert found.offset.reshape(-1)[:2].tolist() == [5, 9] and found.bank.reshape(-1)[0] == 1
