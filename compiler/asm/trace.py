"""Trace files: what every queue did when, of the golden model or of the hardware (docs/timeline.md).

A file that ends in .jsonl has an object per line: a head with the machine and how the run ended, an issue for each
word issued, and the faults and program errors. One that ends in .csv has the issues alone.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import WORD_BYTES, Config
from arch.faults import Fault, ProgramError
from arch.isa.fields import parse_integer
from arch.isa.spec import Op, make
from arch.isa.table import Word, decode, encode, spec_named
from arch.queues import Queue, Unit, queues, queues_by_name
from compiler.asm.disassembler import op_text

#: Columns of an issue.
COLUMNS = ("cycle", "queue", "instruction", "repeat")
#: Spelling of a word that the table does not know.
RAW = ".word"
#: Cycles and counts beyond this are damage: 2**53 is where JSON's numbers end in many readers.
_MOST = 1 << 53


@dataclass(frozen=True)
class Issue:
    """A 128-bit word that a queue (by index) issues in a cycle; ``repeat`` times its strides are still to be added."""

    cycle: int
    queue: int
    word: int
    repeat: int


@dataclass(frozen=True)
class Mark:
    """A fault, or a program error; ``text`` is its name. ``superlane`` and ``count`` are a fault's."""

    cycle: int
    queue: int
    kind: str
    text: str
    superlane: int = 0
    count: int = 1
    detail: str = ""


@dataclass(frozen=True)
class Happened:
    """A trace that was read.

    Attributes
    ----------
    cycle, queue, repeat, word : int64[issues]
        As in :class:`Issue`, by queue and cycle; ``word`` is an index into ``words``.
    words
        The distinct words, 128 bits each.
    marks
        Faults and errors.
    cycles
        Cycle in which the chip was idle, or the run was stopped; None where the file does not say.
    stopped
        Whether a limit ended the run.
    """

    cycle: NDArray[np.int64]
    queue: NDArray[np.int64]
    repeat: NDArray[np.int64]
    word: NDArray[np.int64]
    words: tuple[int, ...]
    marks: tuple[Mark, ...] = ()
    cycles: int | None = None
    stopped: bool = False


def spelled(word: Word) -> str:
    """A word in program text; fields of default value are left out."""
    return " | ".join(op_text(op) for op in word)


def text_of(word: int, unit: Unit) -> str:
    """A 128-bit word of a queue of a unit, in program text, whatever it holds."""
    known = decode(word, unit)
    return f"{RAW} 0x{word:0{2 * WORD_BYTES}x}" if known is None else spelled(known)


