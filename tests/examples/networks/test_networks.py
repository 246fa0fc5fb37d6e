"""The trained networks: their files are what the code writes from their weights, and read digits as recorded."""

import numpy as np
import onnx
import pytest

from examples.networks import accuracy
from examples.networks.catalog import NETWORKS, Network, network
from examples.networks.quantize import FORMATS, quantize
from examples.networks.writer import constants
from scripts.train.save import calibration, files, models

NAMES = [found.name for found in NETWORKS]
INTEGER = [found for found in NETWORKS if "qdq" in found.forms]
#: Most bytes that all files of the networks may take in the repository.
BUDGET = 1_000_000


@pytest.mark.parametrize("chosen", NETWORKS, ids=NAMES)
def test_the_file_of_the_trained_model_is_what_its_graph_writes(chosen: Network):
    trained = chosen.load("float")
    assert chosen.graph(constants(trained)) == trained
    parameters = sum(array.size for array in constants(trained).values() if array.dtype.kind == "f")
    # The factor of attention is a constant, no parameter.
    assert parameters - ("sharpness" in constants(trained)) == chosen.record()["parameters"]


def test_the_fp16_file_holds_the_weights_of_the_trained_one_rounded():
    chosen = network("transformer")
    weights = constants(chosen.load("float"))
    halves = constants(chosen.load("fp16"))
    assert chosen.graph(weights, np.float16) == chosen.load("fp16")
    assert halves["block2.up.weight"].dtype == np.float16
    np.testing.assert_array_equal(halves["block2.up.weight"], weights["block2.up.weight"].astype(np.float16))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("chosen", INTEGER, ids=[found.name for found in INTEGER])
def test_the_quantized_files_are_what_the_quantizer_writes(chosen: Network, form: str):
    # Ranges come from sums in floating point, whose last bits differ between processors.
    kept, made = chosen.load(form), quantize(chosen.load("float"), [calibration(chosen)], form)
    assert made.graph.node == kept.graph.node
    ours, theirs = constants(made), constants(kept)
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        assert ours[name].dtype == array.dtype
        near = {"rtol": 1e-5} if array.dtype.kind == "f" else {"atol": 1}
        np.testing.assert_allclose(ours[name].astype(np.float64), array.astype(np.float64), **near)


@pytest.mark.parametrize("chosen", NETWORKS, ids=NAMES)
def test_every_form_reads_the_test_images_about_as_well_as_the_training_recorded(chosen: Network):
    recorded = chosen.record()["accuracy"]
    assert recorded > 0.95
    for form in chosen.forms:
        # One image in a hundred may be named otherwise in integers; in floating point, one of all for a near tie.
        tolerance = 0.01 if form in FORMATS else 1 / 360
        assert accuracy.right(accuracy.scores(chosen, form)).mean() == pytest.approx(recorded, abs=tolerance)


def test_files_are_small():
    sizes = [chosen.path(form).stat().st_size for chosen in NETWORKS for form in chosen.forms]
    assert 0 < sum(sizes) < BUDGET


def test_images_reach_a_network_in_its_shape_and_type():
    pixels = np.arange(128, dtype=np.uint8).reshape(2, 64) % 17
    given = network("cnn").inputs(pixels)["pixels"]
    assert (given.shape, given.dtype) == ((2, 1, 8, 8), np.float32)
    np.testing.assert_array_equal(given[1, 0, 3], pixels[1, 24:32])
    assert network("transformer").inputs(pixels, "fp16")["pixels"].dtype == np.float16


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="no network 'rnn'; there are mlp, cnn, transformer"):
        network("rnn")


def test_margins_and_right_answers():
    scores = np.zeros((360, 10), np.int8)
    scores[0, 3], scores[0, 4], scores[0, 5] = 100, -100, 30
    assert accuracy.margins(scores)[:2].tolist() == [70, 0]
    # The first class wins a tie: right where the class is 0.
    assert 20 < accuracy.right(scores).sum() < 50


def test_the_files_of_a_training():
    chosen = network("transformer")
    weights = constants(chosen.load("float"))
    told: list[str] = []
    written = files(models(chosen, weights, told.append), {"accuracy": 0.5})
    assert list(written) == ["float.onnx", "fp16.onnx", "training.json"]
    assert onnx.load_from_string(written["fp16.onnx"]) == chosen.load("fp16")
    assert told == ["transformer: writing form fp16"]
