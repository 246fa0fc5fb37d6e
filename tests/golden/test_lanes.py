"""Elements of adjacent streams."""

import numpy as np
import pytest

from golden.lanes import darken, join, split


@pytest.mark.parametrize("width", [1, 2, 4])
def test_join_puts_byte_0_on_the_lowest_stream(width):
    parts = np.arange(width * 6, dtype=np.uint8).reshape(width, 1, 2, 3) + 200
    found = join(parts)
    assert found.shape == (1, 2, 3) and found.dtype == np.uint32
    for place in np.ndindex(1, 2, 3):
        assert int(found[place]) == int.from_bytes(bytes(int(part[place]) for part in parts), "little")


@pytest.mark.parametrize("width", [1, 2, 4])
def test_split_undoes_join_and_drops_what_is_above(width):
    elements = np.array([[[0x89ABCDEF, 0x01020304]]], np.uint32)
    parts = split(elements, width)
    assert parts.shape == (width, 1, 1, 2) and parts.dtype == np.uint8
    assert np.array_equal(join(parts), elements & np.uint32((1 << 8 * width) - 1))


def test_darken_clears_only_the_dark_and_leaves_its_argument_alone():
    vectors = np.ones((3, 4, 2), np.uint8)
    assert darken(vectors, 3).sum(axis=(0, 2)).tolist() == [6, 6, 6, 0]
    assert vectors.all()
