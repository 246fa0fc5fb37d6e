"""Progress of long work that goes step by step, on stderr: the step and its seconds, in place on a terminal."""

import sys
import threading
import time
from types import TracebackType
from typing import TextIO

#: Seconds of quick work, which says nothing, and seconds between two reports, on a terminal and elsewhere.
QUIET, TERMINAL_SECONDS, LOG_SECONDS = 2.0, 0.5, 5.0


class Steps:
    """Called with the name of each step as it begins; while one lasts, a thread says so now and then.

    Parameters
    ----------
    stream
        Where to; stderr if None.
    quiet
        Seconds after which it first says something.
    """

    def __init__(self, stream: TextIO | None = None, quiet: float = QUIET) -> None:
        self._stream = stream or sys.stderr
        self._terminal, self._quiet = self._stream.isatty(), quiet
        self._name = ""
        self._shown = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __call__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> "Steps":
        self._start = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        if self._shown and self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _work(self) -> None:
        wait = self._quiet
        while not self._over.wait(wait):
            line = f"{self._name}, {time.monotonic() - self._start:.0f} s"
            self._stream.write(f"\r{line}\x1b[K" if self._terminal else f"superlane: {line}\n")
            self._stream.flush()
            self._shown, wait = True, TERMINAL_SECONDS if self._terminal else LOG_SECONDS
