"""What happened beside what was promised: traces of the golden model coincide, planted differences are found."""

import json
from dataclasses import replace

import pytest

from arch.isa.table import decode, encode
from arch.queues import queues, queues_by_name
from compiler.asm import trace
from golden.run import run
from scripts.commands.trace import content
from scripts.timeline.compare import ABSENT, EXTRA, FAULT, MISSING, OTHER, TEXT, Difference, compare, effective
from scripts.timeline.extract import promise
from tb.random_programs import generate, named
from tests.scripts.programs import TINY, X, copy, dry

QUEUE = {name: queue.index for name, queue in queues_by_name(TINY).items()}


def read(text: str, form: str = ".jsonl") -> trace.Happened:
    return trace.read(TINY, text, name="t", form=form)


def copied() -> list[dict]:
    """Lines of the trace of :func:`tests.scripts.programs.copy`, the head first."""
    text = content(run(copy(), {"x": X}, engine="step", trace=True), ".jsonl")
    return [json.loads(line) for line in text.splitlines()]


def differences(records: list[dict]) -> tuple[Difference, ...]:
    happened = read("\n".join(json.dumps(record) for record in records))
    return compare(promise(copy()), happened).differences


@pytest.mark.parametrize("form", [".jsonl", ".csv"])
@pytest.mark.parametrize(("seed", "faulty"), [(3, False), (4, False), (103, True)])
def test_the_step_engine_does_what_is_promised(seed: int, faulty: bool, form: str):
    made = generate(named("tiny"), seed, cycles=120, faulty=faulty).program()
    result = run(made, engine="step", trace=True)
    found = compare(promise(made), read(content(result, form), form))
    # Which addresses a Gather gets, and what a map holds, is data: such faults are not foreseen.
    unforeseen = [d for d in found.differences if d.kind == FAULT and ("INDEX" in d.happened or "MAP" in d.happened)]
    assert [d for d in found.differences if d not in unforeseen] == []
    assert (found.issues, found.cycles) == (len(result.trace), ())


def test_words_with_their_strides_added_are_the_same():
    """As the hardware has them: every word is its own, and counts no repeats."""
    made = generate(named("tiny"), 5, cycles=150).program()
    result, units = run(made, engine="step", trace=True), [queue.unit for queue in queues(TINY)]
    issues = [
        trace.Issue(e.cycle, e.queue, effective(units[e.queue], encode(e.word), e.repeat), 0) for e in result.trace
    ]
    assert any(issue.word != encode(e.word) for issue, e in zip(issues, result.trace, strict=True))
    text = trace.lines(TINY, issues, [], result.cycles, False)
    assert compare(promise(made), read(text)).count == 0


def test_an_issue_that_did_not_happen():
    records = [r for r in copied() if (r.get("cycle"), r.get("queue")) != (6, "E.mem0")]
    assert differences(records) == (Difference(MISSING, 6, QUEUE["E.mem0"], "Write a=1:1 s=E0", ""),)


def test_an_issue_that_was_not_promised():
    records = [*copied(), {"cycle": 3, "queue": "W.mem1", "instruction": "Read a=0:7 s=E1", "repeat": 0}]
    assert differences(records) == (Difference(EXTRA, 3, QUEUE["W.mem1"], "", "Read a=0:7 s=E1"),)


def test_another_stride_is_another_instruction_only_once_it_counts():
    records = copied()
    for record in records:
        if record.get("instruction") == "Read a=0:0 s=E0 stride=1":
            record["instruction"] = "Read a=0:0 s=E0 stride=2"
    texts = ("Read a=0:0 s=E0 stride=1", "Read a=0:0 s=E0 stride=2")
    after = ("Read a=0:1 s=E0 stride=1", "Read a=0:2 s=E0 stride=2")
    assert [(d.kind, d.cycle, d.promised, d.happened) for d in differences(records)] == [
        (OTHER, 0, *texts),
        (OTHER, 1, *after),
    ]


def test_a_queue_that_is_a_cycle_late():
    records = copied()
    for record in records:
        if record.get("queue") == "E.mem0":
            record["cycle"] += 1
    assert [(d.kind, d.cycle) for d in differences(records)] == [(MISSING, 5), (OTHER, 6), (OTHER, 7), (EXTRA, 8)]


def test_cycles_that_differ():
    head, *records = copied()
    happened = read("\n".join(json.dumps(r) for r in [{**head, "cycles": head["cycles"] + 1}, *records]))
    found = compare(promise(copy()), happened)
    assert (found.cycles, found.count) == ((("the trace took", head["cycles"] + 1),), 1)


def test_cycles_that_were_predicted_wrongly():
    made = replace(copy(), meta=json.dumps({"predicted": {"cycles": 9}, "runs": [[QUEUE["W.mem2"], 4, 1, 1, 0]]}))
    found = compare(promise(made), None)
    assert found.cycles == (("the compiler predicts", 9),)
    assert [(d.kind, d.cycle, d.queue) for d in found.differences] == [(TEXT, 4, QUEUE["W.mem2"])]
    assert found.issues is None


def test_faults_count_too():
    records = [*copied(), {"cycle": 9, "queue": "W.mem2", "fault": "ECC", "superlane": 1, "count": 1}]
    assert differences(records) == (Difference(FAULT, 9, QUEUE["W.mem2"], "", "ECC in superlane 1"),)
    made = dry()
    happened = read(content(run(made, limit=30, trace=True), ".jsonl").replace('"fault": "DRY"', '"fault": "RANGE"'))
    assert [d.kind for d in compare(promise(made, limit=30), happened).differences] == [ABSENT, FAULT]


def test_a_word_that_wraps_is_what_the_unit_gets():
    unit = queues_by_name(TINY)["W.mem0"].unit
    read_up = trace.parsed(unit, "Read a=1:4095 s=E0 stride=2")
    word = decode(effective(unit, read_up, 1), unit)
    assert word is not None
    assert trace.spelled(word) == "Read a=1:1 s=E0 stride=2"
