"""A serial port of this computer, as a :class:`tb.hostlink.serial.BytePort`."""

import fcntl
import os
import select
import termios
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

#: Bytes that are read at a time.
_CHUNK = 4096


class PortError(ValueError):
    """A port that is none, or that cannot be opened."""


class TtyPort:
    """A serial port, raw, with 8 data bits, no parity and one stop bit; to be used in a ``with`` block.

    Parameters
    ----------
    path
        The device, such as ``/dev/ttyUSB0``.
    baud
        Bits in a second; one of those that the system knows.
    patience
        Seconds without a byte after which the line counts as still.

    Raises
    ------
    PortError
        In one line, if there is no such port, it cannot be opened, another program has it, or it has no such speed.
    """

    def __init__(self, path: Path, baud: int, patience: float) -> None:
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise PortError(f"--baud must be a speed that this system has, such as 115200 or 1000000, not {baud}")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        except OSError as error:
            raise PortError(f"{path}: {error.strerror}") from None
        try:
            # Requests of two hosts between each other would be those of none.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise PortError(f"{path}: is in use by another program") from None
        try:
            tty.setraw(self._file)
            settings = termios.tcgetattr(self._file)
            settings[4] = settings[5] = speed
            termios.tcsetattr(self._file, termios.TCSANOW, settings)
        except termios.error:
            os.close(self._file)
            raise PortError(f"{path}: is no serial port") from None
        self._path, self._patience = path, patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    async def write(self, data: bytes) -> None:
        """Send bytes; what came before is of no interest any more."""
        termios.tcflush(self._file, termios.TCIFLUSH)
        while data:
            if not select.select([], [self._file], [], self._patience)[1]:
                return  # the line takes nothing: there will be no answer
            data = data[os.write(self._file, data) :]

    async def read(self) -> bytes:
        """Bytes that have come; none where none came for ``patience`` seconds."""
        if not select.select([self._file], [], [], self._patience)[0]:
            return b""
        try:
            return os.read(self._file, _CHUNK)
        except OSError as error:
            raise PortError(f"{self._path}: {error.strerror}") from None
