"""The comparator against Python's order of integers and floats."""

from itertools import product

import numpy as np
import pytest
from amaranth import Const
from amaranth.hdl import unsigned

from arch.types import Type
from hdl.float.compare import compare, key, order_of
from tests.hdl.float.bench import evaluate

_NUMPY = {Type.I8: np.int8, Type.I16: np.int16, Type.I32: np.int32, Type.U8: np.uint8, Type.U32: np.uint32}
_NUMPY |= {Type.F16: np.float16, Type.F32: np.float32}


def value_of(kind: Type, bits: int) -> float | int:
    return np.asarray(bits, f"u{kind.bytes}").view(_NUMPY[kind]).item()


def total(kind: Type, bits: int) -> tuple[float | int, bool]:
    """Value, and for zeros the sign: what a minimum goes by."""
    return value_of(kind, bits), not (kind.floating and bits >> (kind.bits - 1))


@pytest.mark.parametrize("kind", _NUMPY, ids=lambda k: k.value)
def test_order(kind: Type):
    top = 1 << (kind.bits - 1)
    numbers = sorted(
        {n & (2 * top - 1) for base in (0, top // 2, top, 2 * top) for n in (base - 2, base - 1, base, base + 1)}
    )
    if kind.floating:
        numbers = [n for n in numbers if not np.isnan(value_of(kind, n))]
    rows = [{"a": a, "b": b} for a, b in product(numbers, repeat=2)]

    def build(m, a, b):
        flags = [Const(flag, 1) for flag in (kind.floating, kind.signed, kind.bytes == 1, kind.bytes == 2)]
        keys = compare(m, key(a, *flags), key(b, *flags))
        order = order_of(m, keys, a[kind.bits - 1], b[kind.bits - 1], flags[0])
        return [order.smaller, order.before, order.less, order.equal]

    for row, seen in zip(rows, evaluate({"a": unsigned(32), "b": unsigned(32)}, build, rows), strict=True):
        a, b = value_of(kind, row["a"]), value_of(kind, row["b"])
        smaller = abs(a) < abs(b) if kind.floating else a < b
        assert seen == (smaller, total(kind, row["a"]) < total(kind, row["b"]), a < b, a == b), row
