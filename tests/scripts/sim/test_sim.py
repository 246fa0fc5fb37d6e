"""`make sim` without the hardware: what it compares, says and writes; the hardware itself is run by `make sim`."""

import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arch.faults import Fault
from arch.queues import Unit, queues
from examples.digits import program as schedule
from golden.result import FaultEntry
from scripts import rtl
from scripts.sim import __main__ as sim
from scripts.sim import report
from scripts.sim.watch import Watch
from tb import hosted, verilator
from tb.hostlink.session import SessionOutcome

IMAGES = 2 * schedule.BLOCK


@pytest.fixture(scope="module")
def case() -> report.Case:
    return sim.prepare(IMAGES)


@pytest.fixture
def outcome(case: report.Case) -> SessionOutcome:
    """What hardware would leave that does all that the golden model does."""
    golden = case.golden
    counters = golden.counters
    return SessionOutcome(
        golden.cycles,
        False,
        {schedule.OUTPUT: golden.region(schedule.OUTPUT)},
        golden.faults,
        counters.corrected.copy(),
        counters.issued.copy(),
        counters.parked.copy(),
        {"boot": (1000, 2.0), "run": (300, 1.0)},
    )


def test_equal_runs_have_no_differences(case: report.Case, outcome: SessionOutcome):
    assert report.differences(case, outcome) == []
    text = report.summary(case, outcome)
    assert "the hardware (RTL) gives NumPy's scores, bit for bit" in text and "differences" not in text


def test_each_difference_is_told(case: report.Case, outcome: SessionOutcome):
    wrong = outcome.regions[schedule.OUTPUT].copy()
    wrong[7, 3] ^= 1
    fault = FaultEntry(0, 1, Fault.DRY, 5, 1)
    issued = outcome.issued.copy()
    issued[4] += 1
    planted = {
        "scores of the hardware and NumPy: 1 of 600 differ, first at [7, 3]": {"regions": {schedule.OUTPUT: wrong}},
        f"cycles: the hardware took {outcome.cycles + 1:,}": {"cycles": outcome.cycles + 1},
        "the hardware's faults are not those of the golden model:": {"faults": (fault,)},
        "counters 'issued': 1 of 88 differ, first at [4]": {"issued": issued},
        "the hardware had not ended": {"stopped": True},
        "shapes [1, 32] and [60, 32]": {"regions": {schedule.OUTPUT: wrong[:1, :]}},
    }
    for line, change in planted.items():
        found = report.differences(case, replace(outcome, **change))
        assert any(line in entry for entry in found), (line, found)
        assert line in report.summary(case, replace(outcome, **change))


def test_a_golden_model_that_errs_is_told(case: report.Case):
    expected = case.expected.copy()
    expected[0, 0] += 1
    found = report.differences(replace(case, expected=expected), None)
    assert found == [
        f"scores of the golden model and NumPy: 1 of 600 differ, first at [0, 0]: {case.expected[0, 0]}, "
        f"not {expected[0, 0]}"
    ]


def test_figures_follow_from_the_hardware_s_own_counters(case: report.Case, outcome: SessionOutcome):
    slower = replace(outcome, cycles=2 * outcome.cycles, issued=2 * outcome.issued)
    text = report.summary(case, slower)
    assert f"{IMAGES * 900_000_000 / slower.cycles:,.0f} images/s at 900 MHz" in text
    (row,) = (line for line in text.splitlines() if line.startswith("vxm "))
    assert row.split()[3] == f"{int(slower.issued[_vxm(case)].sum()):,}"
    assert "433 cycles/s" in report.effort(outcome, rtl.Times(1, 2, 3))


def _vxm(case: report.Case) -> list[int]:
    return [q.index for q in queues(case.golden.program.config) if q.unit is Unit.VXM]


def test_golden_run_writes_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--golden", "--images", str(IMAGES), "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "the golden model gives NumPy's scores" in out and "report.md" in out and "sim: " in err
    text = (tmp_path / sim.REPORT).read_text(encoding="utf-8")
    assert out.splitlines()[0] in text and f"]({sim.PICTURE})" in text
    assert (tmp_path / sim.PICTURE).read_bytes().startswith(b"\x89PNG")


def test_a_difference_gives_exit_code_1(tmp_path: Path, monkeypatch, case: report.Case, outcome: SessionOutcome):
    wrong = replace(outcome, cycles=outcome.cycles + 1)
    monkeypatch.setattr(sim, "prepare", lambda images: case)
    times = rtl.Times(1, 2, 3)
    monkeypatch.setattr(rtl, "simulate", lambda *_, **__: (wrong, times))
    assert sim.main(["--out", str(tmp_path)]) == 1
    monkeypatch.setattr(rtl, "simulate", lambda *_, **__: (outcome, times))
    assert sim.main(["--out", str(tmp_path)]) == 0


@pytest.mark.parametrize("images", ["0", "29", "390", "x"])
def test_wrong_numbers_of_images(images: str, capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--images", images]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "--images" in err and "Traceback" not in err


def test_wrong_number_of_compilers(capsys: pytest.CaptureFixture[str]):
    assert sim.main(["--jobs", "0"]) == 2
    assert capsys.readouterr().err == "superlane: --jobs must be at least 1, not 0\n"


def test_a_missing_tool_is_one_line(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    def missing() -> Path:
        raise verilator.MissingToolError("g++ is missing: Verilator's models need g++, make and perl")

    monkeypatch.setattr(verilator, "root", missing)
    assert sim.main(["--images", "30", "--out", str(tmp_path)]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("sim: ")]
    assert lines == ["superlane: g++ is missing: Verilator's models need g++, make and perl"]


def test_watch_tells_changes_and_time():
    stream, words = io.StringIO(), iter(["", "one", "one", "two", "two", "two"])
    with Watch("step", lambda: next(words, "two"), every=0.01, changes=True, stream=stream) as watch:
        time.sleep(0.3)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "sim: step" and [line.split()[1] for line in lines[1:]] == ["one", "two"]
    assert 0.3 <= watch.seconds < 30


def test_blocks_are_never_the_top_nor_parts_of_blocks():
    names = ["superlane_chip_1", "superlane_1", "vxm_tile_1", "vxm_tile_1__decoder", "chip_1", "sram1_4"]
    assert hosted.blocks(names) == ["superlane_1", "vxm_tile_1"]


def test_models_differ_by_text_and_waves():
    texts = {"superlane_chip_1": "a"}
    found = [hosted.folder_of(texts), *(hosted.folder_of(texts, waves=kind) for kind in ("fst", "vcd"))]
    found.append(hosted.folder_of({"superlane_chip_1": "b"}))
    assert len(set(found)) == 4 and not any(map(hosted.is_built, found))


def test_scores_are_signed():
    assert schedule.scores(np.full((1, 32), 255, np.uint8)).tolist() == [[-1] * 10]
