"""`superlane run --engine serial` over a pseudo terminal, at whose other end a board is played."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.host import Command
from arch.program import Program, Region
from arch.serial import ANSWER, Status, frame
from scripts.cli import main
from scripts.commands.board import BAUD
from tb.hostlink.serial import LineError, SerialLink
from tb.hostlink.tty import TtyPort
from tests.hdl.board.line import Faults
from tests.tb.hostlink.fake import FakeLink, empty, rows
from tests.tb.hostlink.pty_board import PtyBoard

TINY = preset("tiny")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program whose region is its input and its output."""
    region = Region("x", "inout", Hemisphere.WEST, 1, 5, 9)
    file = tmp_path / "copy.slp"
    file.write_bytes(Program(TINY, ((1 << 100, 7), *empty(TINY)[1:]), (), (region,)).to_bytes())
    np.save(tmp_path / "x.npy", rows(3, 9, TINY))
    return file


def run(program: Path, port: Path, *options: str) -> int:
    """The command."""
    given = ("--input", f"x={program.parent / 'x.npy'}", "--engine", "serial", "--port", str(port))
    return main(["run", str(program), *given, *options])


@pytest.mark.parametrize("faults", [Faults(), Faults(1, 0.002, 0.002, 0.002)], ids=["good", "bad"])
def test_a_program_runs_on_a_board(program: Path, faults: Faults, capsys: pytest.CaptureFixture[str]):
    chip, out = FakeLink(TINY, cycles=123), program.parent / "out.npz"
    with PtyBoard(chip, faults) as board:
        assert run(program, board.path, "--dump", str(out)) == 0
    said = capsys.readouterr()
    assert "123" in said.out and ("requests were sent again" in said.err) == bool(faults.lost)
    assert chip.text == {0: [1 << 100, 7]}
    # What is sent again may come late, however long the line takes.
    assert chip.log.index(("write TIMEOUT", 0)) < chip.log.index(("write COMMAND", Command.LOAD_TEXT))
    with np.load(out) as found:
        assert (found["x"] == rows(3, 9, TINY)).all()


def test_another_machine_is_told(program: Path, capsys: pytest.CaptureFixture[str]):
    with PtyBoard(FakeLink(preset("fpga"))) as board:
        assert run(program, board.path) == 2
    assert "the program is for machine tiny" in capsys.readouterr().err


def test_a_board_that_does_not_answer_is_told(program: Path, capsys: pytest.CaptureFixture[str]):
    with PtyBoard(FakeLink(TINY), Faults(lost=1.0)) as board:
        assert run(program, board.path) == 2
        assert capsys.readouterr().err == f"superlane: {board.path}: no board answers: HELLO was sent 20 times\n"


def test_a_port_belongs_to_one_host(program: Path, capsys: pytest.CaptureFixture[str]):
    with PtyBoard(FakeLink(TINY)) as board:
        with TtyPort(board.path, BAUD, 0.1):
            assert run(program, board.path) == 2
            assert capsys.readouterr().err == f"superlane: {board.path}: is in use by another program\n"
        assert run(program, board.path) == 0


@pytest.mark.parametrize(
    ("port", "options", "message"),
    [
        ("nowhere", (), "nowhere: No such file or directory"),
        (os.devnull, (), "/dev/null: is no serial port"),
        (
            os.devnull,
            ("--baud", "17"),
            "--baud must be a speed that this system has, such as 115200 or 1000000, not 17",
        ),
        (
            os.devnull,
            ("--patience", "0"),
            "--patience must be a number of seconds above 0, up to 60, not '0'",
        ),
        (os.devnull, ("--patience", "nan"), "--patience must be a number of seconds above 0, up to 60, not 'nan'"),
        (os.devnull, ("--baud", "x"), "--baud must be a positive whole number, not 'x'"),
        (os.devnull, ("--waves", "w.vcd"), "--waves: a board shows no signals; take --engine rtl"),
    ],
)
def test_bad_options(program: Path, port: str, options: tuple[str, ...], message: str, capsys):
    assert run(program, Path(port), *options) == 2
    assert capsys.readouterr().err == f"superlane: {message}\n"


def test_a_port_is_needed_and_is_for_boards_only(program: Path, capsys):
    assert main(["run", str(program), "--engine", "serial"]) == 2
    assert "--engine serial needs --port, such as --port /dev/ttyUSB0" in capsys.readouterr().err
    assert main(["run", str(program), "--port", "x"]) == 2
    assert "--port needs --engine serial" in capsys.readouterr().err
    assert main(["run", str(program), "--patience", "1"]) == 2
    assert "--patience needs --engine serial" in capsys.readouterr().err


class Babbling:
    """What says something all the time, but no answer."""

    async def write(self, data: bytes) -> None:
        """Not heard."""

    async def read(self) -> bytes:
        """Without an end."""
        return bytes((ANSWER, 1, 0, 0)) * 8


def test_noise_without_an_end_is_no_board():
    with pytest.raises(LineError, match="no board answers: HELLO was sent 20 times"):
        asyncio.run(SerialLink(Babbling(), TINY.lanes).read(0))


class Late:
    """A board that still has answers to an earlier host, which began with the same two requests."""

    def __init__(self) -> None:
        self.answers = [frame(ANSWER, 1, Status.FINE, b""), frame(ANSWER, 2, Status.FINE, bytes(4))]
        self.asked = 0

    async def write(self, data: bytes) -> None:
        """A greeting, then a request whose answer is 7."""
        self.asked += 1
        self.answers.append(frame(ANSWER, data[1], Status.FINE, b"" if self.asked == 1 else bytes((7, 0, 0, 0))))

    async def read(self) -> bytes:
        """One after the other."""
        return self.answers.pop(0) if self.answers else b""


def test_an_answer_to_an_earlier_host_is_not_taken_for_one():
    assert asyncio.run(SerialLink(Late(), TINY.lanes).read(0)) == 7
