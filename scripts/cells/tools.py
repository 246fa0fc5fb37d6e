"""Yosys and nextpnr, called for one part: cells by kind, and the highest clock."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from types import MappingProxyType

from hdl.gate import UNGATED
from scripts.cells.multipliers import absorbed
from scripts.cells.netlist import rewrite, whole
from scripts.synthesis import NEXTPNR, SynthesisError, yosys

#: Macros of an export for synthesis.
DEFINES = ("SYNTHESIS", UNGATED)
#: Constant registers go, on nets that are clean: where two registers have become one, Yosys' `opt_dff` takes the
#: initial value off one name and leaves it on the other, and the next pass stops at that (Yosys issue 5735).
CLEAN = ("opt_clean", "opt_expr", "opt_clean", "opt_dff", "opt_clean")
#: What Yosys does before a technology's own script: choices by number become multiplexers, of which it would else make
#: comparisons, with about twice the logic.
_PREPARE = ("proc", "opt_clean", "flatten", *CLEAN, "opt -full", "opt_clean", "pmux2shiftx", "opt")
#: Its script by technology. Wide LUTs of an ECP5 would take up to two and a half times the logic, and gain no speed.
SCRIPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ecp5": ("synth_ecp5 -nowidelut -json netlist.json",),
        "xc7": ("synth_xilinx -family xc7 -flatten",),
        "gates": ("synth -flatten",),
    }
)
#: Files in the folder of a part.
NETLIST, COUNTS = "netlist.json", "counts.json"
#: The FPGA of the ULX3S-85F, its package and speed grade.
DEVICE = ("--85k", "--package", "CABGA381", "--speed", "6")
#: How nextpnr places and routes a part. It aims at more than it reaches, so that it goes on trying; the placer is that
#: of whole chips (``scripts.fpga.routing``).
PLACING = (
    *(*DEVICE, "--out-of-context", "--json", NETLIST, "--freq", "150", "--timing-allow-fail"),
    *("--placer", "static", "--router", "router2"),
)
_REACHED = re.compile(r"Max frequency for clock\s+'[^']+': ([0-9.]+) MHz")
#: Of two runs one may be a third faster than the other, by chance.
SEEDS = (1, 2, 3)


def synthesize(folder: Path, names: Sequence[str], technology: str) -> dict[str, int]:
    """Cells by kind.

    Parameters
    ----------
    folder
        Where the Verilog is, and where the results go.
    names
        Its files, the top first.
    technology
        One of ``SCRIPTS``.

    Raises
    ------
    tb.verilator.MissingToolError, scripts.synthesis.SynthesisError
        If Yosys is missing, or does not come to the end.
    """
    # Of a chip, memories are macros, not gates.
    macros = ("blackbox sram*",) if technology == "gates" else ()
    reading = " ".join(("read_verilog", *(f"-D{name}" for name in DEFINES), *names))
    top = f"hierarchy -check -top {names[0].removesuffix('.v')}"
    yosys(folder, (reading, top, *macros, *_PREPARE, *SCRIPTS[technology], f"tee -q -o {COUNTS} stat -json"), COUNTS)
    if technology != "ecp5":
        return cells_of((folder / COUNTS).read_text(encoding="utf-8"))
    rewrite(folder / NETLIST, folder / NETLIST, absorbed)
    netlist = json.loads((folder / NETLIST).read_text(encoding="utf-8"))
    return dict(Counter(cell["type"] for cell in whole(netlist)["cells"].values()))


def cells_of(text: str) -> dict[str, int]:
    """Cells by kind, of what Yosys' ``stat -json`` says of a design without hierarchy."""
    design = json.loads(text[text.index("{") : text.rindex("}") + 1])["design"]
    return {kind.removeprefix("$_").removesuffix("_"): count for kind, count in design["num_cells_by_type"].items()}


def clock(folder: Path) -> float:
    """Highest clock in MHz that nextpnr finds for the netlist in a folder, from register to register: of several runs
    the middle one.

    Raises
    ------
    tb.verilator.MissingToolError
        If nextpnr is missing.
    scripts.synthesis.SynthesisError
        If it says no clock.
    """
    return median(reached(NEXTPNR.call(folder, (*PLACING, "--seed", str(n)), "nextpnr.txt")) for n in SEEDS)


def reached(log: str) -> float:
    """The last clock that a log of nextpnr names: that behind routing."""
    found = _REACHED.findall(log)
    if not found:
        raise SynthesisError(f"nextpnr says no clock: {log.strip()[-1000:]}")
    return float(found[-1])
