"""Benchmark of the hardware: its loads, a part under both simulators, and the page."""

from pathlib import Path

import pytest

from arch.config import preset
from golden.run import run
from scripts.bench import rtl
from tb import pace, verilator


def test_loads_have_no_data_and_last_longer_than_the_measurement():
    found = rtl.programs(preset("tiny"))
    assert list(found) == ["idle", "streaming", "every unit"]
    for program in found.values():
        assert program.data == ()
        assert run(program).cycles > rtl.BEFORE + 2 * rtl.CYCLES


def test_the_page_holds_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    config = preset("tiny")
    made = rtl.Chip(config, verilator.Model(tmp_path, "top"), export=12.4, build=None, lines=34_567, modules=89)
    seconds = {"idle": 0.5, "streaming": 1.0, "every unit": 2.0}
    measured = {name: (2000, taken) for name, taken in seconds.items()}
    measured |= {name + pace.PYTHON: (2000, 2 * taken) for name, taken in seconds.items()}
    monkeypatch.setattr(rtl, "OUT", tmp_path)
    monkeypatch.setattr(rtl, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(rtl, "chip", lambda *_: made)
    monkeypatch.setattr(rtl, "_run", lambda *_: measured)
    monkeypatch.setattr(rtl, "part", lambda *_: (5000.0, 2.5))
    rtl.measure(["tiny"])
    assert not rtl.PAGE.exists()
    told = capsys.readouterr().out
    rtl.measure(["tiny"], write=True)
    page = rtl.PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| tiny")]
    assert rows == [line for line in told.splitlines() if line.startswith("| tiny")]
    # Two planes in either hemisphere, of 8 x 8.
    assert rows[:3] == [
        "| tiny | idle | 4,000 | 2,000 |  |",
        "| tiny | streaming | 2,000 | 1,000 | 5.12e+05 |",
        "| tiny | every unit | 1,000 | 500 | 2.56e+05 |",
    ]
    assert rows[3:] == [
        "| tiny | 12 | 34,567 | 89 |  |",
        *(f"| tiny | {part} | 5,000 | 2.5 | 2,000 |" for part in rtl.PARTS),
    ]


def test_seconds_of_a_build_are_kept_beside_the_model(tmp_path: Path):
    model = verilator.Model(tmp_path, "top")
    assert rtl._kept(model, None) is None
    assert rtl._kept(model, 33.5) == 33.5
    assert rtl._kept(model, None) == 33.5


@pytest.mark.rtl
def test_a_part_runs_faster_under_verilator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(rtl, "OUT", tmp_path)
    fast, slow = rtl.part(preset("tiny"), "secded_checker")
    assert fast > slow > 0
