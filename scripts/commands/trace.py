"""The trace file of `superlane run`: what every queue did when (docs/timeline.md has the format)."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path

from arch.config import Config
from arch.isa.table import Word, encode
from arch.queues import queues
from compiler.asm.trace import COLUMNS, Issue, Mark, lines, text_of
from golden.result import Result
from scripts.timeline.extract import fault_mark

SUFFIXES = (".csv", ".jsonl")


def check_suffix(path: Path) -> None:
    """Refuse a file of unknown form."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a trace file must end in {' or '.join(SUFFIXES)}")


def content(result: Result, suffix: str, issues: Iterable[Issue] | None = None) -> str:
    """Text of the trace file of a run.

    Parameters
    ----------
    result
        The run, which kept its trace unless ``issues`` are given.
    suffix
        ".csv" or ".jsonl".
    issues
        What the hardware issued, which a result does not hold.
    """
    config = result.program.config
    issues = _issues(result) if issues is None else issues
    if suffix == ".csv":
        return _csv(config, issues)
    marks = [fault_mark(entry) for entry in result.faults]
    marks += [Mark(e.cycle, e.queue, "error", e.error.name, detail=e.detail) for e in result.errors]
    return lines(config, issues, marks, result.cycles, result.stopped)


def _issues(result: Result) -> Iterator[Issue]:
    words: dict[Word, int] = {}
    for entry in result.trace:
        if entry.word not in words:
            words[entry.word] = encode(entry.word)
        yield Issue(entry.cycle, entry.queue, words[entry.word], entry.repeat)


def _csv(config: Config, issues: Iterable[Issue]) -> str:
    chip, texts = queues(config), {}
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for issue in issues:
        queue = chip[issue.queue]
        key = issue.word, queue.unit
        if key not in texts:
            texts[key] = text_of(*key)
        writer.writerow((issue.cycle, queue.name, texts[key], issue.repeat))
    return buffer.getvalue()
