"""What keeps a model of many equal parts small: Verilator makes the code of a part once, for all its places.

Verilator merges functions that are equal, and those of a module's instances are equal if the module is a class of its
own and its code names nothing outside. So modules that stand in many places are not inlined, and their ports are kept:
a port that is visible is no alias of what it is joined to, and no constant. Its value is then copied once per cycle,
which is why the taps of text, of which there are most and which have whole columns of streams among their ports, are
left to be inlined.

Verilator's data-flow pass (DFG) must be off: it shares expressions between instances, after which none equals another;
and so must its tables, since their indices have numbers that no other instance has.
"""

import re
from collections.abc import Mapping

#: Modules whose code is shared, by the beginnings of their names.
SHARED = (
    "accumulator_",
    "c2c_tile_",
    "column_",
    "crossbar_",
    "faults_",
    "legal_",
    "mem_tile_",
    "mxm_cap_",
    "mxm_dot_",
    "mxm_edge_",
    "queue_",
    "secded_checker_",
    "secded_encoder_",
    "supercell_",
    "sxm_",
    "vxm_lane_",
    "vxm_tile_",
)
#: Modules that are classes of their own, for files of moderate size.
KEPT = ("mxm_pair_row_", "mxm_row_", "superlane_")
#: Options without which nothing is shared.
OPTIONS = ("-fno-dfg", "-fno-table")
#: Optimization of such models. Copies of whole columns of streams are loops, to be made copies of memory, for which
#: :func:`tb.verilator.native` matters; more takes longer to compile than tests can win back.
OPTIMIZE = "-O1 -fstrict-aliasing -ftree-loop-vectorize -ftree-loop-distribute-patterns"

_PORT = re.compile(r"^  (?:input|output)(?: reg)? (?:\[[^\]]*\] )?(?P<name>\w+);$", re.MULTILINE)


def rules(sources: Mapping[str, str], top: str) -> list[str]:
    """Lines of a control file of Verilator for modules of these texts, by name; ``top`` is the uppermost."""
    found = []
    for name, text in sources.items():
        if name == top or "__" in name or not name.startswith((*SHARED, *KEPT)):
            continue
        found += shared(name, text) if name.startswith(SHARED) else [f'no_inline -module "{name}"']
    return found


def shared(name: str, text: str) -> list[str]:
    """Those lines for one module whose code is to be shared."""
    ports = [port["name"] for port in _PORT.finditer(text) if port["name"] != "clk"]
    return [f'no_inline -module "{name}"', *(f'public_flat_rd -module "{name}" -var "{port}"' for port in ports)]
