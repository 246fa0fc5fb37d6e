"""Place, route and pack: nextpnr and ecppack."""

import json
from collections.abc import Mapping
from pathlib import Path

from scripts.cells.tools import cells_of
from scripts.fpga.device import BRAM, DSP, FF, LUT, BoardKind, Device
from scripts.fpga.steps import digest, step
from scripts.fpga.synthesis import COUNTS, NETLIST
from scripts.synthesis import ECPPACK, NEXTPNR, SynthesisError

#: What nextpnr leaves: the design with the place of each cell, what it says of timing, and what ecppack reads.
PLACED, TIMING, CONFIGURATION = "placed.json", "timing.json", "board.config"
_LOG = "nextpnr.log"
#: What a kind of cell of Yosys takes of the device: a carry cell two LUTs; a distributed RAM four, its write port two.
_TAKES: Mapping[str, tuple[str, int]] = {
    "LUT4": (LUT, 1),
    "CCU2C": (LUT, 2),
    "TRELLIS_DPR16X4": (LUT, 6),
    "TRELLIS_FF": (FF, 1),
    "MULT18X18D": (DSP, 1),
    "DP16KD": (BRAM, 1),
}


class DoesNotFitError(ValueError):
    """The design takes more than the device has."""


def taken(counts: str) -> dict[str, int]:
    """Cells by resource, of what Yosys' ``stat -json`` says."""
    found: dict[str, int] = dict.fromkeys((LUT, FF, DSP, BRAM), 0)
    for kind, number in cells_of(counts).items():
        if kind in _TAKES:
            resource, each = _TAKES[kind]
            found[resource] += each * number
    return found


def check_fit(found: Mapping[str, int], device: Device) -> None:
    """Raise :class:`DoesNotFitError`, in one line, if a resource is short."""
    short = [
        f"{number:,} {resource} of {device.capacity[resource]:,} ({number / device.capacity[resource]:.0%})"
        for resource, number in found.items()
        if number > device.capacity[resource]
    ]
    if short:
        raise DoesNotFitError(f"the design does not fit an {device.name}: it takes {', '.join(short)}")


def place(board: BoardKind, folder: Path, netlist: str, *, aim: float, seed: int) -> str:
    """Place and route, as far as that is not done; the result tells outcomes apart.

    Parameters
    ----------
    board
        The board.
    folder
        Where the netlist is.
    netlist
        What tells it from others.
    aim
        Clock in MHz that nextpnr works towards.
    seed
        Of its random choices.

    Raises
    ------
    DoesNotFitError
        If the device is too small.
    scripts.synthesis.SynthesisError
        If nextpnr comes to no end; its log is in the folder.
    """
    NEXTPNR.check()
    check_fit(taken((folder / COUNTS).read_text(encoding="utf-8")), board.device)
    pins = _pins(board.constraints.read_text(encoding="utf-8"))
    files = ("--json", NETLIST, "--lpf", "pins.lpf", "--textcfg", CONFIGURATION, "--write", PLACED, "--report", TIMING)
    # The placers' wires differ by a factor of two (docs/decisions/0012-fpga.md).
    tools = ("--placer", "static", "--router", "router2")
    how = ("--freq", str(aim), "--timing-allow-fail", *tools, "--detailed-timing-report")
    options = (*board.device.options, *files, *how, "--seed", str(seed))
    key = digest((netlist, NEXTPNR.version, pins, *options))

    def work() -> None:
        for name in (PLACED, TIMING, CONFIGURATION):
            (folder / name).unlink(missing_ok=True)
        (folder / "pins.lpf").write_text(pins, encoding="utf-8")
        log = NEXTPNR.call(folder, options, _LOG)
        if not all((folder / name).exists() for name in (PLACED, TIMING, CONFIGURATION)):
            raise SynthesisError(f"nextpnr stopped: {failure(log)}")

    step(folder, "place and route", key, (PLACED, TIMING, CONFIGURATION), work, _LOG)
    return key


def pack(board: BoardKind, folder: Path, placed: str) -> Path:
    """The bitstream, made if it is not there."""
    name = f"{board.name}.bit"

    def work() -> None:
        (folder / name).unlink(missing_ok=True)
        log = ECPPACK.call(folder, ("--compress", CONFIGURATION, name), "ecppack.log")
        if not (folder / name).exists():
            raise SynthesisError(f"ecppack stopped: {failure(log)}")

    step(folder, "pack the bitstream", digest((placed, ECPPACK.version)), (name,), work)
    return folder / name


def failure(log: str) -> str:
    """What a log says went wrong: its first error, else its end."""
    errors = [line.strip() for line in log.splitlines() if line.startswith("ERROR")]
    return errors[0] if errors else log.strip()[-1000:]


def _pins(constraints: str) -> str:
    """Constraints without the board's clock: nextpnr is to aim at more."""
    return "".join(line for line in constraints.splitlines(keepends=True) if not line.startswith("FREQUENCY"))


def clock(folder: Path) -> float:
    """Highest clock in MHz of what was routed."""
    found = json.loads((folder / TIMING).read_text(encoding="utf-8"))["fmax"]
    if not found:
        raise SynthesisError("nextpnr says no clock")
    return min(entry["achieved"] for entry in found.values())
