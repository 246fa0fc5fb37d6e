"""Products and accumulation against int64 matrices and exact fractions."""

import struct
from fractions import Fraction

import numpy as np
import pytest

from arch.config import preset
from arch.isa.mxm import FORMS
from arch.types import Type
from golden.units.mxm import accumulate, dot, sum_type

_TINY = preset("tiny")
_V = _TINY.vector


def _seen(raw: np.ndarray, kind: str) -> np.ndarray:
    return raw.view(np.int8 if kind == "i8" else np.uint8).astype(np.int64)


@pytest.mark.parametrize("form", [n for n, name in enumerate(FORMS) if name != "f16"])
@pytest.mark.parametrize("lit", [1, 2])
def test_integer_forms(form, lit):
    rng = np.random.default_rng(form)
    activations = rng.integers(0, 256, (1, 7, _TINY.superlanes, _TINY.lanes), np.uint8)
    activations[:, :, lit:] = 0
    activations[:, 0, :lit] = 255
    weights = rng.integers(0, 256, (_V, _V), np.uint8)
    weights[:, 0] = 255
    found = dot(_TINY, form, 0, activations, (weights,), lit=lit)
    name = FORMS[form]
    expected = np.matmul(_seen(activations.reshape(7, _V), name[:2]), _seen(weights, name[2:]))
    assert found.dtype == np.uint32 and np.array_equal(found.view(np.int32).reshape(7, _V), expected)
    assert sum_type(form) is Type.I32


def _halves(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bits = value.astype(np.float16).view(np.uint16)
    return (bits & 0xFF).astype(np.uint8), (bits >> 8).astype(np.uint8)


@pytest.mark.parametrize("half", [0, 1])
def test_f16_takes_half_of_the_lanes_and_rounds_once(half):
    rng = np.random.default_rng(half)
    S, L = _TINY.superlanes, _TINY.lanes
    a, w = rng.normal(size=(3, S, L)).astype(np.float16), rng.normal(size=(_V, _V)).astype(np.float16)
    low, high = _halves(a)
    found = dot(_TINY, FORMS.index("f16"), half, np.stack([low, high]), _halves(w))
    lanes = range(half * L // 2, half * L // 2 + L // 2)
    for n, column in np.ndindex(3, _V):
        products = (
            Fraction(float(a[n, k, i])) * Fraction(float(w[k * L + i, column])) for k in range(S) for i in lanes
        )
        exact = sum(products, Fraction(0))
        # Sums of products of small numbers are exact in a double, so one rounding remains.
        assert Fraction(float(exact)) == exact
        bits = int.from_bytes(struct.pack("<f", float(exact)), "little")
        assert int(found.reshape(3, _V)[n, column]) == bits
    assert sum_type(FORMS.index("f16")) is Type.F32


def test_a_dark_superlane_adds_nothing_whatever_its_weights():
    L = _TINY.lanes
    w = np.ones((_V, _V), np.float16)
    w[L:] = np.inf
    a = np.zeros((1, _TINY.superlanes, L), np.float16)
    a[:, 0] = 1
    found = dot(_TINY, FORMS.index("f16"), 0, np.stack(_halves(a)), _halves(w), lit=1)
    assert (found.view(np.float32) == L / 2).all()


def test_accumulate_wraps_integers_and_rounds_floats():
    row, sums = np.array([0x7FFFFFFF, 5], np.uint32), np.array([1, 0xFFFFFFFE], np.uint32)
    assert accumulate(Type.I32, row, sums).tolist() == [0x80000000, 3]
    one, ulp = np.array([1.0], np.float32), np.array([2.0**-24], np.float32)
    assert accumulate(Type.F32, one.view(np.uint32), ulp.view(np.uint32)).view(np.float32) == [1.0]
    twice = np.array([1.5 * 2.0**-24], np.float32)
    assert accumulate(Type.F32, one.view(np.uint32), twice.view(np.uint32)).view(np.float32) == [1 + 2.0**-23]
