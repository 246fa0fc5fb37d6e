"""Progress: rare, on stderr, in place on a terminal."""

from io import StringIO

from scripts.commands.progress import LOG_SECONDS, TERMINAL_SECONDS, Progress


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def drive(stream, seconds: list[float]) -> str:
    times = iter([0.0, *seconds])
    progress = Progress(1_000, stream, lambda: next(times))
    for cycle in range(1, len(seconds) + 1):
        progress(100 * cycle)
    progress.close()
    return stream.getvalue()


def test_a_quick_run_says_nothing():
    assert drive(StringIO(), [0.1, 0.2, LOG_SECONDS - 0.1]) == ""
    assert drive(Terminal(), [TERMINAL_SECONDS / 2]) == ""


def test_a_log_gets_a_line_now_and_then():
    text = drive(StringIO(), [5.0, 5.1, 10.0])
    assert text == "cycle 100 of at most 1,000, 20 cycles/s\ncycle 300 of at most 1,000, 30 cycles/s\n"


def test_a_terminal_gets_one_line_that_is_cleared():
    text = drive(Terminal(), [1.0, 2.0])
    assert text.count("\n") == 0 and text.startswith("\rcycle 100 of") and text.endswith("\r\x1b[K")
