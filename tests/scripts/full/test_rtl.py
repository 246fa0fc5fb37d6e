"""`make full` as a user starts it, at `tiny`: the hardware is exported, built and simulated."""

import json
from pathlib import Path

import pytest

from scripts.full import __main__ as full
from tb import verilator

pytestmark = [pytest.mark.rtl, pytest.mark.slow]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_programs_and_figures_at_tiny(tmp_path: Path, capsys: pytest.CaptureFixture[str], threads: str):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    names = ["int8", "gather", "prefetch", "planes", "barrier", "hop"]
    options = [part for name in names for part in ("--program", name)]
    assert full.main(["--preset", "tiny", "--threads", threads, "--out", str(tmp_path), *options]) == 0
    out = capsys.readouterr().out
    assert out.count(" equal ") == len(names)
    for figure in ("through the supercells of a plane | 2 | 2", "hops across a hemisphere | 1 | 1"):
        assert figure in out
    runs = json.loads((tmp_path / "tiny" / "record.json").read_text(encoding="utf-8"))["runs"][threads]
    assert runs.keys() == set(names) and all(run["equal"] and run["work"] > 0 for run in runs.values())
