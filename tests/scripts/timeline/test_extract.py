"""What a program promises, against runs of the golden model and against known programs."""

import json
from dataclasses import replace

import numpy as np
import pytest

from arch.conveyor import Hemisphere
from arch.isa.table import encode
from arch.program import Program, Region, Segment
from arch.queues import queues, queues_by_name
from golden.run import run
from scripts.timeline.extract import promise
from tb.random_programs import generate, named
from tests.golden.schedule import program, word
from tests.scripts.programs import TINY, copy, dry

QUEUE = {name: queue.index for name, queue in queues_by_name(TINY).items()}


def issues(found) -> set[tuple[int, int, int, int]]:
    """(queue, cycle, word, repeat) of every issue of a promise."""
    runs = found.runs
    rows, number = runs.expand()
    values = [encode(entry) for entry in runs.words]
    cycle, repeat = runs.start[rows] + number * runs.d[rows], runs.repeat[rows] + number
    columns = (runs.queue[rows].tolist(), cycle.tolist(), runs.word[rows].tolist(), repeat.tolist())
    return {(q, t, values[w], r) for q, t, w, r in zip(*columns, strict=True)}


def test_runs_of_a_known_program():
    runs = promise(copy()).runs
    rows = zip(runs.queue.tolist(), runs.start.tolist(), runs.n.tolist(), runs.word.tolist(), strict=True)
    own = {(q, t, n, runs.words[w][0].mnemonic) for q, t, n, w in rows if q in (QUEUE["W.mem0"], QUEUE["E.mem0"])}
    west, east = QUEUE["W.mem0"], QUEUE["E.mem0"]
    assert own == {
        (west, 0, 2, "Read"),
        (west, 2, 1, "Sync"),
        (east, 5, 1, "Write"),
        (east, 6, 1, "Write"),
        (east, 7, 1, "Sync"),
    }


@pytest.mark.parametrize(("seed", "faulty"), [(0, False), (1, False), (100, True), (102, True)])
def test_the_promise_is_what_the_step_engine_does(seed: int, faulty: bool):
    made = generate(named("tiny"), seed, cycles=150, faulty=faulty).program()
    result, found = run(made, engine="step", trace=True), promise(made)
    assert found.complete
    assert found.cycles == result.cycles
    assert issues(found) == {(e.queue, e.cycle, encode(e.word), e.repeat) for e in result.trace}
    assert found.issued().tolist() == result.counters.issued.tolist()
    parked = [sum(last - first for first, last in spans) for spans in found.parked]
    assert parked == result.counters.parked.tolist()


def test_a_limit_cuts_runs_off():
    made = program(TINY, {"W.mem1": [(0, word("Write", a="0:0", s="E0")), (1, word("Repeat", n=90, d=2))]})
    found = promise(made, limit=21)
    assert (found.complete, found.cycles) == (False, 21)
    assert [t for q, t, _, _ in sorted(issues(found)) if q == QUEUE["W.mem1"]] == list(range(0, 21, 2))


@pytest.mark.parametrize(("limit", "cycles"), [(2, [0, 1]), (3, [0, 1, 2])])
def test_a_limit_cuts_a_sync_off(limit: int, cycles: list[int]):
    assert sorted(t for q, t, _, _ in issues(promise(copy(), limit=limit)) if q == QUEUE["W.mem0"]) == cycles


def test_a_program_that_never_ends_is_followed_to_the_limit():
    found = promise(dry(), limit=50)
    assert (found.complete, found.cycles) == (False, 50)
    assert [(mark.queue, mark.text, mark.count) for mark in found.marks] == [(QUEUE["E.mem1"], "DRY", 50)]


def with_meta(**meta: object) -> Program:
    return replace(copy(), meta=json.dumps(meta))


