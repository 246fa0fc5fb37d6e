"""A whole board in simulation: :class:`hdl.board.top.Board` down to its pins, the chip behind them, as a serial port of
this computer.

The port is a pseudo terminal, which any host opens like that of a real board. ``board.cpp`` moves the bits; what it
does to bytes and bits on their way is said by :class:`LineFaults`. Time on the line is that of the simulated clock, so
a host must be told to be patient: a board of 25 MHz answers in microseconds, its model in milliseconds.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arch.config import Config
from hdl.board.top import Board
from tb import parts, verilator, visible
from tb.exports import kept
from tb.models import superlane

#: The half that is C++.
PROGRAM = Path(__file__).with_name("board.cpp")
#: Clock cycles in a bit of the line: the fewest, since it is cycles that take time here.
DIVISOR = 4


class BoardError(RuntimeError):
    """The simulated board has failed, which no host must be able to bring about."""


@dataclass(frozen=True)
class LineFaults:
    """What happens on the line, both ways.

    Attributes
    ----------
    seed
        Of what is drawn. A line also depends on when the host writes, so that the same seed draws the same, but not at
        the same byte.
    lost, repeated
        How likely a byte is dropped, or comes twice.
    noise
        How likely a wire is inverted for the time of a bit, whether anything is sent or not.
    """

    seed: int = 0
    lost: float = 0.0
    repeated: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 1 << 32:
            raise ValueError(f"seed must be a whole number of 32 bits, not {self.seed!r}")
        for name in ("lost", "repeated", "noise"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a probability from 0 to 1, not {getattr(self, name)!r}")


@dataclass
class SimulatedBoard:
    """A board that runs, or has run.

    Attributes
    ----------
    path
        Its serial port.
    cycles, seconds
        Clock cycles, and the time that they took; these and all that follow are known when it has ended.
    to_board, to_host
        Bytes that went over the line.
    lost, repeated, inverted
        Bytes that were dropped, bytes that came twice, bits that were wrong.
    """

    path: Path
    cycles: int = 0
    to_board: int = 0
    to_host: int = 0
    lost: int = 0
    repeated: int = 0
    inverted: int = 0
    seconds: float = 0.0


def plan(config: Config) -> verilator.Plan:
    """The model of a board; its superlanes' model is that of :func:`tb.hosted.plan`."""
    top = Board(config=config, divisor=DIVISOR)
    texts = kept(top, f"{DIVISOR} {config.to_json()}")
    name, part = next(iter(texts)), superlane(texts)
    return verilator.plan(texts, name, reached=visible.MEMORIES, shared=True, part=part, main=PROGRAM)


@contextlib.contextmanager
def powered(model: verilator.Model, faults: LineFaults | None = None, *, threads: int = 1) -> Iterator[SimulatedBoard]:
    """A board that has power as long as the ``with`` block lasts.

    Parameters
    ----------
    model
        What :func:`tb.verilator.build` made of :func:`plan`.
    faults
        Those of the line; None for none.
    threads
        On which superlanes are simulated.

    Raises
    ------
    BoardError
        If the model stops by itself.
    """
    faults = faults or LineFaults()
    numbers = (DIVISOR, faults.seed, faults.lost, faults.repeated, faults.noise)
    command = [str(model.folder / model.top), *map(str, numbers)]
    variables = {**os.environ, parts.THREADS: str(threads)}
    pipe = subprocess.PIPE
    # In a group of its own: what interrupts the host is no power failure.
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=variables, process_group=0
    ) as process:
        assert process.stdout is not None
        board = SimulatedBoard(Path(process.stdout.readline().strip()))
        try:
            yield board
        finally:
            # The board ends with its standard input, which this closes.
            out, said = process.communicate()
        *counts, seconds = out.split() or [""]
        if process.returncode or not counts:
            raise BoardError(f"the simulated board stopped with code {process.returncode}: {said.strip()[-2000:]}")
        (board.cycles, board.to_board, board.to_host, board.lost, board.repeated, board.inverted) = map(int, counts)
        board.seconds = float(seconds)
