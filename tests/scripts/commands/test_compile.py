"""`superlane compile`, and `superlane run` of what it writes: from a model and arrays to arrays."""

import io
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from arch.program import Program
from examples.digits.network import test_images as digits
from examples.networks.catalog import network
from examples.networks.reference import run as onnxruntime
from scripts.cli import main
from scripts.commands.steps import Steps

IMAGES = 5
MLP = network("mlp")


def sum_of_two(element: int = TensorProto.FLOAT16, op: str = "Add") -> onnx.ModelProto:
    """y = a + b, of [n, 13]."""
    values = {name: helper.make_tensor_value_info(name, element, ["n", 13]) for name in "aby"}
    node = helper.make_node(op, ["a", "b"], ["y"], name="joined")
    graph = helper.make_graph([node], "two", [values["a"], values["b"]], [values["y"]])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """An empty folder with models and arrays."""
    monkeypatch.chdir(tmp_path)
    for name in ("qdq", "float"):
        (tmp_path / f"{name}.onnx").write_bytes(MLP.path(name).read_bytes())
    onnx.save(sum_of_two(), "two.onnx")
    onnx.save(sum_of_two(op="Mod"), "mod.onnx")
    np.save("images.npy", MLP.inputs(digits()[0][:IMAGES])["pixels"])
    (tmp_path / "broken.onnx").write_bytes(MLP.path("qdq").read_bytes()[:1000])
    return tmp_path


