"""Resets that reach registers everywhere, on the FPGA's global network: nextpnr puts only clocks there by itself.

Else a reset of 12,000 registers takes wires of every tile.
"""

from collections import defaultdict
from typing import Any

from scripts.cells.netlist import REGISTER, changed

#: Registers from which on a reset goes there (our decision; there is room for 16 signals, clocks among them).
LEAST = 500
_RESET = "LSR"


def promoted(netlist: str) -> str:
    """A netlist of Yosys, with a buffer of the global network between each such reset and its registers."""
    return changed(netlist, _promote)


def _promote(module: dict[str, Any]) -> None:
    resets: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for cell in module["cells"].values():
        for bit in cell["connections"].get(_RESET, ()) if cell["type"] == REGISTER else ():
            if not isinstance(bit, str):
                resets[bit].append(cell["connections"])
    wide = [bit for bit, users in resets.items() if len(users) >= LEAST]
    free = 1 + max(bit for net in module["netnames"].values() for bit in net["bits"] if isinstance(bit, int))
    for new, bit in enumerate(wide, free):
        for connections in resets[bit]:
            connections[_RESET] = [new]
        module["cells"][f"global_reset_{new}"] = {
            "hide_name": 0,
            "type": "DCCA",
            "parameters": {},
            "attributes": {},
            "port_directions": {"CLKI": "input", "CE": "input", "CLKO": "output"},
            "connections": {"CLKI": [bit], "CE": ["1"], "CLKO": [new]},
        }
        module["netnames"][f"global_reset_{new}"] = {"hide_name": 0, "bits": [new], "attributes": {}}
