"""The runner of onnx's node tests: constants in place, differences found, a page that says so."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from arch.config import preset
from scripts import node_tests
from scripts.nodes import cases, engine, ledger, run
from scripts.nodes.page import page
from tests.compiler.frontend.models import model, node

SMALL = preset("small")
X = np.float32([[1, -2, 3]])


def case(nodes, inputs, outputs, opset=17, name="test_x"):
    made = model(nodes, inputs, list(outputs), opset=opset)
    for value, array in zip(made.graph.output, outputs.values(), strict=True):
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        value.CopyFrom(helper.make_tensor_value_info(value.name, kind, array.shape))
    return cases.bound(name, made, (list(inputs.values()), list(outputs.values())), 0)


def test_inputs_that_must_be_constant_become_so():
    inputs = {"x": X, "s": np.int64([3, 1])}
    made = case([node("Reshape", ["x", "s"])], inputs, {"y": X.T})
    assert list(made.inputs) == ["x"] and [t.name for t in made.model.graph.initializer] == ["s"]
    assert (made.operator, made.single) == ("Reshape", True)
    assert run.run(made, SMALL) == run.Outcome(made, run.PASSED)


def test_old_models_are_renewed():
    made = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)}, opset=7)
    assert made.model.opset_import[0].version == 13
    assert run.run(made, SMALL).status == run.PASSED


def test_a_wrong_result_and_a_refusal():
    made = case([node("Relu", ["x"])], {"x": X}, {"y": X})
    outcome = run.run(made, SMALL)
    assert (outcome.status, outcome.reason) == (run.FAILED, "y: off by 2, allowed 0.0195")
    made = case([node("Pow", ["x", "e"])], {"x": X, "e": np.float32(7)}, {"y": X**7})
    outcome = run.run(made, SMALL)
    assert outcome.status == run.REFUSED and "exponent must be" in outcome.reason


def test_a_program_is_held_to_its_graph_and_its_cycles(monkeypatch: pytest.MonkeyPatch):
    made = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)})
    assert run.run(made, SMALL, engine.program).status == run.PASSED
    compiled = engine.compile_graph

    def late(graph, config):
        found = compiled(graph, config)
        return replace(found, facts=replace(found.facts, cycles=found.cycles + 1))

    monkeypatch.setattr(engine, "compile_graph", late)
    outcome = run.run(made, SMALL, engine.program)
    assert outcome.status == run.FAILED and "cycles, predicted were" in outcome.reason
    monkeypatch.setattr(engine, "compile_graph", compiled)
    monkeypatch.setattr(engine, "evaluate", lambda graph, config, inputs: {"y": -np.ones_like(X)})
    outcome = run.run(made, SMALL, engine.program)
    assert (outcome.status, outcome.reason) == (run.FAILED, "y: differs from the graph's evaluation")


def test_what_the_scheduler_refuses_is_counted_apart():
    made = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)})
    outcome = run.run(made, preset("fpga"), engine.program)
    assert outcome.status == run.UNSCHEDULED and "finds no ALU" in outcome.reason


def test_a_wrong_graph_is_no_matter_of_the_scheduler():
    made = case([node("Relu", ["x"])], {"x": X}, {"y": X})
    assert run.run(made, preset("fpga"), engine.program).status == run.FAILED


def test_a_test_that_takes_too_long_is_not_run():
    def endless(graph, config, inputs):
        while True:
            pass

    made = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)})
    outcome = run.run(made, SMALL, endless, seconds=0.2)
    assert (outcome.status, outcome.reason) == (run.UNFINISHED, "takes more than 0.2 s of a processor")


@pytest.mark.parametrize(
    ("result", "wanted", "reason"),
    [
        (np.int8([1, 2]), np.int8([1, 3]), "1 of 2 integers differ"),
        (np.int8([1, 2]), np.int8([1, 2]), ""),
        (np.int8([[1, 2]]), np.int8([1, 2]), "shape [1, 2], not [2]"),
        (np.float16([1, np.nan]), np.float16([1, np.nan]), ""),
        (np.float16([1, np.inf]), np.float16([1, -np.inf]), "infinities or NaN differ"),
        (np.float16([0.01, 1]), np.float16([0, 1]), "off by 0.01, allowed 0.00195"),
    ],
)
def test_differences(result, wanted, reason):
    assert run.difference(result, wanted, 2.0**-9) == reason


def test_the_page():
    good = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)})
    whats = ((run.PASSED,), (run.FAILED, "why"), (run.REFUSED, "a|b"), (run.UNSCHEDULED, "full"))
    outcomes = [run.Outcome(good, *what) for what in whats]
    text = page(outcomes, "small")
    assert "**Passed: 0 of 0 exact, 1 of 3 cast. Failed: 1. Not scheduled: 1. Refused: 1 of 4 tests.**" in text
    assert "compiled for `small`" in text and "not run" not in text.lower()
    assert "| Relu |  | 1 of 3 | 1 | 1 |" in text
    assert "- `test_x`: why" in text and "| `test_x` | a/b |" in text and "| `test_x` | full |" in text
    text = page([*outcomes, run.Outcome(good, run.UNFINISHED, "long")], "small")
    assert "| Relu |  | 1 of 4 | 1 | 1 | 1 |" in text and "## Not run" in text


def test_a_ledger_goes_on_where_it_was(tmp_path: Path):
    file = tmp_path / "sub" / "ledger.jsonl"
    book = ledger.Ledger(file)
    book.add("a", run.PASSED, "")
    book.add("b", run.UNFINISHED, "long")
    with file.open("a") as end:
        end.write('["c", "pas')  # as a run that is killed leaves it
    assert ledger.Ledger(file).found == {"a": (run.PASSED, ""), "b": (run.UNFINISHED, "long")}


def test_a_ledger_is_of_these_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    name = ledger.name_of("program", SMALL)
    assert name.startswith("program_small_") and name != ledger.name_of("program", preset("tiny"))
    shutil.copytree(ledger.ROOT / "arch", tmp_path / "arch")
    monkeypatch.setattr(ledger, "ROOT", tmp_path)
    before = ledger.name_of("program", SMALL)
    (tmp_path / "arch" / "timing.py").write_text("")
    assert ledger.name_of("program", SMALL) != before != name


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The command with three tests of its own; what it runs."""
    good = case([node("Relu", ["x"])], {"x": X}, {"y": np.maximum(X, 0)}, name="test_good")
    bad = case([node("Relu", ["x"])], {"x": X}, {"y": X}, name="test_bad")
    other = case([node("Pow", ["x", "e"])], {"x": X, "e": np.float32(7)}, {"y": X**7}, name="test_other")
    ran: list[str] = []
    monkeypatch.setattr(node_tests, "cases", lambda: [good, bad, other])
    monkeypatch.setattr(node_tests, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(node_tests, "FOLDER", tmp_path / "ledgers")
    real = node_tests.run

    def noted(made, *rest):
        ran.append(made.name)
        return real(made, *rest)

    monkeypatch.setattr(node_tests, "run", noted)
    return ran


def test_the_command_resumes_and_tells_failures(three: list[str], capsys: pytest.CaptureFixture[str]):
    assert node_tests.main([]) == 1
    assert sorted(three) == ["test_bad", "test_good", "test_other"]
    out = capsys.readouterr().out
    assert "nodes: test_bad: y: off by 2" in out
    assert "**Passed: 0 of 0 exact, 1 of 2 cast. Failed: 1. Refused: 1 of 3 tests.**" in out
    assert "- `test_bad`: y: off by 2" in node_tests.PAGE.read_text()
    three.clear()
    assert node_tests.main(["--check"]) == 1
    assert three == [] and "3 of 3 tests have run already" in capsys.readouterr().out


def test_the_command_tells_a_page_that_is_out_of_date(three: list[str], capsys: pytest.CaptureFixture[str]):
    node_tests.main([])
    node_tests.PAGE.write_text("old")
    capsys.readouterr()
    node_tests.main(["--check"])
    assert "is out of date" in capsys.readouterr().out and node_tests.PAGE.read_text() == "old"


def test_some_tests_are_run_anew(three: list[str], capsys: pytest.CaptureFixture[str]):
    assert node_tests.main(["--only", "good"]) == 0
    assert three == ["test_good"] and not node_tests.PAGE.exists()
    assert "nodes: test_good: passed\n" in capsys.readouterr().out


@pytest.mark.slow
def test_no_graph_of_onnx_s_tests_is_wrong():
    assert node_tests.main(["--engine", "graph"]) == 0
