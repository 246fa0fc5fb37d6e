"""From cells by kind to the few numbers of a row."""

from collections.abc import Mapping

#: Logic cells, in units of a look-up table: what a kind takes of them.
_LUTS = {
    "ecp5": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
    "xc7": {**{f"LUT{n}": 1 for n in range(1, 7)}, "RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2},
}
_REGISTERS = {"ecp5": ("TRELLIS_FF",), "xc7": ("FDRE", "FDSE", "FDCE", "FDPE")}
_MULTIPLIERS = {"ecp5": ("MULT18X18D",), "xc7": ("DSP48E1",)}
#: Block RAM, in units of that of the technology.
_MEMORIES = {"ecp5": {"DP16KD": 1.0}, "xc7": {"RAMB36E1": 1.0, "RAMB18E1": 0.5}}
#: What the names of all flip-flops of the generic technology have in common.
_FLIP_FLOPS = "DFF"
#: Memories, see `hdl.sram`.
_MACROS = "sram"


def fpga(technology: str, cells: Mapping[str, int]) -> dict[str, float]:
    """``lut``, ``ff``, ``dsp`` and ``bram`` of an FPGA."""
    return {
        "lut": sum(count * cells.get(kind, 0) for kind, count in _LUTS[technology].items()),
        "ff": sum(cells.get(kind, 0) for kind in _REGISTERS[technology]),
        "dsp": sum(cells.get(kind, 0) for kind in _MULTIPLIERS[technology]),
        "bram": sum(count * cells.get(kind, 0) for kind, count in _MEMORIES[technology].items()),
    }


def gates(cells: Mapping[str, int]) -> dict[str, float]:
    """``gate`` (an inverter or multiplexer being one, too) and ``ff`` of a technology whose memories are macros."""
    memories = sum(count for kind, count in cells.items() if kind.startswith(_MACROS))
    registers = sum(count for kind, count in cells.items() if _FLIP_FLOPS in kind)
    # Not a cell: Yosys' note of where a part of the flattened design was.
    notes = cells.get("$scopeinfo", 0)
    return {"gate": sum(cells.values()) - registers - memories - notes, "ff": registers}
