"""Moves of the SXM against loops over elements."""

import numpy as np
import pytest

from golden.units.sxm import distribute, permute, rotate, select, shift, transpose

_SHAPES = [(2, 4), (3, 8), (20, 16), (1, 8)]


def _vector(shape, *lead):
    return np.random.default_rng(7).integers(1, 256, (*lead, *shape), np.uint8)


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("north", [False, True])
def test_shift_moves_elements_and_clears_the_vacated(shape, north):
    vector = _vector(shape, 2)
    size = shape[0] * shape[1]
    for n in {0, 1, shape[1], size - 1, size, size + 3}:
        found = shift(vector, n, north).reshape(2, size)
        for batch, i in np.ndindex(2, size):
            source = i - n if north else i + n
            expected = vector.reshape(2, size)[batch, source] if 0 <= source < size else 0
            assert found[batch, i] == expected


def test_select_takes_north_where_the_mask_is_0():
    north, south = np.full((2, 4), 1, np.uint8), np.full((2, 4), 2, np.uint8)
    mask = np.array([[0, 1, 255, 0], [0, 0, 7, 0]], np.uint8)
    assert select(north, south, mask).tolist() == [[1, 2, 2, 1], [1, 1, 2, 1]]


def _table(inner, middle, outer):
    return (inner | middle << 4 | outer << 9).astype(np.uint16)


def _stages(shape, seed=3):
    """Random bijections of each stage: [S, L] each."""
    rng = np.random.default_rng(seed)
    S, L = shape
    inner = np.stack([rng.permutation(L) for _ in range(S)])
    middle = np.stack([rng.permutation(S) for _ in range(L)], axis=1)
    outer = np.stack([rng.permutation(L) for _ in range(S)])
    return inner, middle, outer


@pytest.mark.parametrize("shape", _SHAPES)
def test_permute_composes_its_three_stages(shape):
    inner, middle, outer = _stages(shape)
    vector = _vector(shape, 2)
    found, ok = permute(vector, np.stack([_table(inner, middle, outer)] * 2), shape[0])
    assert ok.tolist() == [True, True]
    for k, x in np.ndindex(shape):
        wire = outer[k, x]
        source = middle[k, wire]
        assert (found[:, k, x] == vector[:, source, inner[source, wire]]).all()
    assert (np.sort(found.reshape(2, -1)) == np.sort(vector.reshape(2, -1))).all()


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_permute_tells_which_maps_are_no_bijection(stage):
    shape = (3, 8)
    stages = [s.copy() for s in _stages(shape)]
    stages[stage][0] = stages[stage][0, 0] if stage != 1 else stages[1][1]
    good, bad = _table(*_stages(shape)), _table(*stages)
    _, ok = permute(_vector(shape, 2), np.stack([good, bad]), 3)
    assert ok.tolist() == [True, False]


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_permute_reads_zero_out_of_range_and_the_others_as_they_say(stage):
    shape = (3, 8)
    stages = [s.copy() for s in _stages(shape)]
    stages[stage][1, 2] = shape[0] if stage == 1 else shape[1]
    vector = _vector(shape)
    good, _ = permute(vector, _table(*_stages(shape)), 3)
    found, ok = permute(vector, _table(*stages), 3)
    assert not ok
    assert (found != good).sum() == 1 and found[found != good] == 0


def test_permute_wants_unused_bits_zero():
    table = _table(*_stages((2, 4)))
    table[1, 3] |= 1 << 13
    assert not permute(_vector((2, 4)), table, 2)[1]


def test_permute_with_a_dark_superlane():
    shape = (3, 4)
    inner, middle, outer = _stages(shape)
    table = _table(inner, middle, outer)
    table[2] = 0xFFFF
    vector = _vector(shape)
    found, ok = permute(vector, table, 2)
    assert ok
    for k, x in np.ndindex(shape):
        source = middle[k, outer[k, x]]
        expected = vector[source, inner[source, outer[k, x]]] if k < 2 and source < 2 else 0
        assert found[k, x] == expected


def test_distribute_takes_lanes_by_index_and_zero_beyond():
    group, table = _vector((2, 4), 8, 3), np.zeros((3, 2, 4), np.uint8)
    table[:] = [[3, 3, 0, 4], [255, 1, 2, 0]]
    found = distribute(group, table)
    for stream, batch, k, lane in np.ndindex(8, 3, 2, 4):
        index = table[batch, k, lane]
        assert found[stream, batch, k, lane] == (group[stream, batch, k, index] if index < 4 else 0)


@pytest.mark.parametrize("n", [3, 4])
def test_rotate_gives_every_rotation(n):
    vector = _vector((2, 16), 2)
    found = rotate(vector, n)
    assert found.shape == (n * n, 2, 2, 16)
    for r, c, i, j in np.ndindex(n, n, n, n):
        source = (i + r) % n * n + (j + c) % n
        assert (found[r * n + c, ..., i * n + j] == vector[..., source]).all()
    assert not found[..., n * n :].any()


def test_transpose_exchanges_streams_and_lanes():
    group = _vector((2, 4), 4, 3)
    found = transpose(group)
    for i, lane in np.ndindex(4, 4):
        assert np.array_equal(found[i, ..., lane], group[lane, ..., i])
