"""The command `superlane`: compile networks, assemble, disassemble and run programs, and tell about machines.

Exit codes: 0 fine, 1 a run with faults or program errors, 2 bad input (told in a line each on stderr), 3 the simulator
of the hardware failed.
"""

import argparse
import os
import signal
import sys
from importlib import metadata
from typing import NoReturn

from scripts.commands import asm, compile_model, info, quantize, run, timeline

#: Shells report a process that a signal ended by 128 and the signal's number.
INTERRUPTED = 128 + signal.SIGINT


class Parser(argparse.ArgumentParser):
    """Tells a wrong command line in one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        raise ValueError(f"{message} (see {self.prog} --help)")


def version() -> str:
    """Version of what is installed; where nothing is, as when the sources are run as they are, that says so."""
    try:
        return metadata.version("superlane")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(
        prog="superlane", description="A tensor streaming processor: compiler, assembler, golden model, and hardware."
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in (info, quantize, compile_model, asm, run, timeline):
        command.add(commands)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; the result is the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller has closed it, as `>&-` does
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    try:
        parsed = parser().parse_args(arguments)
        code = parsed.command(parsed)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of the output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, MemoryError, RecursionError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def refuse(error: Exception) -> int:
    """Say what is wrong with the input, in a line for each thing; the result is exit code 2."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if isinstance(error, OSError) and error.strerror:
        lines = [f"{error.filename}: {error.strerror}" if error.filename else error.strerror]
    for line in lines:
        print(f"superlane: {line}".encode(errors="replace").decode(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
