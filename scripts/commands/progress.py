"""Progress of a long run on stderr: in place on a terminal, else a line every few seconds."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

#: Seconds between two reports, on a terminal and elsewhere.
TERMINAL_SECONDS, LOG_SECONDS = 0.5, 5.0


@dataclass
class Progress:
    """Called with the cycle reached; says it now and then. Quick runs say nothing."""

    limit: int
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._start = self._last = self.clock()
        self._terminal = self.stream.isatty()
        self._shown = False

    def __call__(self, cycle: int) -> None:
        now = self.clock()
        if now - self._last < (TERMINAL_SECONDS if self._terminal else LOG_SECONDS):
            return
        self._last = now
        speed = cycle / max(now - self._start, 1e-9)
        line = f"cycle {cycle:,} of at most {self.limit:,}, {speed:,.0f} cycles/s"
        self.stream.write(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")
        self.stream.flush()
        self._shown = self._terminal

    def close(self) -> None:
        """Clear the line of a terminal."""
        if self._shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
