"""What is said of a run beforehand, against the run."""

import json
from itertools import pairwise

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.queues import Unit, queues
from compiler.frontend.load import translate
from compiler.schedule.facts import label_of, macs_of, names_of
from compiler.schedule.meta import TEXT
from compiler.schedule.program import Compiled, compile_graph
from compiler.schedule.traffic import operators, traffic
from golden.result import Result
from scripts.timeline.extract import promise
from tests.compiler.models import CASES
from tests.compiler.schedule.judge import execute

#: A chain of products, a residual, and a convolution whose queues fetch text.
NAMES = ("perceptron-40-qdq", "residual-6-qdq", "pooled-3-qdq")


@pytest.fixture(scope="module", params=NAMES)
def ran(request) -> tuple[Compiled, Result]:
    case = next(case for case in CASES if case.name == request.param)
    compiled = compile_graph(translate(case.model), preset("small"))
    return compiled, execute(compiled, case.inputs)


def test_issues_and_passes_are_counted_as_the_machine_does(ran: tuple[Compiled, Result]):
    (compiled, result), chip = ran, queues(preset("small"))
    for unit in Unit:
        own = result.counters.issued[[q.index for q in chip if q.unit is unit]]
        use = compiled.facts.units[unit]
        assert (use.queues, use.used, use.issued) == (len(own), np.count_nonzero(own), own.sum())
    vector = compiled.program.config.vector
    assert compiled.facts.passes * vector**2 == result.counters.macs.sum()
    assert 0 < compiled.facts.macs <= result.counters.macs.sum()
    words = sum(len(words) for words in compiled.program.preload)
    assert compiled.facts.preloaded == words <= compiled.facts.words
    assert (compiled.facts.blocks > 0) == (compiled.facts.words > words) == (compiled.facts.text_bytes > 0)


def test_memory_in_use_is_what_the_run_defines(ran: tuple[Compiled, Result]):
    compiled, result = ran
    for side in Hemisphere:
        one = compiled.facts.memory[side]
        defined = result.memory_defined[side].any(axis=-1)
        assert one.used == np.count_nonzero(defined)
        assert one.slices == np.count_nonzero(defined.reshape(len(defined), -1).any(axis=1))


def test_the_timeline_finds_all_as_promised(ran: tuple[Compiled, Result]):
    compiled, _ = ran
    found = promise(compiled.program)
    assert found.meta.predicted == found.cycles == compiled.cycles
    assert len(found.gap.cycle) == 0 and not found.marks
    assert (found.runs.label[found.unit] >= 0).all(), "every issue has a name"
    fetched = found.runs.label == found.meta.labels.index(TEXT) if TEXT in found.meta.labels else np.zeros(1, bool)
    assert fetched.any() == (compiled.facts.blocks > 0)
    assert sum(o.macs for o in found.meta.operators) == compiled.facts.macs
    named = {(t.hemisphere, t.mem_slice, t.address) for t in found.meta.tensors}
    assert {(s.hemisphere, s.mem_slice, s.address) for s in compiled.program.data} <= named


def test_the_critical_path_goes_through_the_network(ran: tuple[Compiled, Result]):
    compiled, _ = ran
    graph, path = compiled.made.graph, compiled.facts.path
    end = max(operator.span.last for operator in compiled.facts.operators)
    assert sum(step.cycles for step in path) == path[-1].last + 1 == end + 1
    assert len(path) >= 2 and all(a.last < b.last for a, b in pairwise(path))
    names = [label_of(node) for node in graph.nodes]
    assert [names.index(s.name) for s in path] == sorted(names.index(s.name) for s in path)
    assert path[0].first == min(o.span.first for o in compiled.facts.operators if o.name == path[0].name)
    # Each reads what the one before it has written, and not before that.
    found = traffic(compiled.made.config, compiled.made.plan.placed, names_of(graph))
    for before, after in pairwise(path):
        row = [found.labels.index(after.name), after.first, found.labels.index(before.name), before.last]
        assert (found.events == row).all(axis=1).any() and before.last < after.first <= after.last


def test_lives_of_tensors():
    case = next(case for case in CASES if case.name == NAMES[0])
    compiled = compile_graph(translate(case.model), preset("small"))
    rows = [row for row in json.loads(compiled.program.meta)["tensors"] if row["role"] in ("input", "output", "tensor")]
    kinds = {row["role"] for row in rows}
    assert kinds == {"input", "output", "tensor"}
    for row in rows:
        assert (row["first"] is None) == (row["role"] == "input")
        assert row["role"] == "output" or row["last"] is not None
        assert row["first"] is None or row["last"] is None or row["first"] < row["last"]


def test_labels_belong_to_the_longest_name():
    names = {"a": "a", "a: b": "a: b", "ab": "ab", "sum": "a"}
    wanted = {"a": "a", "a: weights": "a", "a: b: weights": "a: b", "ab": "ab", "c: weights": "c: weights"}
    wanted |= {"sum: to weights": "a", "sum part 0": "a", "sums": "sums"}
    assert operators(wanted, names) == wanted


def test_multiplications_of_groups_count_once():
    case = next(case for case in CASES if case.name == "conv-depthwise-qdq")
    graph = translate(case.model)
    assert sum(macs_of(node, graph) for node in graph.nodes) == 2 * 13 * 6 * 6 * 9
