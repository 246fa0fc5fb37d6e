"""`superlane quantize`, from the command line."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from compiler.frontend.load import load_network
from scripts.cli import main
from tests.compiler.frontend.models import model, node

X = np.zeros((1, 6), np.float32)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a model and samples."""
    generator = np.random.default_rng(0)
    weights = {"w": generator.normal(size=(6, 4)).astype(np.float32)}
    made = model([node("MatMul", ["x", "w"], ["t"]), node("Relu", ["t"])], {"x": X}, ["y"], weights)
    made.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("y", 1, [1, 4]))
    onnx.save(made, str(tmp_path / "m.onnx"))
    np.save(tmp_path / "x.npy", generator.normal(size=(20, 6)).astype(np.float32))
    (tmp_path / "text.npy").write_text("not an array")
    np.save(tmp_path / "narrow.npy", np.zeros((20, 5), np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("options", [[], ["--per-channel"], ["--format", "qoperator"], ["--activations", "i8"]])
def test_a_model_that_compiles(folder: Path, options: list[str]):
    assert main(["quantize", "m.onnx", "--data", "x=x.npy", "-o", "q.onnx", *options]) == 0
    graph = load_network(folder / "q.onnx")
    kind = "i8" if "--activations" in options else "u8"
    assert graph.tensors[graph.inputs[0].tensor].type.value == kind
    assert sorted(p.name for p in folder.iterdir()) == ["m.onnx", "narrow.npy", "q.onnx", "text.npy", "x.npy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.onnx", "--data", "x.npy", "-o", "q.onnx"], "none.onnx: No such file or directory"),
        (["m.onnx", "--data", "none.npy", "-o", "q.onnx"], "none.npy: No such file or directory"),
        (["m.onnx", "--data", "text.npy", "-o", "q.onnx"], "text.npy: not an .npy array: "),
        (
            ["m.onnx", "--data", "narrow.npy", "-o", "q.onnx"],
            "m.onnx: --data of input x must be numbers [count, 6]",
        ),
        (
            ["m.onnx", "--data", "z=x.npy", "-o", "q.onnx"],
            "m.onnx: --data must give the inputs x, as NAME=",
        ),
        (["m.onnx", "--data", "x.npy", "--data", "x.npy", "-o", "q.onnx"], "--data x.npy is given twice: an input has"),
        (["m.onnx", "--data", "x.npy", "-o", "x.npy"], "x.npy: is the file that is read, and would be overwritten"),
        (["m.onnx", "--data", "x.npy", "-o", "no/q.onnx"], "no/q.onnx: there is no folder no"),
        (["m.onnx", "--data", "x.npy", "-o", "m.onnx"], "m.onnx: is the file that is read, and would be overwritten"),
        (
            ["m.onnx", "--data", "x.npy", "-o", "q.onnx", "--format", "x"],
            "--format must be one of qdq, qoperator",
        ),
        (["x.npy", "--data", "x.npy", "-o", "q.onnx"], "x.npy: is no valid ONNX model: "),
    ],
)
def test_bad_input_is_a_line_and_leaves_nothing(folder: Path, capfd, arguments: list[str], message: str):
    before = sorted(folder.iterdir())
    assert main(["quantize", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.startswith(f"superlane: {message}") and err.count("\n") == 1
    assert sorted(folder.iterdir()) == before
