"""Synthesis of a board in two steps: the chip, whose netlist can be checked by itself, then what is around it."""

from inspect import getsource
from pathlib import Path

from scripts.cells import multipliers, netlist
from scripts.cells.netlist import rewrite
from scripts.fpga.design import Design
from scripts.fpga.device import BoardKind
from scripts.fpga.promote import LEAST, promoted
from scripts.fpga.recipe import LIBRARY, mapping, reading
from scripts.fpga.steps import digest, step
from scripts.synthesis import YOSYS, yosys

#: The chip's cells, for Yosys and for simulation.
CHIP, CHIP_VERILOG = "cells.json", "cells.v"
#: All cells, for nextpnr.
NETLIST = "netlist.json"
#: How many cells, by kind, the chip's before registers went into multipliers; the last that is written.
CHIP_COUNTS, COUNTS = "chip.json", "board.json"
_SOURCES = "rtl"
#: The last that Yosys writes of a netlist for simulation.
_WRITTEN = "written.json"


def synthesize(design: Design, board: BoardKind, folder: Path) -> str:
    """Make ``NETLIST`` and what comes before it, as far as that is not there; the result tells netlists apart.

    Raises
    ------
    tb.verilator.MissingToolError, scripts.synthesis.SynthesisError
        If Yosys is missing, or does not come to the end.
    """
    YOSYS.check()
    chip_key = synthesize_chip(design, folder)
    top = board.verilog.read_text(encoding="utf-8")
    steps = _whole(design, board)
    key = digest((chip_key, YOSYS.version, top, str(LEAST), *steps, *design.around.values()))

    def work() -> None:
        _write(folder, {**design.around, design.chip: design.sources[design.chip], board.name: top})
        yosys(folder, steps, COUNTS, name="board")
        rewrite(folder / NETLIST, folder / NETLIST, promoted)

    step(folder, "synthesize the board around it", key, (NETLIST,), work, "board.log")
    return key


def synthesize_chip(design: Design, folder: Path) -> str:
    """Make ``CHIP``; as :func:`synthesize`."""
    YOSYS.check()
    steps = (
        LIBRARY,
        reading(f"{_SOURCES}/{name}.v" for name in design.inside),
        *mapping(design.chip),
        f"select {design.chip}",
        f"write_json -selected {CHIP}",
        f"tee -q -o {CHIP_COUNTS} stat -json",
    )
    key = digest((YOSYS.version, getsource(multipliers), getsource(netlist), *steps, *design.inside.values()))

    def work() -> None:
        _write(folder, design.inside)
        yosys(folder, steps, CHIP_COUNTS, name="chip")
        rewrite(folder / CHIP, folder / CHIP, multipliers.absorbed)

    step(folder, "synthesize the chip", key, (CHIP,), work, "chip.log")
    return key


def write_chip(design: Design, folder: Path) -> str:
    """Verilog of the chip's cells for simulation, its nets bit by bit and under short names; as :func:`synthesize`."""
    key = synthesize_chip(design, folder)
    # A simulator takes bits of one vector that depend on each other for a loop.
    steps = (f"read_json {CHIP}", "splitnets", "rename -hide", f"write_verilog -noattr {CHIP_VERILOG}")
    counting = f"tee -q -o {_WRITTEN} stat -json"

    def work() -> None:
        yosys(folder, (*steps, counting), _WRITTEN, name="cells")

    step(folder, "write the netlist", digest((key, *steps)), (CHIP_VERILOG,), work)
    return (folder / CHIP_VERILOG).read_text(encoding="utf-8")


def _whole(design: Design, board: BoardKind) -> tuple[str, ...]:
    """Commands that synthesize the board around a chip of which only the ports are known, and put the chip in."""
    around = [f"{_SOURCES}/{name}.v" for name in (*design.around, board.name)]
    return (
        LIBRARY,
        f"read_verilog -lib {_SOURCES}/{design.chip}.v",
        reading(around, defines=(f"BOARD={design.top}",)),
        *mapping(board.name),
        f"delete ={design.chip}",
        f"read_json {CHIP}",
        "flatten",
        "opt_clean",
        f"write_json {NETLIST}",
        f"tee -q -o {COUNTS} stat -json",
    )


def _write(folder: Path, texts: dict[str, str]) -> None:
    (folder / _SOURCES).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / _SOURCES / f"{name}.v").write_text(text, encoding="utf-8")
