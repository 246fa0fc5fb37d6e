"""Trace files: what is written is read, and what is none is refused in one line."""

import json

import numpy as np
import pytest

from arch.config import preset
from arch.isa.table import TABLE, encode
from arch.queues import Unit, queues, queues_by_name
from compiler.asm import trace
from golden.run import run
from tb.random_programs import generate, named

TINY = preset("tiny")
HEAD = {"machine": "tiny", "fingerprint": TINY.fingerprint.hex(), "cycles": 9, "stopped": False}
ISSUE = {"cycle": 3, "queue": "W.mem0", "instruction": "Read a=0:0 s=E0", "repeat": 0}


def test_everything_written_is_read():
    made = generate(named("tiny"), 100, cycles=150, faulty=True).program()
    result = run(made, engine="step", trace=True)
    issues = sorted((e.queue, e.cycle, encode(e.word), e.repeat) for e in result.trace)
    marks = (
        trace.Mark(4, 2, "fault", "RANGE", 1, 7),
        trace.Mark(5, 2, "error", "NO_SUM", detail="i32 wanted, none there"),
    )
    text = trace.lines(TINY, (trace.Issue(t, q, w, r) for q, t, w, r in issues), marks, result.cycles, True)
    found = trace.read(TINY, text, name="t", form=".jsonl")
    words = np.array(found.words, object)[found.word]
    read = zip(found.queue.tolist(), found.cycle.tolist(), words, found.repeat.tolist(), strict=True)
    assert list(read) == issues
    assert (found.marks, found.cycles, found.stopped) == (marks, result.cycles, True)
    assert len({w for _, _, w, _ in issues}) > 50


def test_every_instruction_is_spelled_and_read():
    made = generate(named("tiny"), 7, cycles=400).program()
    seen = set()
    for entry in run(made, trace=True).trace:
        unit = queues(TINY)[entry.queue].unit
        seen |= {op.mnemonic for op in entry.word}
        assert trace.parsed(unit, trace.spelled(entry.word)) == encode(entry.word)
    assert len(seen) > len(TABLE) // 2


def test_a_word_without_meaning_is_kept_as_it_is():
    text = trace.lines(TINY, [trace.Issue(0, 0, 0x1F, 0)], [], 1, False)
    assert '".word 0x0000000000000000000000000000001f"' in text
    assert trace.read(TINY, text, name="t", form=".jsonl").words == (0x1F,)
    assert trace.parsed(Unit.MEM, ".word 0x1f") == 0x1F


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queue": "W.mem9"}, "t:2: no trace: machine 'tiny' has no queue 'W.mem9'"),
        ({"cycle": -1}, "t:2: no trace: cycle must be a whole number, not -1"),
        ({"cycle": "3"}, "t:2: no trace: cycle must be a whole number, not '3'"),
        ({"repeat": None}, "t:2: no trace: repeat must be a whole number, not None"),
        ({"instruction": 5}, "t:2: no trace: an instruction must be text, not 5"),
        ({"instruction": "Sing a=0:0"}, "t:2: no trace: 'Sing' is no instruction of mem"),
        ({"instruction": "Read a=0:0"}, "t:2: no trace: Read needs s: a stream .*"),
        ({"instruction": "Read a=0:0 s=E0 x=1"}, "t:2: no trace: Read has no field 'x'"),
        ({"instruction": ".word 0xg"}, "t:2: no trace: '.word 0xg' is no word of 128 bits"),
        ({"fault": "TIRED"}, "t:2: no trace: there is no fault 'TIRED'"),
        ({"error": "TIRED"}, "t:2: no trace: there is no program error 'TIRED'"),
        ({"fault": "DRY", "superlane": 0}, "t:2: no trace: has no 'count'"),
        ({"fingerprint": "00"}, "t:2: no trace: it is of another machine than 'tiny', None"),
    ],
)
def test_lines_that_are_none_are_refused(change: dict, message: str):
    text = "\n".join(json.dumps(record) for record in (HEAD, {**ISSUE, **change}))
    with pytest.raises(ValueError, match=f"^{message}$"):
        trace.read(TINY, text, name="t", form=".jsonl")


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"cycle": 1}', "\x00"])
def test_what_is_no_record_is_refused(text: str):
    with pytest.raises(ValueError, match=r"^t:1: no trace: has no 'queue'$"):
        trace.read(TINY, text, name="t", form=".jsonl")


def test_two_issues_in_one_cycle_are_refused():
    text = "\n".join(json.dumps(record) for record in (HEAD, ISSUE, ISSUE))
    with pytest.raises(ValueError, match=r"^t:3: no trace: W\.mem0 issues twice in cycle 3$"):
        trace.read(TINY, text, name="t", form=".jsonl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "t:1: no trace: the head must be cycle,queue,instruction,repeat"),
        ("cycle,queue,instruction,repeat\nx,W.mem0,Sync,0\n", "t:2: no trace: cycle must be a whole number, not None"),
        ("cycle,queue,instruction,repeat\n1\n", "t:2: no trace: machine 'tiny' has no queue None"),
    ],
)
def test_tables_that_are_none_are_refused(text: str, message: str):
    with pytest.raises(ValueError, match=f"^{message}$"):
        trace.read(TINY, text, name="t", form=".csv")


def test_an_empty_trace_is_one():
    found = trace.read(TINY, "", name="t", form=".jsonl")
    assert (len(found.cycle), found.cycles, found.words) == (0, None, ())
    assert queues_by_name(TINY)
