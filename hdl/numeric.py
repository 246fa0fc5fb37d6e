"""Small pieces of arithmetic that many units share."""

from collections.abc import Sequence
from typing import Any

from amaranth import Value


def adder_tree(terms: Sequence[Any]) -> Value:
    """Sum of terms as a balanced tree, so that widths grow by the logarithm of their number only."""
    if not terms:
        raise ValueError("terms must not be empty")
    row = [Value.cast(term) for term in terms]
    while len(row) > 1:
        pairs = [a + b for a, b in zip(row[::2], row[1::2], strict=False)]
        row = pairs + ([row[-1]] if len(row) % 2 else [])
    return row[0]
