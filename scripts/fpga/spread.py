"""Room for wires: cells that are there while all others are placed, and gone when wires are laid.

nextpnr's placer packs tiles as full as they go, and where streams come together a full tile has more connections than
wires lead to it. It takes no wish for more room, so each LUT there gets an idle one by its side, tied to its output:
the placer then keeps that much free around it. (docs/decisions/0012-fpga.md)
"""

import re
from typing import Any

from scripts.cells.netlist import LUT, changed

#: Where streams are chosen, merged and stored: all of a superlane but its arithmetic.
CROWDED = re.compile(r"\.superlane_\d+\.(?!vxm\.alu_\d+\.alu\.|[ew]_plane\d+\.cell_)")
#: Share of the LUTs that may be taken with the idle ones (our decision; what nextpnr's placer spreads a design over).
SHARE = 0.7
#: What the router is told that no option says: how many tiles around a net it may go.
SETTINGS = {"router2/bbMargin/x": 10, "router2/bbMargin/y": 10}
_IDLE = "idle_lut_"


def spread(netlist: str, room: int) -> str:
    """A netlist of Yosys with idle LUTs.

    Parameters
    ----------
    netlist
        JSON of one module, and of cells that are black boxes.
    room
        How many at most; if that is less than the crowded ones, only every so many of these gets one.
    """

    def change(module: dict[str, Any]) -> None:
        cells = module["cells"]
        crowded = [cell["connections"]["Z"] for name, cell in cells.items() if _is_crowded(name, cell)]
        count = max(0, min(room, len(crowded)))
        for n in range(count):
            cells[f"{_IDLE}{n}"] = {
                "hide_name": 1,
                "type": LUT,
                "parameters": {"INIT": "0" * 16},
                "attributes": {"keep": "1"},
                "port_directions": {"A": "input"},
                "connections": {"A": crowded[n * len(crowded) // count]},
            }

    return changed(netlist, change)


def gathered(placed: str) -> str:
    """What nextpnr has placed without the idle LUTs, and with ``SETTINGS`` for its router."""

    def change(module: dict[str, Any]) -> None:
        module["cells"] = {name: cell for name, cell in module["cells"].items() if not name.startswith(_IDLE)}
        module["settings"] |= {name: f"{value:032b}" for name, value in SETTINGS.items()}

    return changed(placed, change)


def _is_crowded(name: str, cell: dict[str, Any]) -> bool:
    return cell["type"] == LUT and CROWDED.search(name) is not None
