"""Benchmark of the hardware: its loads, and a part under both simulators."""

from pathlib import Path

import pytest

from arch.config import preset
from golden.run import run
from scripts.bench import rtl
from tb import verilator


def test_loads_have_no_data_and_last_longer_than_the_measurement():
    found = rtl.programs(preset("tiny"))
    assert list(found) == ["idle", "streaming", "every unit"]
    for program in found.values():
        assert program.data == ()
        assert run(program).cycles > rtl.BEFORE + 2 * rtl.CYCLES


@pytest.mark.rtl
def test_a_part_runs_faster_under_verilator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(rtl, "OUT", tmp_path)
    fast, slow = rtl.part(preset("tiny"), "secded_checker")
    assert fast > slow > 0
