"""Garbage in every place of the command line: an exit code and a line, never a traceback, never half a file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from scripts.cli import main
from tests.compiler.frontend.models import model, node
from tests.scripts.programs import copy
from tests.scripts.test_cli import SOURCE


def _model() -> bytes:
    """x[b, 4] in fp32 times a matrix."""
    x = np.ones((2, 4), np.float32)
    made = model([node("MatMul", ["x", "w"], ["t"]), node("Relu", ["t"])], {"x": x}, ["y"], {"w": x.T})
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "b"
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", 2]))
    return made.SerializeToString()


MODEL = _model()
COMPILE = ["compile", "-o", "out", "--preset", "tiny", "--dim", "b=2", "--cast", "fp16"]
QUANTIZE = ["quantize", "--data", "x.npy", "-o", "out"]
QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
GOOD = copy().to_bytes()
WORDS = st.sampled_from(
    [
        "run",
        "asm",
        "disasm",
        "info",
        "compile",
        "quantize",
        "timeline",
        "m.onnx",
        "--data",
        "--dim",
        "b=2",
        "--preset",
        "tiny",
        "--json",
        "--input",
        "x=x.npy",
        "p",
        "-o",
        "--limit",
        "3",
        "-1",
    ]
) | st.text(st.characters(exclude_characters="\0/"), max_size=6)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(arguments: list[str], capsys: pytest.CaptureFixture) -> int:
    """Exit code of a command line, after a look at what it said."""
    try:
        code = main(arguments)
    except SystemExit as leave:  # --help and its short forms
        code = leave.code
    out, err = capsys.readouterr()
    assert code in (0, 1, 2), code
    assert "Traceback" not in out + err
    assert (code == 2) == bool(err)
    assert all(line.startswith("superlane: ") for line in err.splitlines()), err
    return code


@QUIET
@given(st.lists(WORDS, max_size=6))
def test_any_command_line(place, capsys, arguments):
    (place / "p").write_bytes(GOOD)
    (place / "m.onnx").write_bytes(MODEL)
    code = check(arguments, capsys)
    assert code != 1 or "run" in arguments


def test_the_model_is_one_unless_it_is_damaged(place, capsys):
    (place / "m.onnx").write_bytes(MODEL)
    assert check([*COMPILE, "m.onnx"], capsys) == 0
    np.save(place / "x.npy", np.ones((3, 4), np.float32))
    assert check([*QUANTIZE, "m.onnx"], capsys) == 0


@settings(QUIET, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(MODEL) - 1), st.integers(0, 255)), max_size=3), st.integers(1, len(MODEL)))
def test_a_damaged_model(place, capsys, changes, length):
    data = bytearray(MODEL)
    for at, value in changes:
        data[at] = value
    (place / "m.onnx").write_bytes(data[:length] if len(changes) % 2 else data)
    code = check([*COMPILE, "m.onnx"], capsys)
    assert code != 1 and (place / "out").exists() == (code == 0)
    (place / "out").unlink(missing_ok=True)
    np.save(place / "x.npy", np.ones((3, 4), np.float32))
    code = check([*QUANTIZE, "m.onnx"], capsys)
    assert code != 1 and (place / "out").exists() == (code == 0)
    (place / "out").unlink(missing_ok=True)


@QUIET
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_file_as_a_program(place, capsys, data):
    (place / "p").write_bytes(data)
    for arguments in (["run", "p", "--limit", "50"], ["disasm", "p"], ["asm", "p", "-o", "out"]):
        code = check(arguments, capsys)
        assert (place / "out").exists() == (code == 0 and arguments[0] == "asm")
        (place / "out").unlink(missing_ok=True)
    assert [path.name for path in place.iterdir()] == ["p"]


@QUIET
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.integers(0, len(GOOD)))
def test_a_damaged_program_file(place, capsys, at, mask, length):
    data = bytearray(GOOD)
    data[at] ^= mask
    (place / "p").write_bytes(data[: length or None])
    assert check(["run", "p"], capsys) == 2
    assert check(["disasm", "p"], capsys) == 2


@QUIET
@given(st.lists(st.tuples(st.integers(0, len(SOURCE) - 1), st.characters(max_codepoint=255)), min_size=1, max_size=3))
def test_a_damaged_source_text(place, capsys, changes):
    text = list(SOURCE)
    for at, character in changes:
        text[at] = character
    (place / "p").write_text("".join(text), encoding="utf-8")
    code = check(["asm", "p", "-o", "out"], capsys)
    assert (place / "out").exists() == (code == 0)
    (place / "out").unlink(missing_ok=True)
    check(["run", "p", "--limit", "500"], capsys)
