"""Netlists as Yosys and nextpnr write them: JSON."""

from typing import Any


def whole(design: dict[str, Any]) -> dict[str, Any]:
    """The module that has the design's cells: the top, if one is marked so, else the largest. The others are models of
    cells."""
    modules = design["modules"].values()
    tops = [module for module in modules if "top" in module.get("attributes", ())]
    return tops[0] if len(tops) == 1 else max(modules, key=lambda module: len(module["cells"]))
