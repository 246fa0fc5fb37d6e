"""The page of the full chip: what it shows of records, and that the same records give the same bytes."""

from pathlib import Path

import pytest

from arch.config import preset
from scripts.full import page, record, sizes, speeds
from scripts.full.runner import Ran

STEP = {"seconds": 9.0, "processor": 12.4, "peak_mib": 2048}
RUN = {"cycles": 1200, "speed": 400.0, "work": 500.0, "golden": 77.0, "equal": True}
RECORD = {
    "export": STEP | {"modules": 10, "bytes": 2_500_000},
    "superlane": STEP | {"folder": 30, "peak_mib": 3072},
    "rim": STEP | {"folder": 12},
    "titles": {"busy": "every unit busy"},
    "runs": {"1": {"idle": RUN | {"work": 900.0}, "streaming": RUN, "busy": RUN}, "2": {"idle": RUN}},
}


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Records, page and pictures in a folder of their own."""
    (tmp_path / "images").mkdir()
    for name, path in (("RECORDS", "measured.json"), ("PAGE", "page.md"), ("IMAGES", "images")):
        monkeypatch.setattr(page, name, tmp_path / path)
    return tmp_path


def test_records_become_a_page(places: Path):
    page.keep("tiny", RECORD, {})
    page.keep("full", RECORD, {"hemisphere_hops": 11, "barrier_cycles": 35})
    page.keep("full", {"export": STEP | {"modules": 1, "bytes": 1_000_000}}, {"barrier_cycles": 36})
    page.write()
    text = (places / "page.md").read_text()
    assert "| hops across a hemisphere | 11 | 11 | 11 |" in text and "| 36 | 35 | 35 |" in text
    assert "| tiny | 2 | 4 | 4 | 4 of 8 x 8 | 256 |" in text
    assert "| full | 20 and a spare | 16 | 44 | 4 of 320 x 320 | 409,600 | 225,280 |" in text
    assert "| tiny | 12 | 12 | 12 | 3.0 | 2.5 | 42 |" in text
    assert (
        "| tiny | 1 | 900 | 500 | 500 | 1.3e+05 | 1.3e+05 | 77 |" in text
        and "| tiny | 2 | 400 |  |  |  |  |  |" in text
    )
    assert "| busy | every unit busy | 1,200 | equal |" in text
    first = (places / "images" / "full-effort.svg").read_bytes()
    page.write()
    assert (places / "images" / "full-effort.svg").read_bytes() == first


def test_the_page_is_what_the_records_say():
    assert page.PAGE.read_text(encoding="utf-8") == page.text(page.ordered())


def test_what_was_not_measured_again_stays(places: Path):
    page.keep("tiny", RECORD, {})
    page.keep("tiny", {"titles": {"busy1": "more"}, "runs": {"1": {"busy1": RUN}}}, {})
    assert page.load()["tiny"]["runs"] == RECORD["runs"] | {"1": RECORD["runs"]["1"] | {"busy1": RUN}}
    assert page.load()["tiny"]["titles"] == {"busy": "every unit busy", "busy1": "more"}


def test_units_cost_what_loads_differ_by(places: Path):
    stages = ("idle", "streaming", "busy1", "busy2", "busy3", "busy")
    for name, speed in (("tiny", 1000.0), ("full", 100.0)):
        runs = {load: RUN | {"work": speed / (n + 1)} for n, load in enumerate(stages)}
        page.keep(name, {"runs": {"1": runs}}, {})
    text = speeds.text(page.ordered())
    heads = "| machine | nothing busy | MXM, its memory | memory | VXM | SXM | links | all |"
    assert heads in text and "| full | 10,000 | 10,000 | 10,000 | 10,000 | 10,000 | 10,000 | 60,000 |" in text
    assert "`full` makes 160 times as many multiply-accumulations" in text and "takes 0.6% of the time" in text


def test_machines_between_take_one_size_each():
    assert set(sizes.SIZES) == {"superlanes", "lanes", "slices", "half"}
    assert sizes.machine("slices").slices == preset("full").slices and sizes.machine("tiny") == preset("tiny")
    with pytest.raises(ValueError, match=r"^preset must be one of"):
        sizes.machine("huge")


def test_runs_are_kept_by_threads(tmp_path: Path):
    class Case:
        name, title = "x", "something"

    class Outcome:
        cycles, steps, processor = 10, {"run": (100, 2.0)}, {"run": 1.0}

    ran = Ran(Case(), Outcome(), Outcome(), 5.0, ())  # type: ignore[arg-type]
    record.keep(tmp_path, [ran], 1)
    record.keep(tmp_path, [ran], 2)
    assert record.load(tmp_path)["titles"] == {"x": "something"}
    assert record.load(tmp_path)["runs"] == {
        n: {"x": {"cycles": 10, "speed": 50.0, "work": 100.0, "golden": 2.0, "equal": True}} for n in ("1", "2")
    }
