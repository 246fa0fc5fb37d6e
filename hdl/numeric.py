"""Small pieces of arithmetic that many units share."""

from collections.abc import Callable, Sequence
from operator import add
from typing import Any

from amaranth import Cat, Const, Value

#: Bits of the lower half of a long factor: with a sign, what the multipliers of FPGAs take.
HALF_BITS = 17


def tree(terms: Sequence[Any], join: Callable[[Any, Any], Any]) -> Any:
    """Terms joined by twos, neighbors first, so that the way through grows by the logarithm of their number only."""
    if not terms:
        raise ValueError("terms must not be empty")
    row = list(terms)
    while len(row) > 1:
        pairs = [join(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
        row = pairs + ([row[-1]] if len(row) % 2 else [])
    return row[0]


def adder_tree(terms: Sequence[Any]) -> Value:
    """Sum of terms as a balanced tree, so that widths grow by the logarithm of their number only."""
    return tree([Value.cast(term) for term in terms], add)


def partial_products(a: Value, b: Value) -> list[Value]:
    """Four products that make that of two signed factors, each small enough for one multiplier of an FPGA.

    Parameters
    ----------
    a, b : Value
        Signed, more than ``HALF_BITS`` and at most twice as many and a sign.

    Returns
    -------
    list of Value
        For `sum_of_products`: low by low half, low by high, high by low, high by high.
    """
    halves = [(factor[:HALF_BITS], factor[HALF_BITS:].as_signed()) for factor in (a, b)]
    return [Value.cast(x * y) for x in halves[0] for y in halves[1]]


def sum_of_products(parts: Sequence[Value], width: int) -> Value:
    """The product of `partial_products`, ``width`` bits, signed."""
    outer, middle = two_sums(parts, Const(0, 1))
    return (outer + middle)[:width].as_signed()


def two_sums(parts: Sequence[Value], plus: Value) -> tuple[Value, Value]:
    """Two numbers that make the product of `partial_products` and something more, each an addition away from them."""
    low, *middle, high = parts
    # That of the low halves has no sign and ends where that of the high ones begins: no sum is needed.
    outer = Value.cast(Cat(low[: 2 * HALF_BITS], high)).as_signed()
    return outer + plus, adder_tree(middle) << HALF_BITS
