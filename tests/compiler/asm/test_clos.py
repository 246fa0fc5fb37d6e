"""Every permutation finds its way through the network, checked by walking the map as the manual defines it."""

import dataclasses

import numpy as np
import pytest

from arch.config import PRESETS, Config
from compiler.asm.clos import permute_map

TINY = PRESETS["tiny"]


def machine(superlanes: int, lanes: int) -> Config:
    return dataclasses.replace(TINY, superlanes=superlanes, lanes=lanes, slices=max(4, lanes))


SHAPES = [(1, 4), (2, 4), (3, 8), (20, 16)]


def walk(config: Config, rows: np.ndarray, vector: list[int]) -> list[int]:
    """What Permute makes of a vector: the three stages one after the other, each shown to be a bijection."""
    S, L = config.superlanes, config.lanes
    entries = [int(low) | int(high) << 8 for low, high in zip(rows[0], rows[1], strict=True)]
    assert all(entry >> 13 == 0 for entry in entries)
    entry = [[entries[k * L + x] for x in range(L)] for k in range(S)]
    wires = [[entry[k][x] & 15 for x in range(L)] for k in range(S)]
    assert all(sorted(row) == list(range(L)) for row in wires)
    assert all(sorted(entry[k][x] >> 4 & 31 for k in range(S)) == list(range(S)) for x in range(L))
    assert all(sorted(entry[k][x] >> 9 for x in range(L)) == list(range(L)) for k in range(S))
    sent = [[vector[k * L + wires[k][x]] for x in range(L)] for k in range(S)]
    arrived = [[sent[entry[k][x] >> 4 & 31][x] for x in range(L)] for k in range(S)]
    return [arrived[k][entry[k][x] >> 9] for k in range(S) for x in range(L)]


def adversarial(S: int, L: int) -> dict[str, np.ndarray]:
    everything = np.arange(S * L)
    return {
        "identity": everything,
        "reverse": everything[::-1].copy(),
        "transpose": everything.reshape(S, L).T.reshape(-1).copy(),
        "other transpose": everything.reshape(L, S).T.reshape(-1).copy(),
        "rotate by one": np.roll(everything, 1),
        "rotate by a superlane": np.roll(everything, L),
        "rotate by half": np.roll(everything, S * L // 2),
        # Each superlane takes all it has from one other, so that every edge of the graph is parallel.
        "superlanes reversed": everything.reshape(S, L)[::-1].reshape(-1).copy(),
        # Superlane 0 collects one lane of each superlane as far as they go: all send to one.
        "all to one": np.argsort(everything % L, kind="stable"),
    }


@pytest.mark.parametrize(("S", "L"), SHAPES)
def test_adversarial_permutations(S: int, L: int):
    config = machine(S, L)
    for name, order in adversarial(S, L).items():
        values = [1000 + n for n in range(S * L)]
        assert walk(config, permute_map(config, order), values) == [values[n] for n in order], name


@pytest.mark.parametrize(("S", "L"), SHAPES)
def test_random_permutations(S: int, L: int):
    config, rng = machine(S, L), np.random.default_rng(S * 100 + L)
    for _ in range(25):
        order = rng.permutation(S * L)
        rows = permute_map(config, order)
        assert rows.shape == (2, S * L) and rows.dtype == np.uint8
        assert walk(config, rows, list(range(S * L))) == order.tolist()


def test_it_is_deterministic():
    order = np.random.default_rng(5).permutation(320)
    config = machine(20, 16)
    assert np.array_equal(permute_map(config, order), permute_map(config, order.tolist()))


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 6], "a permutation must name each element 0..7 once; 7 is missing"),
        ([1, 2, 3, 4, 5, 6, 7, 8], "a permutation must name each element 0..7 once; 0 is missing"),
        ([0, 1], r"a permutation must be 8 integers, not int64\[2\]"),
        ([0.0] * 8, r"a permutation must be 8 integers, not float64\[8\]"),
    ],
)
def test_what_is_no_bijection_is_refused(order: list, message: str):
    with pytest.raises(ValueError, match=f"^{message}$"):
        permute_map(TINY, order)
