"""The training: what it says without PyTorch, and with PyTorch, that it learns and keeps the weights' names."""

import sys

import numpy as np
import pytest

from examples.networks.catalog import NETWORKS, Network
from examples.networks.writer import constants
from scripts.train import __main__ as command


def modules():
    """Those that need PyTorch: what all trainings share, and PyTorch itself."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; make train brings it")
    from scripts.train import common

    return common, torch


def without_torch(patch: pytest.MonkeyPatch):
    package = sys.modules["scripts.train"]
    for name in ("mlp", "cnn", "transformer"):
        patch.delitem(sys.modules, f"scripts.train.{name}", raising=False)
        patch.delattr(package, name, raising=False)
    patch.delitem(sys.modules, "scripts.train.common", raising=False)
    patch.setitem(sys.modules, "torch", None)


def test_without_pytorch_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    without_torch(monkeypatch)
    assert command.main(["mlp"]) == 2
    said = capsys.readouterr()
    assert said.err == "superlane: training needs PyTorch: pip install -e '.[train]'\n"
    assert said.out == ""


def test_an_unknown_network_is_refused_before_any_is_trained(capsys: pytest.CaptureFixture):
    assert command.main(["mlp", "rnn"]) == 2
    said = capsys.readouterr()
    assert said.err == "superlane: no network 'rnn'; there are mlp, cnn, transformer\n"
    assert said.out == ""


@pytest.mark.parametrize("chosen", NETWORKS, ids=[found.name for found in NETWORKS])
def test_parameters_are_the_constants_of_the_graph(chosen: Network):
    common, _ = modules()
    module = command.recipe(chosen.name)
    weights = common.arrays(module.Module(), module.FIRST)
    kept = constants(chosen.load("float"))
    assert {name: array.shape for name, array in weights.items()} == {
        name: array.shape for name, array in kept.items() if name in weights
    }
    # What is left in the model are shapes, axes and the factor of attention.
    assert {name for name in kept.keys() - weights.keys() if kept[name].dtype.kind == "f"} <= {"sharpness"}


def test_a_pass_over_the_images_teaches_and_is_the_same_in_every_run():
    common, _ = modules()
    module = command.recipe("mlp")
    plan = common.Recipe(epochs=2, rate=3e-3, decay=0)

    def learn() -> tuple[float, list[float]]:
        losses: list[float] = []
        common.prepare(plan)
        accuracy = common.fit(module.Module(), (64,), plan, lambda epoch, loss: losses.append(loss))
        return accuracy, losses

    accuracy, losses = learn()
    assert accuracy > 0.3 and losses[1] < losses[0]
    assert learn() == (accuracy, losses)


def test_images_move_by_a_pixel_at_most_and_half_of_them_stay():
    common, torch = modules()
    torch.manual_seed(0)
    seen = torch.zeros(4000, 8, 8)
    seen[:, 3, 4] = 1
    moved = common.shifted(seen).numpy()
    assert (moved.sum((1, 2)) == 1).all()
    images, rows, columns = np.nonzero(moved)
    assert images.tolist() == list(range(4000))
    assert set(rows) == {2, 3, 4} and set(columns) == {3, 4, 5}
    # Half are left alone, and of the others one in nine.
    assert np.mean((rows == 3) & (columns == 4)) == pytest.approx(0.5 + 0.5 / 9, abs=0.03)
