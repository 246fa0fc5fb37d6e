"""Div of integers: cut off toward zero, for all bytes and for the ends of longer ones."""

import numpy as np
import pytest

from compiler.frontend.load import translate
from compiler.graph.evaluate import evaluate
from tests.compiler.frontend.models import MACHINE, model, node


def quotients(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What the graph makes of a / b; onnxruntime divides not all of these types."""
    inputs = {"a": a, "b": b}
    graph = translate(model([node("Div", ["a", "b"])], inputs, ["y"]))
    return evaluate(graph, MACHINE, inputs)["y"]


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_all_bytes(kind):
    every = np.arange(256, dtype=np.uint8).view(kind)
    a, b = (one.ravel() for one in np.meshgrid(every, every[every != 0]))
    wanted = np.trunc(a.astype(float) / b)
    # Of -128 / -1, which int8 does not have, ONNX says nothing.
    assert np.array_equal(quotients(a, b), np.minimum(wanted, np.iinfo(kind).max))


@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.int32])
def test_longer_integers(kind):
    rng, limits = np.random.default_rng(0), np.iinfo(kind)
    bits = rng.integers(0, limits.bits - limits.kind.count("i"), (2, 40_000))
    a, b = ((rng.random(bits.shape) * 2.0**bits).astype(np.int64) + (1 << bits) >> 1).astype(np.int64)
    # Multiples of the divisor, and what lies just below them.
    a[:20_000] = np.minimum(a[:20_000] // np.maximum(b[:20_000], 1) * b[:20_000], limits.max)
    a[:10_000] -= a[:10_000] > 0
    b = np.maximum(b, 1)
    a[-4:], b[-4:] = [limits.max, limits.max, limits.max - 1, 0], [limits.max, 1, limits.max, 7]
    if limits.min:
        a, b = a * rng.choice([-1, 1], a.shape), b * rng.choice([-1, 1], b.shape)
        a[:4], b[:4] = limits.min, [1, 3, limits.min, limits.max]
        b[4:8] = limits.min
    wanted = np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))
    assert np.array_equal(quotients(a.astype(kind), b.astype(kind)), wanted)


def test_by_a_number():
    a = np.arange(-50, 50, dtype=np.int32)
    graph = translate(model([node("Div", ["a", "c"])], {"a": a}, ["y"], {"c": np.int32(-7)}))
    assert np.array_equal(evaluate(graph, MACHINE, {"a": a})["y"], np.trunc(a / -7))
