"""Integer convolutions against onnxruntime, bit for bit."""

import numpy as np
import pytest

from tests.compiler.frontend.models import DTYPE, equal, model, node, spread

F = np.float32
PAIRS = [("u8", "u8"), ("u8", "i8"), ("i8", "i8")]
#: Input, weights, attributes: odd widths, borders, strides, dilations, groups, depthwise, 1 and 3 axes, 1x1 images.
CASES = {
    "plain": ((2, 3, 7, 6), (5, 3, 3, 3), {"pads": [1, 1, 1, 1]}),
    "uneven": ((1, 2, 9, 8), (3, 2, 3, 2), {"pads": [2, 0, 1, 1], "strides": [2, 3]}),
    "dilated": ((1, 2, 9, 9), (3, 2, 3, 3), {"dilations": [2, 3], "pads": [2, 2, 2, 2]}),
    "groups": ((2, 6, 5, 5), (4, 3, 3, 3), {"group": 2, "pads": [1, 1, 1, 1]}),
    "depthwise": ((1, 7, 6, 6), (7, 1, 3, 3), {"group": 7, "pads": [1, 1, 1, 1]}),
    "multiplied": ((1, 3, 6, 6), (6, 1, 3, 3), {"group": 3}),
    "pointwise": ((1, 13, 1, 1), (30, 13, 1, 1), {}),
    "same": ((1, 2, 7, 7), (2, 2, 4, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "lower": ((1, 2, 7, 7), (2, 2, 4, 3), {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    "line": ((2, 3, 11), (4, 3, 3), {"pads": [1, 1]}),
    "solid": ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), {"pads": [0, 1, 1, 1, 1, 0]}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
def test_qlinear_conv(case, kinds):
    shape, weights, attributes = CASES[case]
    generator = np.random.default_rng(len(case))
    x, w = spread(generator, shape, kinds[0]), spread(generator, weights, kinds[1])
    for channels in (False, True):
        count = (weights[0],) if channels else ()
        scales = generator.uniform(0.002, 0.02, count).astype(F)
        # onnxruntime takes zero points of filters only if they are all one.
        zero = np.full(count, {"u8": 128 if channels else 7, "i8": 0}[kinds[1]], DTYPE[kinds[1]])
        bias = generator.integers(-3000, 3000, weights[0]).astype(np.int32)
        constants = {"sx": F(0.03), "zx": DTYPE[kinds[0]](101), "w": w, "sw": scales, "zw": zero, "sy": F(0.09)}
        constants |= {"zy": DTYPE[kinds[0]](3), "bias": bias}
        made = node("QLinearConv", ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "bias"], **attributes)
        equal(model([made], {"x": x}, ["y"], constants), {"x": x})


@pytest.mark.parametrize("case", ["plain", "groups", "depthwise", "line"])
def test_conv_integer(case):
    shape, weights, attributes = CASES[case]
    generator = np.random.default_rng(1)
    x, w = spread(generator, shape, "u8"), spread(generator, weights, "u8")
    constants = {"w": w, "zx": np.uint8(77), "zw": np.uint8(130)}
    equal(model([node("ConvInteger", ["x", "w", "zx", "zw"], **attributes)], {"x": x}, ["y"], constants), {"x": x})


def test_a_convolution_without_bias_and_with_the_largest_sums():
    x, w = np.full((1, 40, 3, 3), 255, np.uint8), np.full((2, 40, 3, 3), -128, np.int8)
    w[1] = 127
    constants = {
        "sx": F(1),
        "zx": np.uint8(0),
        "w": w,
        "sw": F(1),
        "zw": np.int8(0),
        "sy": F(100001),
        "zy": np.uint8(130),
    }
    made = node("QLinearConv", ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy"])
    equal(model([made], {"x": x}, ["y"], constants), {"x": x})
