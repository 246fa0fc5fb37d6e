"""Sums of fp16 products are rounded where the graph says: so many results that a pass too few or too many shows."""

import pytest

from arch.config import preset
from compiler.frontend.load import translate
from tests.compiler.models.case import Body, Case, Layers
from tests.compiler.schedule.judge import RIGHT, outcome


def _whole(layers: Layers, x: str) -> str:
    return layers.matmul("y", x, 48, 32)


def _heads(layers: Layers, x: str) -> str:
    """Likeness of tokens in each of three heads: columns of one matrix."""
    w = layers.writer
    split = layers.op("Reshape", "split", x, w.shape("heads", 128, 3, 16))
    query = layers.op("Transpose", "query", split, perm=[1, 0, 2])
    key = layers.op("Transpose", "key", split, perm=[1, 2, 0])
    return layers.op("MatMul", "y", query, key)


def _middle(layers: Layers, x: str) -> str:
    """Columns that begin in the middle of a superlane, and end in another vector."""
    w = layers.writer
    part = layers.op("Slice", "part", x, w.shape("from", 5), w.shape("to", 45), w.shape("along", 1))
    return layers.matmul("y", part, 40, 32)


def _flattened(layers: Layers, x: str) -> str:
    """Channels of several pixels."""
    image = layers.op("Reshape", "image", x, layers.writer.shape("as", 128, 12, 2, 2))
    channels = layers.op("Relu", "channels", layers.conv("sums", image, 12, 12, 1, 1))
    return layers.matmul("y", layers.op("Flatten", "flat", channels), 48, 32)


def _convolution(layers: Layers, x: str) -> str:
    image = layers.op("Reshape", "image", x, layers.writer.shape("as", 16, 48, 4, 2))
    return layers.conv("y", image, 8, 48, 2, 1)


BODIES: dict[str, tuple[Body, tuple[int, ...]]] = {
    "whole": (_whole, (128, 48)),
    "heads": (_heads, (128, 48)),
    "middle": (_middle, (128, 48)),
    "flattened": (_flattened, (128, 48)),
    "convolution": (_convolution, (128, 48)),
}


#: Also two jobs for one plane at a time, which must not take turns.
SLOW = "flattened"


@pytest.mark.parametrize(
    "name", [*(name for name in BODIES if name != SLOW), pytest.param(SLOW, marks=pytest.mark.slow)]
)
def test_sums_of_fp16_products_are_rounded_as_defined(name: str):
    body, shape = BODIES[name]
    case = Case(f"passes-{name}", shape, body, None, exact=False, opset=23)
    found = outcome(translate(case.model), preset("small"), case.inputs)
    assert (found.status, found.reason) == (RIGHT, "")