def test_labels_split_runs_where_they_change():
    west = QUEUE["W.mem0"]
    found = promise(with_meta(labels=["first", "second"], runs=[[west, 0, 1, 1, 0], [west, 1, 1, 1, 1]]))
    runs = found.runs
    own = np.flatnonzero((runs.queue == west) & found.unit)
    assert runs.label[own].tolist() == [0, 1]
    assert runs.repeat[own].tolist() == [0, 1]
    assert (runs.label[np.setdiff1d(np.arange(len(runs.n)), own)] == -1).all()
    assert issues(found) == issues(promise(copy()))
    assert not len(found.gap.cycle)


def test_what_meta_names_and_the_text_does_not_hold_is_a_gap():
    found = promise(with_meta(labels=["a"], runs=[[QUEUE["W.mem0"], 0, 4, 1, 0], [QUEUE["W.mem3"], 7, 1, 1, 0]]))
    # In cycle 2 the queue issues its Sync.
    assert list(zip(found.gap.queue.tolist(), found.gap.cycle.tolist(), strict=True)) == [
        (QUEUE["W.mem0"], 3),
        (QUEUE["W.mem3"], 7),
    ]


PIECE = {"name": "t", "hemisphere": 0, "slice": 0, "address": 0, "rows": 1}


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"labels": 5}, "meta.labels must be a list"),
        ({"labels": [1]}, "meta.labels must be a list of texts"),
        ({"network": 3}, "meta.network must be text, not 3"),
        ({"predicted": 9}, "meta.predicted must be an object"),
        ({"predicted": {"cycles": -1}}, "meta.predicted.cycles must be a whole number, not -1"),
        ({"runs": [[0, 0, 0, 1, 0]]}, r"meta.runs\[0\] must be \[queue, .*\] of this machine, not \[0, 0, 0, 1, 0\]"),
        ({"runs": [[0, 0, 1, 1, 3]], "labels": ["a"]}, r"meta.runs\[0\] must be .*"),
        ({"runs": [[999, 0, 1, 1, 0]]}, r"meta.runs\[0\] must be .*"),
        ({"tensors": [7]}, r"meta.tensors\[0\] must be an object"),
        ({"tensors": [{**PIECE, "hemisphere": 2}]}, r"meta.tensors\[0\].hemisphere must be 0 .*, not 2"),
        ({"tensors": [{**PIECE, "slice": 99}]}, r"meta.tensors\[0\] \(t\) must lie in a bank of this machine"),
        ({"tensors": [{**PIECE, "rows": 999}]}, r"meta.tensors\[0\] \(t\) must lie in a bank of this machine"),
        ({"tensors": [{**PIECE, "shape": "x"}]}, r"meta.tensors\[0\].shape must be a list of whole numbers, not 'x'"),
        ({"tensors": [PIECE, {**PIECE, "first": "x"}]}, r"meta.tensors\[1\].first must be a whole number, not 'x'"),
        ({"operators": [{"name": "a", "first": 0}]}, r"meta.operators\[0\].last must be a whole number, not None"),
    ],
)
def test_meta_that_is_wrong_is_refused_in_one_line(meta: dict, message: str):
    with pytest.raises(ValueError, match=f"^{message}$"):
        promise(with_meta(**meta))


def test_other_keys_of_meta_are_left_alone():
    assert promise(with_meta(images=[3], inputs={})).meta.network == ""


def test_what_no_tensor_names_is_told_as_data():
    rows = np.ones((5, TINY.vector), np.uint8)
    made = program(
        TINY,
        {},
        [Segment(Hemisphere.WEST, 1, 10, rows.tobytes())],
        regions=(Region("x", "input", Hemisphere.WEST, 1, 8, 3),),
    )
    piece = {"name": "w", "hemisphere": "W", "slice": 1, "address": 12, "rows": 1}
    found = promise(replace(made, meta=json.dumps({"tensors": [piece]}))).tensors
    assert [(t.name, t.role, t.address, t.rows) for t in found] == [
        ("w", "tensor", 12, 1),
        ("x", "input", 8, 3),
        ("data", "data", 11, 1),
        ("data", "data", 13, 2),
    ]


def test_queues_of_the_meta_are_those_of_the_machine():
    assert len(promise(copy()).parked) == len(queues(TINY))
