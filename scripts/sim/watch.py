"""Lines on stderr while something long works that cannot report by itself."""

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

#: Seconds between two lines.
EVERY = 10.0
#: Seconds between two looks at files.
LOOK = 0.5


def say(text: str, stream: TextIO | None = None, who: str = "sim") -> None:
    """One line of a command."""
    print(f"{who}: {text}", file=stream or sys.stderr, flush=True)


class Watch:
    """Tells a step when it begins, and while it lasts what ``detail`` says, now and then or whenever it changes.

    Parameters
    ----------
    name
        The step.
    detail
        Gives a few words about how far it has come; called from another thread.
    every
        Seconds after which it is told even if nothing has changed.
    changes
        Whether a change of the detail is told at once, and nothing else.
    who
        The command that tells it.
    """

    def __init__(
        self,
        name: str,
        detail: Callable[[], str] | None = None,
        *,
        every: float = EVERY,
        changes: bool = False,
        stream: TextIO | None = None,
        who: str = "sim",
    ) -> None:
        self._name, self._detail, self._every, self._changes, self._who = name, detail, every, changes, who
        self._stream = stream or sys.stderr
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._start = 0.0
        self.seconds = 0.0

    def __enter__(self) -> "Watch":
        self._start = time.perf_counter()
        say(self._name, self._stream, self._who)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self.seconds = time.perf_counter() - self._start

    def _work(self) -> None:
        told, last = "", time.perf_counter()
        while not self._over.wait(min(LOOK, self._every)):
            now = self._detail() if self._detail else ""
            due = time.perf_counter() - last >= self._every
            if (now and now != told) if self._changes else due:
                seconds = time.perf_counter() - self._start
                say(f"  {now or self._name} ({seconds:.0f} s)", self._stream, self._who)
                told, last = now, time.perf_counter()
