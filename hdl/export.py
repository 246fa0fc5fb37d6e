"""Verilog of a block and of all blocks inside it: one file per distinct module, the same text every time."""

import re

from amaranth.back import rtlil, verilog

from hdl.seam import Block, Outline

#: Register that makes `always @*` blocks run at time 0; Yosys puts a line of its own source into the name.
_KICK = re.compile(r"\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+")
_MODULE = re.compile(r"^module \\?(\S+?) ?\(.*?^endmodule$", re.MULTILINE | re.DOTALL)


def export(top: Block) -> dict[str, str]:
    """Verilog of ``top`` and of every block below it.

    Parameters
    ----------
    top : Block
        What to export.

    Returns
    -------
    dict of str to str
        Text of each module by its name, ``top`` first, the others in the order of their names.
    """
    parts: dict[str, str] = {}
    waiting: dict[str, Block] = {top.module_name: top}
    while waiting:
        name, block = waiting.popitem()
        outline = Outline(block)
        # Source attributes would carry the paths of this machine, and differ with every edit.
        parts[name] = rtlil.convert(block, name=name, platform=outline, emit_src=False)
        waiting.update({n: b for n, b in outline.met.items() if n not in parts and n not in waiting})
    # All at once: starting Yosys takes longer than what it does for one module.
    ordered = [parts[name] for name in sorted(parts)]
    text = verilog._convert_rtlil_text("\n".join(ordered), strip_internal_attrs=True)
    modules = {match[1]: f"{match[0]}\n" for match in _MODULE.finditer(_KICK.sub("kick", text))}
    return {name: modules[name] for name in (top.module_name, *sorted(set(modules) - {top.module_name}))}
