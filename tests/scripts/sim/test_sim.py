"""`make sim` without the hardware: what it compares, says and writes; the hardware itself is run by `make sim`."""

import io
import time
from dataclasses import replace
from pathlib import Path

import pytest

from arch.config import preset
from arch.faults import Fault
from arch.queues import Unit, queues
from examples.networks.catalog import network
from golden.result import FaultEntry
from scripts import rtl
from scripts.sim import __main__ as sim
from scripts.sim import report
from scripts.sim.case import Case, prepare
from scripts.sim.watch import Watch
from tb import hosted, verilator
from tb.hostlink.session import SessionOutcome

IMAGES = 5
OUTPUT = "scores"


@pytest.fixture(scope="module")
def case() -> Case:
    return prepare(network("mlp"), IMAGES, preset(sim.PRESET))


@pytest.fixture
def outcome(case: Case) -> SessionOutcome:
    """What hardware would leave that does all that the golden model does."""
    golden = case.golden
    counters = golden.counters
    return SessionOutcome(
        golden.cycles,
        False,
        case.regions,
        golden.faults,
        counters.corrected.copy(),
        counters.issued.copy(),
        counters.parked.copy(),
        {"boot": (1000, 2.0), "run": (300, 1.0)},
    )


def test_equal_runs_have_no_differences(case: Case, outcome: SessionOutcome):
    assert report.differences(case, None) == report.differences(case, outcome) == []
    text = report.summary(case, outcome)
    assert "the hardware (RTL) gives onnxruntime's scores, bit for bit, in the predicted cycles" in text
    assert "differences" not in text and outcome.cycles == case.compiled.cycles


def test_each_difference_is_told(case: Case, outcome: SessionOutcome):
    wrong = outcome.regions[OUTPUT].copy()
    wrong[3, 2] ^= 1
    fault = FaultEntry(0, 1, Fault.DRY, 5, 1)
    issued = outcome.issued.copy()
    issued[4] += 1
    planted = {
        "scores of the hardware and of onnxruntime: 1 of 50 differ, first at [3, 2]": {"regions": {OUTPUT: wrong}},
        f"cycles: the hardware took {outcome.cycles + 1:,}": {"cycles": outcome.cycles + 1},
        "the hardware's faults are not those of the golden model:": {"faults": (fault,)},
        "counters 'issued': 1 of 88 differ, first at [4]": {"issued": issued},
        "the hardware had not ended": {"stopped": True},
    }
    for line, change in planted.items():
        found = report.differences(case, replace(outcome, **change))
        assert any(line in entry for entry in found), (line, found)
        assert line in report.summary(case, replace(outcome, **change))


def test_an_evaluation_or_a_prediction_that_errs_is_told(case: Case):
    expected = case.expected.copy()
    expected[0, 0] += 1
    found = report.differences(replace(case, expected=expected), None)
    assert any("scores of the graph and of onnxruntime: 1 of 50 differ" in line for line in found)
    found = report.differences(replace(case, onnxruntime=expected), None)
    assert any("scores of the golden model and of onnxruntime: 1 of 50 differ" in line for line in found)
    facts = replace(case.compiled.facts, cycles=case.compiled.cycles + 1)
    (line,) = report.differences(replace(case, compiled=replace(case.compiled, facts=facts)), None)
    assert line == f"cycles: the golden model took {case.golden.cycles:,}, predicted were {case.golden.cycles + 1:,}"


def test_a_summary_counts_what_the_hardware_counted(case: Case, outcome: SessionOutcome):
    slower = replace(outcome, cycles=outcome.cycles * 2, issued=outcome.issued * 3)
    text = report.summary(case, slower)
    assert f"{IMAGES * 900_000_000 / slower.cycles:,.0f} images/s at 900 MHz" in text
    (row,) = (line for line in text.splitlines() if line.startswith("vxm "))
    vxm = [q.index for q in queues(case.golden.program.config) if q.unit is Unit.VXM]
    assert row.split()[3] == f"{int(slower.issued[vxm].sum()):,}"
    assert "433 cycles/s" in report.effort(outcome, rtl.Times(1, 2, 3))


def test_golden_run_writes_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--golden", "--network", "mlp", "--images", str(IMAGES), "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "the golden model gives onnxruntime's scores" in out and "report.md" in out and "sim: " in err
    text = (tmp_path / sim.REPORT).read_text(encoding="utf-8")
    assert out.splitlines()[0] in text and "](mlp.png)" in text
    assert (tmp_path / "mlp.png").read_bytes().startswith(b"\x89PNG")


def test_a_difference_gives_exit_code_1(tmp_path: Path, monkeypatch, case: Case, outcome: SessionOutcome):
    wrong = replace(outcome, cycles=outcome.cycles + 1)
    monkeypatch.setattr(sim, "prepare", lambda *_: case)
    times, options = rtl.Times(1, 2, 3), ["--network", "mlp", "--out", str(tmp_path)]
    monkeypatch.setattr(rtl, "simulate", lambda *_, **__: (wrong, times))
    assert sim.main(options) == 1
    monkeypatch.setattr(rtl, "simulate", lambda *_, **__: (outcome, times))
    assert sim.main(options) == 0


@pytest.mark.slow
def test_the_usual_images_compile_and_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--golden", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("bit for bit, in the predicted cycles") == len(sim.NETWORKS)


@pytest.mark.parametrize("images", ["0", "-1", "361", "x"])
def test_wrong_numbers_of_images(images: str, capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--images", images]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "--images" in err and "Traceback" not in err


def test_an_unknown_network(capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--network", "digits"]) == 2
    assert capsys.readouterr().err == "superlane: --network must be one of mlp, cnn, not 'digits'\n"


def test_wrong_number_of_compilers(capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--jobs", "0"]) == 2
    assert capsys.readouterr().err == "superlane: --jobs must be at least 1, not 0\n"


def test_a_missing_tool_is_one_line(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    def missing() -> Path:
        raise verilator.MissingToolError("g++ is missing: Verilator's models need g++, make and perl")

    monkeypatch.setattr(verilator, "root", missing)
    assert sim.main(["--network", "mlp", "--images", "3", "--out", str(tmp_path)]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("sim: ")]
    assert lines == ["superlane: g++ is missing: Verilator's models need g++, make and perl"]


def test_watch_tells_changes_and_time():
    stream, words = io.StringIO(), iter(["", "one", "one", "two", "two", "two"])
    with Watch("step", lambda: next(words, "two"), every=0.01, changes=True, stream=stream) as watch:
        time.sleep(0.3)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "sim: step" and [line.split()[1] for line in lines[1:]] == ["one", "two"]
    assert 0.3 <= watch.seconds < 30


def test_models_differ_by_text_and_waves():
    lane = "module superlane_01234567(clk, a, b);\n  input clk;\n  input a;\n  output b;\nendmodule\n"
    chip = "module superlane_chip_1(clk);\n  superlane_01234567 one (\n    .clk(clk),\n    .a(clk)\n  );\nendmodule\n"
    texts = {"superlane_chip_1": chip, "superlane_01234567": lane}
    found = [hosted.plan(texts), *(hosted.plan(texts, waves=kind) for kind in ("fst", "vcd"))]
    found.append(hosted.plan({**texts, "superlane_chip_1": chip.replace("one", "other")}))
    assert len({planned.folder for planned in found}) == 4 and not any(planned.is_built for planned in found)
