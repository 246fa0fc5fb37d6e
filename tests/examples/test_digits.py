"""The digits network: NumPy's expectation against onnxruntime, the program against both, and the training script."""

import dataclasses

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from examples.digits import network as digits
from examples.digits import program as schedule
from golden.run import ENGINES, run
from scripts import train_digits

NETWORK = digits.load()
#: Images of the quick runs.
FEW = 2 * schedule.BLOCK


def outcome(network: digits.Network, pixels: np.ndarray, engine: str = "fast"):
    program = schedule.build(network, len(pixels))
    return run(program, {schedule.INPUT: schedule.rows(pixels)}, engine=engine)


def onnx_scores(network: digits.Network, pixels: np.ndarray) -> np.ndarray:
    """The network as onnxruntime computes it: MatMulInteger, bias, and requantization from its definition."""
    arrays, nodes, x = [], [], "x"
    for n, (layer, zero) in enumerate(((network.hidden, np.uint8(0)), (network.output, np.int8(network.zero)))):
        one = np.array(1, np.float32)
        parts = {"w": layer.weights, "b": layer.bias, "s": layer.scale, "one": one, "z": np.array(zero)}
        arrays += [numpy_helper.from_array(value, f"{name}{n}") for name, value in parts.items()]
        nodes += [
            helper.make_node("MatMulInteger", [x, f"w{n}"], [f"sums{n}"]),
            helper.make_node("Add", [f"sums{n}", f"b{n}"], [f"biased{n}"]),
            helper.make_node("Cast", [f"biased{n}"], [f"float{n}"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"float{n}", f"s{n}"], [f"scaled{n}"]),
            helper.make_node("QuantizeLinear", [f"scaled{n}", f"one{n}", f"z{n}"], [f"y{n}"]),
        ]
        x = f"y{n}"
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [None, pixels.shape[1]])],
        [helper.make_tensor_value_info(x, TensorProto.INT8, [None, digits.CLASSES])],
        arrays,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    # Otherwise products of processors without the right instruction saturate.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": pixels})[0])


def test_expectation_equals_onnxruntime():
    pixels, _ = digits.images()
    assert np.array_equal(digits.expected(NETWORK, pixels), onnx_scores(NETWORK, pixels))


def test_accuracy_is_what_the_report_states():
    pixels, classes = digits.test_images()
    assert pixels.shape == (360, 64) and pixels.max() == train_digits.WHITE
    assert digits.accuracy(digits.expected(NETWORK, pixels), classes) == pytest.approx(NETWORK.accuracy, abs=0.01)
    assert NETWORK.accuracy > 0.97


def test_program_equals_the_expectation_on_every_test_image():
    pixels, _ = digits.test_images()
    result = outcome(NETWORK, pixels)
    assert not result.faults and not result.errors and result.region_defined(schedule.OUTPUT).all()
    assert np.array_equal(schedule.scores(result.region(schedule.OUTPUT)), digits.expected(NETWORK, pixels))


def test_one_image_enters_in_each_cycle():
    pixels, _ = digits.test_images()
    few, all_of_them = outcome(NETWORK, pixels[:FEW]), outcome(NETWORK, pixels)
    assert all_of_them.cycles - few.cycles == len(pixels) - FEW


@pytest.mark.parametrize("engine", list(ENGINES))
def test_extreme_weights_and_pixels(engine: str):
    random = np.random.default_rng(1)
    layers = [
        digits.Layer(
            random.choice(np.array([-128, -127, -1, 0, 1, 127], np.int8), layer.weights.shape),
            random.integers(-(2**31), 2**31, layer.bias.shape).astype(np.int32)
            >> random.integers(8, 31, layer.bias.shape),
            (2.0 ** random.integers(-20, -8, layer.scale.shape)).astype(np.float32),
        )
        for layer in (NETWORK.hidden, NETWORK.output)
    ]
    network = dataclasses.replace(NETWORK, hidden=layers[0], output=layers[1], zero=-7)
    pixels = random.choice(np.array([0, 1, 16, 128, 255], np.uint8), (FEW, 64))
    result = outcome(network, pixels, engine)
    want = digits.expected(network, pixels)
    assert len(np.unique(want)) > 10
    assert np.array_equal(schedule.scores(result.region(schedule.OUTPUT)), want)


@pytest.mark.parametrize("images", [0, -30, schedule.BLOCK - 1, schedule.BLOCK + 1, 1230])
def test_numbers_of_images_that_do_not_fit(images: int):
    with pytest.raises(ValueError, match=f"^images must be a multiple of 30 up to 1200, not {images}$"):
        schedule.build(NETWORK, images)


def test_the_longest_run_fits():
    pixels = np.tile(digits.test_images()[0], (4, 1))[: schedule.MOST]
    result = outcome(NETWORK, pixels)
    assert np.array_equal(schedule.scores(result.region(schedule.OUTPUT)), digits.expected(NETWORK, pixels))


def test_quantization_keeps_weights_and_ignores_dead_units():
    random = np.random.default_rng(2)
    weights = [random.normal(size=(64, 32)), random.normal(size=(32, 10))]
    weights[0][:, 3] = 0
    biases = [random.normal(size=32), random.normal(size=10)]
    pixels = random.integers(0, train_digits.WHITE + 1, (100, 64)).astype(np.uint8)
    network = train_digits.quantize(weights, biases, pixels, 0.5)
    scores = np.maximum(pixels / train_digits.WHITE @ weights[0] + biases[0], 0) @ weights[1] + biases[1]
    found = digits.expected(network, pixels)
    assert np.corrcoef(found.ravel(), scores.ravel())[0, 1] > 0.999
    assert not network.hidden.weights[:, 3].any() and np.abs(network.hidden.bias).max() < 1 << 24


@pytest.mark.slow
def test_training_gives_the_numbers_in_the_repository():
    network = train_digits.train()
    pixels, classes = digits.test_images()
    scores = digits.expected(network, pixels)
    assert digits.accuracy(scores, classes) == pytest.approx(NETWORK.accuracy, abs=0.02)


def test_a_file_cannot_be_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_digits, "train", lambda: NETWORK)
    assert train_digits.main(["--out", str(tmp_path / "none" / "weights.npz")]) == 2
    assert "No such file or directory" in capsys.readouterr().err
    assert train_digits.main(["--out", str(tmp_path / "weights.npz")]) == 0
    again, kept = digits.record(digits.load(tmp_path / "weights.npz")), digits.record(NETWORK)
    assert all(np.array_equal(again[name], kept[name]) for name in kept)


def test_scores_are_signed():
    assert schedule.scores(np.full((1, schedule.MACHINE.vector), 255, np.uint8)).tolist() == [[-1] * digits.CLASSES]
