"""A limit to the processor seconds of a piece of work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeLimit(BaseException):
    """The work takes longer; no handler of errors on the way takes it for one."""


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Raise :class:`TimeLimit` in what takes more processor seconds of this process; None: no limit."""
    if seconds is None:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
