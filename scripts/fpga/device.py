"""FPGAs and boards: what there is, and what the tools are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from scripts.cells.tools import DEVICE

ROOT = Path(__file__).resolve().parent.parent.parent

#: Resources by the names of the report.
LUT, FF, DSP, BRAM = "LUT4", "FF", "DSP", "block RAM"


@dataclass(frozen=True)
class Device:
    """An FPGA.

    Attributes
    ----------
    name
        Its maker's.
    options
        What nextpnr is told of it.
    capacity
        Cells by resource.
    """

    name: str
    options: tuple[str, ...]
    capacity: Mapping[str, int]


@dataclass(frozen=True)
class BoardKind:
    """A board.

    Attributes
    ----------
    name
        Of its folder in `boards`, and of its uppermost module.
    device
        The FPGA on it.
    clock
        Its clock in MHz.
    """

    name: str
    device: Device
    clock: float

    @property
    def verilog(self) -> Path:
        """Its uppermost module."""
        return ROOT / "boards" / self.name / "top.v"

    @property
    def constraints(self) -> Path:
        """Its pins."""
        return ROOT / "boards" / self.name / f"{self.name}.lpf"


#: Source: Lattice FPGA-DS-02012, table 1.1, in cells of Yosys: a DSP slice has two multipliers of 18 bits.
ECP5_85 = Device("LFE5U-85F", DEVICE, MappingProxyType({LUT: 83_640, FF: 83_640, DSP: 156, BRAM: 208}))

#: The boards that a bitstream is made for.
BOARDS: Mapping[str, BoardKind] = MappingProxyType({"ulx3s": BoardKind("ulx3s", ECP5_85, 25.0)})


def board(name: str) -> BoardKind:
    """Board of a name; ``ValueError`` lists the names."""
    if name not in BOARDS:
        raise ValueError(f"--board must be one of {', '.join(BOARDS)}, not {name!r}")
    return BOARDS[name]
