"""`make serial` without the hardware: what it refuses, runs and compares; the board is run by `make serial`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from arch.config import preset
from examples.networks.catalog import network
from scripts.serial import __main__ as serial
from scripts.sim.case import Case, prepare
from tb import board, verilator
from tb.board import SimulatedBoard


@pytest.fixture(scope="module")
def case() -> Case:
    return prepare(network("mlp"), 1, preset("fpga"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "none"], "preset must be one of"),
        (["--network", "transformer"], "--network must be one of mlp, cnn, not 'transformer'"),
        (["--images", "0"], "--images must be from 1 to 360, not 0"),
        (["--jobs", "0"], "--jobs must be at least 1, not 0"),
        (["--threads", "-1"], "--threads must be at least 1, not -1"),
        (["--lost", "2"], "lost must be a probability from 0 to 1, not 2.0"),
        (["--noise", "x"], "argument --noise: invalid float value: 'x'"),
        (["--seed", "-1"], "seed must be a whole number of 32 bits, not -1"),
    ],
)
def test_bad_options(options: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert serial.main(options) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_a_missing_tool_is_one_line(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    def missing() -> Path:
        raise verilator.MissingToolError("g++ is missing: Verilator's models need g++, make and perl")

    monkeypatch.setattr(verilator, "root", missing)
    assert serial.main(["--wait", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "superlane: g++ is missing: Verilator's models need g++, make and perl\n"


@pytest.mark.parametrize(("code", "change", "expected"), [(0, 0.0, 0), (0, 1.0, 1), (1, 0.0, 1)])
def test_scores_are_compared_with_onnxruntime(
    case: Case, tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str], code: int, change: float, expected: int
):
    @contextlib.contextmanager
    def powered(*_: object, **__: object) -> Iterator[SimulatedBoard]:
        it = SimulatedBoard(Path("a_port"))
        yield it
        it.cycles, it.to_board, it.lost, it.seconds = 1000, 20, 3, 2.0

    def run(command: list[str]) -> int:
        assert command[:2] == ["run", str(tmp_path / "mlp.slp")] and "--compare" in command
        assert command[-6:] == ["--engine", "serial", "--port", "a_port", "--patience", "7"]
        assert np.load(command[command.index("--input") + 1]).shape == (1, 64)
        np.save(command[command.index("--dump") + 1], case.onnxruntime + np.float32(change))
        return code

    monkeypatch.setattr(serial, "prepare", lambda *_: case)
    monkeypatch.setattr(serial, "_model", lambda _: None)
    monkeypatch.setattr(board, "powered", powered)
    monkeypatch.setattr(serial.cli, "main", run)
    assert serial.main(["--out", str(tmp_path), "--patience", "7"]) == expected
    out = capsys.readouterr().out
    assert "20 bytes to the board, 0 back; 3 lost, 0 repeated" in out and "500 cycles/s" in out
    assert ("onnxruntime's scores, bit for bit" in out) == (change == 0)
    assert ("scores of the board and of onnxruntime: 10 of 10 differ" in out) == (change != 0)