def test_from_pixels_to_class(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compile", "qdq.onnx", "-o", "mlp.slp", "--preset", "small", "--dim", f"batch={IMAGES}"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = re.search(r"^cycles    ([0-9,]+) exactly \([0-9.]+ us at 900 MHz\)$", out, re.MULTILINE)
    assert found is not None
    for title in ("unit ", "memory, rows ", "critical path "):
        assert f"\n{title}" in out
    wanted = onnxruntime(MLP.path("qdq"), {"pixels": np.load("images.npy")})["scores"]
    for options in (["images.npy"], ["pixels=images.npy"]):
        assert main(["run", "mlp.slp", "--input", *options, "--dump", "y.npy"]) == 0
        assert np.load("y.npy").tobytes() == wanted.tobytes()
    out = capsys.readouterr().out
    assert f"cycles    {found[1]} until idle" in out and "cycles are those that the compiler has predicted" in out
    assert f"largest of each row: {' '.join(map(str, wanted.argmax(axis=1)))}\n" in out
    assert main(["run", "mlp.slp", "--input", "images.npy", "--json", "--dump", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["outputs"]["scores"]["values"] == wanted.tolist() and record["cycles"] == record["predicted_cycles"]


def test_the_report_for_machines(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compile", "qdq.onnx", "-o", "mlp.slp", "--preset", "small", "--dim", "batch=1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["machine"] == "small" and record["bytes"] == Path("mlp.slp").stat().st_size
    assert record["macs"] == 64 * 64 + 64 * 32 + 32 * 10
    assert record["mxm_utilization"] == record["macs"] / record["macs_per_cycle_at_most"] / record["cycles"]
    assert set(record["memory"]) == {"W", "E"} and record["text"]["words"] >= record["text"]["at_boot"] > 0
    assert [step["name"] for step in record["critical_path"]] == [one["name"] for one in record["operators"]]


def test_several_inputs(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compile", "two.onnx", "-o", "two.slp", "--preset", "small", "--dim", "n=3"]) == 0
    a, b = np.random.default_rng(0).normal(size=(2, 3, 13)).astype(np.float16)
    np.save("a.npy", a)
    np.save("b.npy", b)
    assert main(["run", "two.slp", "--input", "b=b.npy", "--input", "a=a.npy", "--dump", "y.npz"]) == 0
    with np.load("y.npz") as archive:
        assert archive["y"].tobytes() == (a + b).tobytes()
    capsys.readouterr()
    for options, message in (
        (["a.npy"], "--input must be NAME=FILE.npy, not 'a.npy'; inputs are a, b"),
        (["a=a.npy"], "input b is missing: --input b=FILE.npy, float16 3x13"),
        (["c=a.npy"], "--input c: the network's inputs are a, b"),
    ):
        assert main(["run", "two.slp", "--input", *options]) == 2
        assert capsys.readouterr().err == f"superlane: {message}\n"


BAD = [
    (["broken.onnx", "--preset", "small"], r"broken\.onnx: .*"),
    (["none.onnx", "--preset", "small"], r"none\.onnx: No such file or directory"),
    (["qdq.onnx", "--preset", "huge"], r"preset must be one of .*"),
    (["qdq.onnx", "--preset", "small"], r"qdq\.onnx: .*--dim batch=N"),
    (["qdq.onnx", "--preset", "small", "--dim", "batch"], r"--dim must be NAME=N, .* not 'batch'"),
    (["qdq.onnx", "--preset", "small", "--dim", "batch=0"], r"--dim must be NAME=N, .* not 'batch=0'"),
    (["qdq.onnx", "--preset", "small", "--dim", f"batch={1 << 31}"], r"--dim must be NAME=N, .*=2147483648'"),
    (["qdq.onnx", "--preset", "small", "--dim", "batch=1", "--dim", "batch=2"], r"--dim batch is given twice"),
    (["qdq.onnx", "--preset", "small", "--dim", "batch=1", "--dim", "other=2"], r"qdq\.onnx: .*other.*"),
    (["float.onnx", "--preset", "small", "--dim", "batch=1"], r"float\.onnx: .*quantize.*--cast fp16.*"),
    (["qdq.onnx", "--preset", "small", "--dim", "batch=1", "--cast", "fp16"], r"qdq\.onnx: --cast fp16 is for .*"),
    (["float.onnx", "--preset", "small", "--dim", "batch=1", "--cast", "int8"], r"float\.onnx: --cast must be fp16.*"),
    (["mod.onnx", "--preset", "small", "--dim", "n=1"], r"mod\.onnx: .*Mod.*"),
    (["two.onnx", "--preset", "fpga", "--dim", "n=1"], r"two\.onnx: joined: Add\.f16 finds no ALU"),
    (["qdq.onnx", "--preset", "tiny", "--dim", "batch=9999"], r"qdq\.onnx: the network does not fit: .*"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a[:1] + a[3:]) for a, _ in BAD])
def test_bad_input_is_a_line_and_nothing_is_written(folder: Path, capsys, arguments: list[str], message: str):
    assert main(["compile", arguments[0], "-o", "out.slp", *arguments[1:]]) == 2
    out, err = capsys.readouterr()
    assert out == "" and re.fullmatch(f"superlane: {message}\n", err), err
    assert not Path("out.slp").exists()


def test_arrays_that_do_not_fit_are_a_line(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compile", "qdq.onnx", "-o", "mlp.slp", "--preset", "small", "--dim", "batch=5"]) == 0
    capsys.readouterr()
    np.save("short.npy", np.load("images.npy")[:3])
    np.save("bytes.npy", np.load("images.npy").astype(np.uint8))
    np.save("texts.npy", np.array(["a"]))
    (folder / "text.npy").write_text("no array")
    for file, message in (
        ("short.npy", r"input pixels must be float32 \[5, 64\], not float32 \[3, 64\]"),
        ("bytes.npy", r"input pixels must be float32 \[5, 64\], not uint8 \[5, 64\]"),
        ("texts.npy", r"not an \.npy array: elements must be numbers, not <U1"),
        ("text.npy", r"not an \.npy array: .*"),
    ):
        assert main(["run", "mlp.slp", "--input", file]) == 2
        out, err = capsys.readouterr()
        assert out == "" and re.fullmatch(rf"superlane: {re.escape(file)}: {message}\n", err), err
    assert main(["run", "mlp.slp", "--input", "images.npy", "--dump", "images.npy"]) == 2
    assert capsys.readouterr().err == "superlane: images.npy: is the file that is read, and would be overwritten\n"
    assert main(["run", "mlp.slp", "--input", "images.npy", "--dump", "y.txt"]) == 2
    assert "a dump must end in .npz (or .npy, of a network with one output)" in capsys.readouterr().err


def test_a_promise_that_is_not_kept_is_exit_code_1(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compile", "qdq.onnx", "-o", "mlp.slp", "--preset", "small", "--dim", "batch=5"]) == 0
    program = Program.from_bytes(Path("mlp.slp").read_bytes())
    meta = json.loads(program.meta)
    meta["predicted"]["cycles"] += 1
    Path("other.slp").write_bytes(replace(program, meta=json.dumps(meta)).to_bytes())
    capsys.readouterr()
    assert main(["run", "other.slp", "--input", "images.npy"]) == 1
    cycles = meta["predicted"]["cycles"]
    assert f"the run took {cycles - 1:,} cycles, the compiler has predicted {cycles:,}" in capsys.readouterr().out
    meta["inputs"][0]["shape"] = [5, 65]
    Path("other.slp").write_bytes(replace(program, meta=json.dumps(meta)).to_bytes())
    assert main(["run", "other.slp", "--input", "images.npy"]) == 2
    expected = r"superlane: other\.slp: program file is damaged: meta\.inputs\[0\] is no input of a network \(shape\)\n"
    assert re.fullmatch(expected, capsys.readouterr().err)


def test_long_work_tells_its_steps():
    stream = io.StringIO()
    with Steps(stream, quiet=0.01) as tell:
        tell("thinking")
        time.sleep(0.2)
    assert re.fullmatch(r"superlane: thinking, 0 s\n", stream.getvalue())
    quick = io.StringIO()
    with Steps(quick) as tell:
        tell("thinking")
    assert quick.getvalue() == ""
