"""The trace file of `superlane run`: what every queue did when.

One record per issue, by cycle, then queue: `cycle` and `queue`; `instruction`, the word as it stands in the queue, in
program text; `repeat`, 0 for its own issue and counting those of the Repeats behind it, each of which adds the word's
strides once more. NOP and Repeat issue nothing and do not appear. A file that ends in .csv has a head line and these
four columns; one that ends in .jsonl has one JSON object per line.
"""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from arch.config import Config
from arch.isa.table import Word
from arch.queues import queues
from compiler.asm.disassembler import op_text
from golden.result import TraceEntry

SUFFIXES = (".csv", ".jsonl")
COLUMNS = ("cycle", "queue", "instruction", "repeat")


def check_suffix(path: Path) -> None:
    """Refuse a file of unknown form."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a trace file must end in {' or '.join(SUFFIXES)}")


def spelled(word: Word) -> str:
    """A word in program text; fields of default value are left out."""
    return " | ".join(op_text(op) for op in word)


def content(config: Config, entries: Sequence[TraceEntry], suffix: str) -> str:
    """Text of the trace file."""
    names = [queue.name for queue in queues(config)]
    texts: dict[Word, str] = {}
    rows = []
    for entry in entries:
        text = texts.get(entry.word)
        if text is None:
            text = texts[entry.word] = spelled(entry.word)
        rows.append((entry.cycle, names[entry.queue], text, entry.repeat))
    buffer = StringIO()
    if suffix == ".csv":
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    else:
        buffer.writelines(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows)
    return buffer.getvalue()
