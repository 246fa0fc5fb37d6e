"""`superlane run --engine serial`: the program on a board, over its serial port (docs/fpga.md)."""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from arch.host import DATA_BITS
from arch.isa.fields import parse_integer
from arch.program import Program
from golden.lanes import Bytes
from golden.memory import boot

if TYPE_CHECKING:
    from tb.hostlink.session import SessionOutcome

#: Name of the engine.
ENGINE = "serial"
#: Speed of the boards of this project, in bits per second.
BAUD = 1_000_000
#: Seconds in which a board has begun to answer.
PATIENCE = 0.25
#: The most that can be asked for.
MOST_PATIENCE = 60


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--port", metavar="FILE", type=Path, help=f"serial port of a board, for --engine {ENGINE}")
    parser.add_argument("--baud", metavar="N", help=f"its speed (default {BAUD})")
    parser.add_argument(
        "--patience",
        metavar="S",
        help=f"seconds after which it is asked again (default {PATIENCE}); more for a simulated one",
    )


def check_options(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be, before any work."""
    if arguments.engine != ENGINE:
        for name, asked in (
            ("--port", arguments.port),
            ("--baud", arguments.baud),
            ("--patience", arguments.patience),
        ):
            if asked is not None:
                raise ValueError(f"{name} needs --engine {ENGINE}")
        return
    if arguments.port is None:
        raise ValueError(f"--engine {ENGINE} needs --port, such as --port /dev/ttyUSB0")
    for name, asked in (("--waves", arguments.waves), ("--trace", arguments.trace)):
        if asked is not None:
            raise ValueError(f"{name}: a board shows no signals; take --engine rtl")


def run(
    program: Program, inputs: Mapping[str, Bytes], limit: int, arguments: argparse.Namespace, fuse: int | None
) -> "tuple[SessionOutcome, float]":
    """Run a program; the result is what the host has read, and the seconds that it took.

    Raises
    ------
    ValueError
        A line: inputs that do not fit, a port that is none, a chip that is another machine or refuses something, a line
        that does not answer, or an extra that is missing.
    """
    boot(program, inputs)  # inputs that do not fit are refused before anything is sent
    baud = parse_integer(arguments.baud or str(BAUD))
    if baud is None or baud < 1:
        raise ValueError(f"--baud must be a positive whole number, not {arguments.baud!r}")
    patience = _seconds(arguments.patience)
    if limit >= 1 << DATA_BITS:
        raise ValueError(f"--limit must be below {1 << DATA_BITS:,} for the hardware, not {limit:,}")
    try:
        from tb.hostlink.onboard import run_on_board
        from tb.hostlink.serial import LineError, SerialLink
        from tb.hostlink.session import Settings
        from tb.hostlink.tty import TtyPort
    except ModuleNotFoundError as error:
        raise ValueError(f"--engine {ENGINE} needs the extra 'rtl' (make setup): no {error.name}") from None
    begun = time.perf_counter()
    with TtyPort(arguments.port, baud, patience) as port:
        link = SerialLink(port, program.config.lanes)
        try:
            outcome = asyncio.run(run_on_board(link, program, inputs, Settings(limit, fuse)))
        except LineError as error:
            raise ValueError(f"{arguments.port}: {error}") from None
    if link.repeated:
        print(f"superlane: {arguments.port}: a bad line: {link.repeated:,} requests were sent again", file=sys.stderr)
    return outcome, time.perf_counter() - begun


def _seconds(text: str | None) -> float:
    """What was given as patience."""
    try:
        seconds = PATIENCE if text is None else float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_PATIENCE:
        raise ValueError(f"--patience must be a number of seconds above 0, up to {MOST_PATIENCE}, not {text!r}")
    return seconds
