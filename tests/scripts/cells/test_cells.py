"""The table of cells: what is read out of the tools' reports, and what becomes of it."""

import json
from pathlib import Path

import pytest

from hdl.secded import Encoder
from scripts import synthesis
from scripts.cells import measure, tools
from scripts.cells.__main__ import PAGE, main
from scripts.cells.components import Component, components
from scripts.cells.measure import Row
from scripts.cells.page import line, lines, page
from scripts.cells.summary import fpga, gates
from scripts.cells.tools import cells_of, clock, reached
from scripts.synthesis import SynthesisError
from tb.exports import unmade
from tb.verilator import MissingToolError

ROW = Row(
    {"lut": 1600, "ff": 20, "dsp": 16, "bram": 0.5},
    {"lut": 9, "ff": 8, "dsp": 7, "bram": 6},
    {"gate": 1234, "ff": 2},
    101.25,
)
PART = Component("cell", "a cell", lambda: Encoder(word_bits=8), macs=16)


def test_cells_are_those_of_the_design():
    report = {"design": {"num_cells_by_type": {"LUT4": 3, "$_AND_": 2, "$scopeinfo": 1}}}
    assert cells_of(f"noise\n{json.dumps(report)}\n") == {"LUT4": 3, "AND": 2, "$scopeinfo": 1}


def test_kinds_of_cells_are_summed_up():
    ecp5 = {"LUT4": 10, "CCU2C": 3, "TRELLIS_DPR16X4": 1, "TRELLIS_FF": 5, "MULT18X18D": 2, "DP16KD": 4, "PFUMX": 9}
    assert fpga("ecp5", ecp5) == {"lut": 20, "ff": 5, "dsp": 2, "bram": 4}
    xc7 = {"LUT2": 1, "LUT6": 2, "FDRE": 3, "FDSE": 1, "DSP48E1": 4, "RAMB18E1": 3, "RAMB36E1": 1, "CARRY4": 7}
    assert fpga("xc7", xc7) == {"lut": 3, "ff": 4, "dsp": 4, "bram": 2.5}
    assert gates({"AND": 4, "MUX": 1, "DFFE_PP": 6, "sram1_8x4": 2, "$scopeinfo": 3}) == {"gate": 5, "ff": 6}


def test_the_last_clock_counts():
    log = "Info: Max frequency for clock 'clk': 61.77 MHz\nInfo: Max frequency for clock   'clk': 88.05 MHz (FAIL)\n"
    assert reached(log) == 88.05
    with pytest.raises(SynthesisError, match="nextpnr says no clock: ERROR: no"):
        reached("ERROR: no")


def test_a_line_holds_the_numbers_and_stays_until_it_is_measured_again():
    found = line(PART, ROW)
    assert found.startswith("| `cell` | a cell; 100 LUT4 per MAC | 1,600 | 20 | 16 | 0.5 | 101.2 | 9 |")
    other = Component("other", "another", PART.create)
    text = page((PART, other), {"cell": ROW})
    assert lines(text) == {"cell": found}
    assert lines(page((PART, other), {"other": ROW}, text)) == {"cell": found, "other": line(other, ROW)}


def test_the_page_has_parts_that_there_are():
    names = [part.name for part in components()]
    assert len(set(names)) == len(names)
    for part in components():
        assert unmade(part.create()).module_name
    assert set(lines(PAGE.read_text(encoding="utf-8"))) <= set(names)


def test_unknown_parts_are_refused(capsys: pytest.CaptureFixture[str]):
    assert main(["--part", "wheel"]) == 2
    assert "--part must be one of supercell_4x4, " in capsys.readouterr().err
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.startswith("supercell_4x4 ")


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(synthesis.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingToolError, match="Yosys is missing: install the extra 'rtl' of this project"):
        tools.synthesize(tmp_path, ["a.v"], "ecp5")
    with pytest.raises(MissingToolError, match="nextpnr is missing: install the extra 'fpga' of this project"):
        clock(tmp_path)


@pytest.mark.slow
def test_a_part_is_measured_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(measure, "BUILDS", tmp_path)
    row = measure.measure(PART)
    assert row.ecp5["lut"] > 0 and row.xc7["lut"] > 0 and row.gates["gate"] > 0 and row.mhz is None
    monkeypatch.setattr(tools, "synthesize", None)
    assert measure.measure(PART) == row


@pytest.mark.slow
def test_a_design_that_is_none_is_told(tmp_path: Path):
    (tmp_path / "a.v").write_text("module a(; endmodule", encoding="utf-8")
    with pytest.raises(SynthesisError, match="Yosys stopped"):
        tools.synthesize(tmp_path, ["a.v"], "gates")
