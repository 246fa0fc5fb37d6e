"""Place, route and pack: nextpnr and ecppack."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.cells.netlist import rewrite
from scripts.cells.tools import cells_of
from scripts.fpga.device import BRAM, DSP, FF, LUT, BoardKind, Device
from scripts.fpga.spread import CROWDED, SETTINGS, SHARE, gathered, spread
from scripts.fpga.steps import digest, step
from scripts.fpga.synthesis import COUNTS, NETLIST
from scripts.synthesis import ECPPACK, NEXTPNR, SynthesisError

#: What nextpnr leaves: the design with the place of each cell, then with its wires, what it says of timing, and what
#: ecppack reads.
PLACED, ROUTED, TIMING, CONFIGURATION = "placed.json", "routed.json", "timing.json", "board.config"
_PLACE_LOG, _ROUTE_LOG = "place.log", "route.log"
#: What it reads, and what it leaves before :func:`scripts.fpga.spread.gathered`.
_PINS, _SPREAD, _SPREAD_PLACED = "pins.lpf", "spread.json", "spread.placed.json"
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
    """Place the netlist, as far as that is not done; the result tells outcomes apart.

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
    found = taken((folder / COUNTS).read_text(encoding="utf-8"))
    check_fit(found, board.device)
    room = int(SHARE * board.device.capacity[LUT]) - found[LUT]
    # The placers' wires differ by a factor of two (docs/decisions/0012-fpga.md).
    tools = ("--placer", "static", "--seed", str(seed), "--no-route", "--router", "router2")
    options = (*_common(board, aim), "--json", _SPREAD, *tools, "--write", _SPREAD_PLACED)
    pins = _pins(board.constraints.read_text(encoding="utf-8"))
    key = digest((netlist, NEXTPNR.version, pins, *options, str(room), CROWDED.pattern, str(SETTINGS)))

    def work() -> None:
        (folder / _PINS).write_text(pins, encoding="utf-8")
        rewrite(folder / NETLIST, folder / _SPREAD, lambda text: spread(text, room))
        _nextpnr(folder, options, (_SPREAD_PLACED,), _PLACE_LOG)
        rewrite(folder / _SPREAD_PLACED, folder / PLACED, gathered)
        for name in (_SPREAD, _SPREAD_PLACED):
            (folder / name).unlink()

    step(folder, "place", key, (PLACED,), work, _PLACE_LOG)
    return key


def route(board: BoardKind, folder: Path, placed: str, *, aim: float) -> str:
    """Route what was placed, as far as that is not done; as :func:`place`."""
    made = (ROUTED, TIMING, CONFIGURATION)
    files = ("--json", PLACED, "--write", ROUTED, "--report", TIMING, "--textcfg", CONFIGURATION)
    options = (*_common(board, aim), *files, "--no-pack", "--no-place", "--detailed-timing-report")
    key = digest((placed, *options))
    step(folder, "route", key, made, lambda: _nextpnr(folder, options, made, _ROUTE_LOG), _ROUTE_LOG)
    return key


def _common(board: BoardKind, aim: float) -> tuple[str, ...]:
    return (*board.device.options, "--lpf", _PINS, "--freq", str(aim), "--timing-allow-fail")


def _nextpnr(folder: Path, options: Sequence[str], made: Sequence[str], log: str) -> None:
    """Run nextpnr, which leaves certain files if all is well."""
    for name in made:
        (folder / name).unlink(missing_ok=True)
    said = NEXTPNR.call(folder, options, log)
    if not all((folder / name).exists() for name in made):
        raise SynthesisError(f"nextpnr stopped: {failure(said)}")


def pack(board: BoardKind, folder: Path, routed: str) -> Path:
    """The bitstream, made if it is not there."""
    name = f"{board.name}.bit"

    def work() -> None:
        (folder / name).unlink(missing_ok=True)
        log = ECPPACK.call(folder, ("--compress", CONFIGURATION, name), "ecppack.log")
        if not (folder / name).exists():
            raise SynthesisError(f"ecppack stopped: {failure(log)}")

    step(folder, "pack the bitstream", digest((routed, ECPPACK.version)), (name,), work)
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
