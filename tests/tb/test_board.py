"""The line of a simulated board by itself, and boards behind it: a host at a serial port, the chip behind the pins."""

import asyncio
import os
import select
import termios
import time
import tty
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arch.program import Program
from arch.queues import queues
from scripts.cli import main
from scripts.commands.board import BAUD
from tb import board, verilator
from tb.board import LineFaults
from tb.hostlink.bench import drawn
from tb.hostlink.onboard import run_on_board
from tb.hostlink.serial import SerialLink
from tb.hostlink.session import Settings
from tb.hostlink.tty import TtyPort
from tests.tb.hostlink.programs import copying
from tests.tb.least import LEAST

pytestmark = pytest.mark.rtl

#: A board that says what it hears.
_ECHO = """\
module echo (input clk, input rst, input rx, output reg tx);
  always @(posedge clk) tx <= rst | rx;
endmodule
"""
#: Seconds within which everything here must have been said.
SECONDS = 20.0


@pytest.fixture(scope="module")
def echo() -> verilator.Model:
    """A wire from pin to pin."""
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    return verilator.build(verilator.plan({"echo": _ECHO}, "echo", main=board.PROGRAM))


def said(path: Path, text: bytes, count: int) -> bytes:
    """What comes back from a port for a text: so many bytes, or what there is when nothing more comes."""
    file, found, end = os.open(path, os.O_RDWR | os.O_NOCTTY), b"", time.monotonic() + SECONDS
    try:
        tty.setraw(file)
        termios.tcflush(file, termios.TCIFLUSH)
        os.write(file, text)
        while len(found) < count and select.select([file], [], [], 1.0)[0] and time.monotonic() < end:
            found += os.read(file, 4096)
    finally:
        os.close(file)
    return found


def test_a_good_line_brings_every_byte(echo: verilator.Model):
    text = bytes(range(256)) * 4
    with board.powered(echo) as it:
        for _ in range(2):  # another host, later
            assert said(it.path, text, len(text)) == text
    assert it.to_board == it.to_host == 2 * len(text)
    assert it.lost == it.repeated == it.inverted == 0
    assert it.cycles >= 2 * len(text) * 10 * board.DIVISOR and it.seconds > 0


def test_bytes_are_lost_repeated_and_corrupted(echo: verilator.Model):
    text = bytes(range(256)) * 8
    with board.powered(echo, LineFaults(seed=1, lost=0.02)) as it:
        found = said(it.path, text, len(text))
    assert len(found) == len(text) - it.lost and it.lost > 20
    with board.powered(echo, LineFaults(seed=1, repeated=0.02)) as it:
        found = said(it.path, text, 2 * len(text))
    assert len(found) == len(text) + it.repeated and it.repeated > 20
    with board.powered(echo, LineFaults(seed=1, noise=0.002)) as it:
        found = said(it.path, text, len(text))
    assert it.inverted > 20 and found != text


def test_a_model_that_stops_is_told(tmp_path: Path):
    program = tmp_path / "stops"
    program.write_text("#!/bin/sh\necho here\necho no pins >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(board.BoardError, match="the simulated board stopped with code 3: no pins"):
        with board.powered(verilator.Model(tmp_path, "stops")):
            pass


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seed": -1}, "seed must be a whole number of 32 bits, not -1"),
        ({"seed": True}, "seed must be a whole number of 32 bits, not True"),
        ({"lost": 1.5}, "lost must be a probability from 0 to 1, not 1.5"),
        ({"noise": float("nan")}, "noise must be a probability from 0 to 1, not nan"),
    ],
)
def test_wrong_faults(given: dict, message: str):
    with pytest.raises(ValueError, match=message):
        LineFaults(**given)


@pytest.fixture(scope="module")
def least() -> verilator.Model:
    """A board with the least machine."""
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    return verilator.build(board.plan(LEAST), jobs=2)


def superlane_run(port: Path, folder: Path, seed: int, patience: float = 0.1) -> int:
    """A program with drawn inputs on a board, and the golden model beside it; the exit code."""
    program, (source,) = copying(LEAST), drawn(copying(LEAST), seed).values()
    (folder / "copy.slp").write_bytes(program.to_bytes())
    np.save(folder / "source.npy", source)
    given = ["run", str(folder / "copy.slp"), "--input", f"source={folder / 'source.npy'}", "--compare"]
    return main([*given, "--engine", "serial", "--port", str(port), "--patience", str(patience)])


@pytest.mark.slow
def test_programs_run_on_a_board_one_after_the_other(least: verilator.Model, tmp_path: Path, capsys):
    with board.powered(least) as it:
        for seed in range(2):
            assert superlane_run(it.path, tmp_path, seed) == 0
            said = capsys.readouterr()
            assert "equal: outputs, cycles, faults" in said.out and "sent again" not in said.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "faults"),
    [
        (0, {"lost": 0.003}),
        (1, {"repeated": 0.003}),
        (2, {"noise": 0.0003}),
        (3, {"lost": 0.002, "repeated": 0.002, "noise": 0.0002}),
    ],
)
def test_a_bad_line_costs_time_and_nothing_else(least: verilator.Model, tmp_path: Path, seed: int, faults, capsys):
    with board.powered(least, LineFaults(seed, **faults)) as it:
        assert superlane_run(it.path, tmp_path, seed) == 0
    assert "requests were sent again" in capsys.readouterr().err
    assert it.lost + it.repeated + it.inverted > 5


@pytest.mark.slow
@pytest.mark.parametrize("faults", [{"lost": 1.0}, {"noise": 0.1}, {"lost": 0.2, "repeated": 0.2}])
def test_a_line_that_cannot_be_used_is_told(least: verilator.Model, tmp_path: Path, faults: dict, capsys):
    begun = time.monotonic()
    with board.powered(least, LineFaults(7, **faults)) as it:
        assert superlane_run(it.path, tmp_path, 1, 0.02) == 2
    assert "no board answers" in capsys.readouterr().err and time.monotonic() - begun < SECONDS


class LeftError(Exception):
    """What takes a host away."""


class Leaving:
    """A port whose host is gone after so many requests."""

    def __init__(self, port: TtyPort, left: int) -> None:
        self._port, self._left = port, left

    async def write(self, data: bytes) -> None:
        """Send; the last request only in part."""
        self._left -= 1
        await self._port.write(data if self._left else data[: len(data) // 2])
        if not self._left:
            raise LeftError

    async def read(self) -> bytes:
        """As the port."""
        return await self._port.read()


@pytest.mark.slow
def test_a_host_that_leaves_does_no_harm_to_the_next(least: verilator.Model, tmp_path: Path):
    program = copying(LEAST)
    with board.powered(least) as it:
        for left in (5, 41, 44, 60):
            with TtyPort(it.path, BAUD, 0.1) as port, pytest.raises(LeftError):
                link = SerialLink(Leaving(port, left), LEAST.lanes)
                asyncio.run(run_on_board(link, program, drawn(program, left), Settings()))
            assert superlane_run(it.path, tmp_path, left) == 0


@pytest.mark.slow
def test_another_machine_is_told(least: verilator.Model, tmp_path: Path, capsys):
    other = replace(LEAST, name="other", queue_depth=64)
    file = tmp_path / "other.slp"
    file.write_bytes(Program(other, tuple(() for _ in queues(other))).to_bytes())
    with board.powered(least) as it:
        assert main(["run", str(file), "--engine", "serial", "--port", str(it.path)]) == 2
    assert "the program is for machine other" in capsys.readouterr().err