def lines(config: Config, issues: Iterable[Issue], marks: Sequence[Mark], cycles: int, stopped: bool) -> str:
    """A .jsonl file."""
    chip = queues(config)
    names, texts = [queue.name for queue in chip], {}
    head = {"machine": config.name, "fingerprint": config.fingerprint.hex(), "cycles": cycles, "stopped": stopped}
    buffer = StringIO()
    buffer.write(json.dumps(head) + "\n")
    for issue in issues:
        queue = chip[issue.queue]
        key = issue.word, queue.unit
        text = texts.get(key)
        if text is None:
            text = texts[key] = text_of(issue.word, queue.unit)
        row = (issue.cycle, names[issue.queue], text, issue.repeat)
        buffer.write(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n")
    for mark in marks:
        line: dict[str, Any] = {"cycle": mark.cycle, "queue": names[mark.queue], mark.kind: mark.text}
        line |= {"superlane": mark.superlane, "count": mark.count} if mark.kind == "fault" else {"detail": mark.detail}
        buffer.write(json.dumps(line) + "\n")
    return buffer.getvalue()


def read(config: Config, text: str, *, name: str, form: str) -> Happened:
    """Trace of a file's text.

    Parameters
    ----------
    config
        The machine.
    text, name
        Contents of the file, and what messages call it.
    form
        ".jsonl" or ".csv".

    Raises
    ------
    ValueError
        In one line: what is wrong, and on which line.
    """
    reader = _Reader(config)
    line = 1
    try:
        for number, record in _records(text, form):
            line = number
            reader.take(record)
        return reader.happened()
    except (ValueError, KeyError, TypeError, csv.Error, RecursionError) as error:
        reason = f"has no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(f"{name}:{line}: no trace: {reason[:200]}") from None


def _records(text: str, form: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if form == ".csv":
        rows = csv.DictReader(StringIO(text))
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ValueError(f"the head must be {','.join(COLUMNS)}")
        for row in rows:
            yield rows.line_num, {**row, "cycle": _integer(row["cycle"]), "repeat": _integer(row["repeat"])}
        return
    for number, line in enumerate(text.splitlines(), 1):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        # The number is told first, so that a message can name it.
        yield number, record if isinstance(record, dict) else {"line": line}


def _integer(text: str | None) -> int | None:
    return None if text is None else parse_integer(text)


class _Reader:
    """Collects the lines of a trace; every method raises where a line is none."""

    def __init__(self, config: Config) -> None:
        self._config, self._names = config, queues_by_name(config)
        self._words: dict[tuple[Unit, str], int] = {}
        self._values: list[int] = []
        self._rows: list[tuple[int, int, int, int]] = []
        self._marks: list[Mark] = []
        self._cycles: int | None = None
        self._stopped = False

    def take(self, record: Mapping[str, Any]) -> None:
        """One line."""
        if "fingerprint" in record:
            if record["fingerprint"] != self._config.fingerprint.hex():
                raise ValueError(f"it is of another machine than {self._config.name!r}, {record.get('machine')!r}")
            self._cycles, self._stopped = _count(record, "cycles"), bool(record.get("stopped", False))
            return
        queue = self._names.get(record["queue"])
        if queue is None:
            raise ValueError(f"machine {self._config.name!r} has no queue {record['queue']!r}")
        cycle = _count(record, "cycle")
        if "fault" in record:
            fault = record["fault"]
            if fault not in Fault.__members__:
                raise ValueError(f"there is no fault {fault!r}")
            superlane, count = _count(record, "superlane"), _count(record, "count")
            self._marks.append(Mark(cycle, queue.index, "fault", fault, superlane, count))
        elif "error" in record:
            if record["error"] not in ProgramError.__members__:
                raise ValueError(f"there is no program error {record['error']!r}")
            detail = str(record.get("detail", ""))
            self._marks.append(Mark(cycle, queue.index, "error", record["error"], detail=detail))
        else:
            word = self._word(queue, record["instruction"])
            self._rows.append((queue.index, cycle, word, _count(record, "repeat")))

    def _word(self, queue: Queue, text: str) -> int:
        found = self._words.get((queue.unit, text))
        if found is None:
            found = self._words[queue.unit, text] = len(self._values)
            self._values.append(parsed(queue.unit, text))
        return found

    def happened(self) -> Happened:
        """All that was taken."""
        rows = np.array(self._rows, np.int64).reshape(-1, 4)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        same = np.flatnonzero((rows[1:, :2] == rows[:-1, :2]).all(axis=1))
        if len(same):
            queue, cycle = rows[same[0], :2].tolist()
            raise ValueError(f"{queues(self._config)[queue].name} issues twice in cycle {cycle}")
        columns = {"queue": rows[:, 0], "cycle": rows[:, 1], "word": rows[:, 2], "repeat": rows[:, 3]}
        return Happened(
            **columns,
            words=tuple(self._values),
            marks=tuple(self._marks),
            cycles=self._cycles,
            stopped=self._stopped,
        )


def _count(record: Mapping[str, Any], name: str) -> int:
    value = record[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST:
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return value


def parsed(unit: Unit, text: str) -> int:
    """128-bit word of :func:`spelled`'s text in a queue of a unit; ``ValueError`` if it is none."""
    if not isinstance(text, str):
        raise ValueError(f"an instruction must be text, not {text!r}")
    if text.startswith(f"{RAW} "):
        value = parse_integer(text.removeprefix(f"{RAW} "))
        if value is None or not 0 <= value < 1 << 8 * WORD_BYTES:
            raise ValueError(f"{text!r} is no word of {8 * WORD_BYTES} bits")
        return value
    return encode(tuple(_op(unit, part) for part in text.split(" | ")))


def _op(unit: Unit, text: str) -> Op:
    mnemonic, *given = text.split(" ")
    spec = spec_named(mnemonic, unit)
    if spec is None:
        raise ValueError(f"{mnemonic!r} is no instruction of {unit.value}")
    values = {}
    for part in given:
        name, _, value = part.partition("=")
        if name not in spec.by_name:
            raise ValueError(f"{mnemonic} has no field {name!r}")
        values[name] = spec.by_name[name].parse(value)
    return make(spec, **values)
