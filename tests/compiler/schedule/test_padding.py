"""Lanes in which no element lies must not reach a product in fp16: infinity times zero is NaN."""

import numpy as np
import pytest

from arch.config import preset
from compiler.frontend.load import translate
from compiler.graph.evaluate import evaluate
from tests.compiler.models.case import Body, Case, Layers
from tests.compiler.schedule.judge import RIGHT, outcome

SMALL = preset("small")


def _reciprocal(layers: Layers, x: str) -> str:
    """1 / 0 in the lanes beyond the thirteenth."""
    return layers.gemm("y", layers.op("Reciprocal", "inverse", x), 13, 7)


def _separate(layers: Layers, x: str) -> str:
    """The quotient is an output, too, and its sum with x is no epilogue of a product."""
    inverse = layers.op("Div", "quotient", layers.values("one", [1]), x)
    return layers.matmul("y", layers.op("Add", "sum", inverse, x), 13, 7)


def _pooled(layers: Layers, x: str) -> str:
    """A reduction of rows keeps what lies in the other lanes."""
    inverse = layers.op("Reciprocal", "inverse", x)
    most = layers.op("ReduceMax", "most", inverse, layers.writer.shape("axes", 0), keepdims=1)
    return layers.matmul("y", most, 13, 7)


def _overflow(layers: Layers, x: str) -> str:
    """Infinite sums, times zeros in the columns that no element lies in, and then back between -1 and 1."""
    positive = layers.op("Abs", "positive", x)
    weights = layers.writer.constant("huge", np.full((13, 13), 60000, np.float16))
    large = layers.op("MatMul", "large", layers.op("MatMul", "larger", positive, weights), weights)
    return layers.matmul("y", layers.op("Tanh", "flat", large), 13, 7)


def _convolution(layers: Layers, x: str) -> str:
    image = layers.op("Reshape", "image", layers.op("Reciprocal", "inverse", x), layers.writer.shape("to", 1, 3, 13, 1))
    channels = layers.op("Transpose", "channels", image, perm=[0, 2, 1, 3])
    return layers.conv("y", channels, 4, 13, 2, 1, pads=[1, 0, 0, 0])


BODIES: tuple[Body, ...] = (_reciprocal, _separate, _pooled, _overflow, _convolution)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__.strip("_"))
def test_lanes_without_elements_do_not_poison_products(body: Body):
    case = Case(f"padding{body.__name__}", (3, 13), body, None, exact=False, opset=23)
    graph = translate(case.model)
    assert np.isfinite(evaluate(graph, SMALL, case.inputs)["y"].astype(np.float32)).all()
    found = outcome(graph, SMALL, case.inputs)
    assert (found.status, found.reason) == (RIGHT, "")
