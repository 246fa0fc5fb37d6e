"""Netlists as Yosys and nextpnr write them: JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Kinds of cells.
REGISTER, LUT, MULTIPLIER, MEMORY = "TRELLIS_FF", "LUT4", "MULT18X18D", "DP16KD"

#: A change of the module that has the design's cells, as `json` reads it.
Change = Callable[[dict[str, Any]], None]


def whole(design: dict[str, Any]) -> dict[str, Any]:
    """The module that has the design's cells: the top, if one is marked so, else the largest. The others are models of
    cells."""
    modules = design["modules"].values()
    tops = [module for module in modules if "top" in module.get("attributes", ())]
    return tops[0] if len(tops) == 1 else max(modules, key=lambda module: len(module["cells"]))


def changed(netlist: str, change: Change) -> str:
    """A netlist with a change of its module; in JSON, as it comes."""
    design = json.loads(netlist)
    change(whole(design))
    return json.dumps(design)


def rewrite(source: Path, target: Path, change: Callable[[str], str]) -> None:
    """Write what a change makes of a netlist's text; the files may be one."""
    target.write_text(change(source.read_text(encoding="utf-8")), encoding="utf-8")
