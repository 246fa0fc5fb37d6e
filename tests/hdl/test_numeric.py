"""Products taken apart."""

import random

import pytest
from amaranth.hdl import signed

from hdl.numeric import HALF_BITS, adder_tree, partial_products, sum_of_products
from tests.hdl.float.bench import evaluate


@pytest.mark.parametrize(("wide", "other"), [(33, 33), (33, 35), (HALF_BITS + 1, 2 * HALF_BITS + 1)])
def test_parts_of_a_product_add_up_to_it(wide: int, other: int):
    rng = random.Random(wide + other)
    limits = [[-(1 << (n - 1)), -1, 0, 1, (1 << (n - 1)) - 1] for n in (wide, other)]
    rows = [{"a": a, "b": b} for a in limits[0] for b in limits[1]]
    halves = [rng.getrandbits(n - 1) - (rng.getrandbits(1) << (n - 1)) for n in (wide, other) * 200]
    rows += [{"a": a, "b": b} for a, b in zip(halves[::2], halves[1::2], strict=True)]

    def build(m, a, b):
        return [sum_of_products(partial_products(a, b), wide + other)]

    for row, (seen,) in zip(rows, evaluate({"a": signed(wide), "b": signed(other)}, build, rows), strict=True):
        assert seen == row["a"] * row["b"], row


def test_a_sum_of_nothing_is_refused():
    with pytest.raises(ValueError, match="terms must not be empty"):
        adder_tree([])
