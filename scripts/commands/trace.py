"""The trace file of `superlane run`: what every queue did when (docs/timeline.md has the format)."""

import csv
from io import StringIO
from pathlib import Path

from arch.isa.table import Word, encode
from arch.queues import queues
from compiler.asm.trace import COLUMNS, Issue, Mark, lines, spelled
from golden.result import Result
from scripts.timeline.extract import fault_mark

SUFFIXES = (".csv", ".jsonl")


def check_suffix(path: Path) -> None:
    """Refuse a file of unknown form."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a trace file must end in {' or '.join(SUFFIXES)}")


def content(result: Result, suffix: str) -> str:
    """Text of the trace file of a run that kept its trace."""
    config = result.program.config
    if suffix == ".csv":
        names, texts = [queue.name for queue in queues(config)], dict[Word, str]()
        buffer = StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in result.trace:
            if entry.word not in texts:
                texts[entry.word] = spelled(entry.word)
            writer.writerow((entry.cycle, names[entry.queue], texts[entry.word], entry.repeat))
        return buffer.getvalue()
    words: dict[Word, int] = {}
    for entry in result.trace:
        if entry.word not in words:
            words[entry.word] = encode(entry.word)
    issues = (Issue(entry.cycle, entry.queue, words[entry.word], entry.repeat) for entry in result.trace)
    marks = [fault_mark(entry) for entry in result.faults]
    marks += [Mark(e.cycle, e.queue, "error", e.error.name, detail=e.detail) for e in result.errors]
    return lines(config, issues, marks, result.cycles, result.stopped)
