"""The trace file: both forms, and the cycles of a known program."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from arch.isa.table import encode
from arch.queues import Unit
from compiler.asm.trace import Issue, spelled, text_of
from golden.run import run
from scripts.commands import trace
from tests.golden.schedule import word
from tests.scripts.programs import X, copy, dry

RESULT = run(copy(), {"x": X}, trace=True)


def test_lines_of_both_forms_say_the_same():
    rows = list(csv.DictReader(StringIO(trace.content(RESULT, ".csv"))))
    head, *records = [json.loads(line) for line in trace.content(RESULT, ".jsonl").splitlines()]
    assert [{name: str(value) for name, value in record.items()} for record in records] == rows
    assert list(rows[0]) == list(trace.COLUMNS)
    assert head == {
        "machine": "tiny",
        "fingerprint": RESULT.program.config.fingerprint.hex(),
        "cycles": RESULT.cycles,
        "stopped": False,
    }


def test_faults_stand_behind_the_issues():
    last = json.loads(trace.content(run(dry(), limit=9, trace=True), ".jsonl").splitlines()[-1])
    assert last == {"cycle": 0, "queue": "E.mem1", "fault": "DRY", "superlane": 0, "count": 9}


def test_every_queue_and_cycle_is_there():
    rows = list(csv.DictReader(StringIO(trace.content(RESULT, ".csv"))))
    own = [tuple(row.values()) for row in rows if row["queue"] in ("W.mem0", "E.mem0")]
    assert own == [
        ("0", "W.mem0", "Read a=0:0 s=E0 stride=1", "0"),
        ("1", "W.mem0", "Read a=0:0 s=E0 stride=1", "1"),
        ("2", "W.mem0", "Sync", "0"),
        ("5", "E.mem0", "Write a=1:0 s=E0", "0"),
        ("6", "E.mem0", "Write a=1:1 s=E0", "0"),
        ("7", "E.mem0", "Sync", "0"),
    ]
    assert sum(row["instruction"] == "Sync" for row in rows) == 58


def test_words_are_spelled_as_in_text():
    parts = (*word("Gather", map="E1", s="W2", banks=1, hi=3), *word("Write", a="1:5", s="E0", stride=-1))
    assert spelled(parts) == "Gather map=E1 s=W2 banks=1 hi=3 | Write a=1:5 s=E0 stride=-1"
    assert spelled(word("Sync")) == "Sync"
    assert spelled(word("Add", type="i8", a="E1", b="N", out="W3")) == "Add type=i8 a=E1 b=N out=W3"


def test_words_without_a_meaning_are_numbers():
    assert text_of((1 << 128) - 1, Unit.MEM) == f".word 0x{'f' * 32}"


def test_issues_of_the_hardware_take_the_place_of_a_trace():
    issues = [Issue(entry.cycle, entry.queue, encode(entry.word), entry.repeat) for entry in RESULT.trace]
    plain = replace(RESULT, trace=())
    for suffix in trace.SUFFIXES:
        assert trace.content(plain, suffix, issues) == trace.content(RESULT, suffix) != trace.content(plain, suffix)


def test_other_endings_are_refused():
    trace.check_suffix(Path("a.csv"))
    with pytest.raises(ValueError, match=r"^a\.txt: a trace file must end in \.csv or \.jsonl$"):
        trace.check_suffix(Path("a.txt"))
