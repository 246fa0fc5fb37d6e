"""`make fpga`: a machine as a bitstream for a board: export, Yosys, nextpnr, ecppack, each step only if its inputs have
changed. Into build/fpga/PRESET go the bitstream, `report.md` (cells and speed by component) and `floorplan.svg`. With
`--check` (`make netlist`) the chip's netlist runs a network beside the RTL instead, and must agree in every cycle.

Exit codes: 0 fine, 1 the design does not fit, the netlist differs or a tool failed, 2 bad options or a missing tool.
"""

import argparse
import os
import sys
from pathlib import Path

from arch.config import PRESETS, preset
from examples.networks.catalog import network
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.commands.files import write_whole
from scripts.fpga import floorplan, placed, report
from scripts.fpga.check import check
from scripts.fpga.components import Places
from scripts.fpga.design import Design, design
from scripts.fpga.device import BOARDS, ROOT, BoardKind, board
from scripts.fpga.routing import ROUTED, TIMING, DoesNotFitError, pack, place, route
from scripts.fpga.synthesis import synthesize
from scripts.options import IMAGES, check_images, check_positive
from scripts.sim.watch import Watch, say
from scripts.synthesis import ECPPACK, NEXTPNR, YOSYS, SynthesisError
from tb.verilator import BuildError

#: Where everything goes.
OUT = ROOT / "build" / "fpga"
#: Clock in MHz that nextpnr works towards, unless told otherwise.
AIM = 80.0
REPORT, FLOORPLAN = "report.md", "floorplan.svg"


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="scripts.fpga", description="Make a bitstream of a machine.")
    parser.add_argument("--preset", metavar="NAME", default="fpga", help=f"of {', '.join(PRESETS)} (default: fpga)")
    parser.add_argument("--board", metavar="NAME", default="ulx3s", help=f"of {', '.join(BOARDS)} (default: ulx3s)")
    parser.add_argument("--mhz", metavar="F", type=float, default=AIM, help=f"clock to work towards (default: {AIM:g})")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of nextpnr's random choices (default: 1)")
    parser.add_argument("--check", action="store_true", help="run a network on netlist and RTL; no bitstream")
    parser.add_argument("--network", metavar="NAME", default="mlp", help="to check with (default: mlp)")
    parser.add_argument("--images", metavar="N", type=int, default=1, help=f"of it, up to {IMAGES} (default: 1)")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=OUT, help="where everything goes")
    parsed = parser.parse_args(arguments)
    parsed.config, parsed.board = preset(parsed.preset), board(parsed.board)
    if not 1 <= parsed.mhz <= 1000:
        raise ValueError(f"--mhz must be between 1 and 1000, not {parsed.mhz:g}")
    check_images(parsed.images)
    check_positive(parsed, "jobs")
    parsed.network = network(parsed.network)
    return parsed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    try:
        parsed = _arguments(arguments)
        for tool in (YOSYS,) if parsed.check else (YOSYS, NEXTPNR, ECPPACK):
            tool.check()
        folder = parsed.out.resolve() / parsed.config.name
        folder.mkdir(parents=True, exist_ok=True)
        with Watch(f"export {parsed.config.name} as Verilog", who="fpga"):
            made = design(parsed.config)
        if parsed.check:
            return _check(made, parsed, folder)
        print(run(made, parsed.board, folder, aim=parsed.mhz, seed=parsed.seed))
        return 0
    except (DoesNotFitError, SynthesisError, BuildError, AssertionError) as error:
        say(str(error), who="fpga")
        return 1
    except (ValueError, OSError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _check(made: Design, parsed: argparse.Namespace, folder: Path) -> int:
    told, wrong = check(made, parsed.network, parsed.images, folder, jobs=parsed.jobs)
    print("\n".join((told, *wrong) if wrong else (told, "netlist and RTL agree in every cycle, results are exact")))
    return int(bool(wrong))


def run(made: Design, kind: BoardKind, folder: Path, *, aim: float, seed: int) -> str:
    """All steps behind the export; the result is what there is to tell, in a line.

    Raises
    ------
    DoesNotFitError, scripts.synthesis.SynthesisError, tb.verilator.MissingToolError
        See :mod:`scripts.fpga.routing`.
    """
    netlist = synthesize(made, kind, folder)
    outcome = place(kind, folder, netlist, aim=aim, seed=seed)
    bits = pack(kind, folder, route(kind, folder, outcome, aim=aim))
    places = Places(made)
    found = list(placed.cells(placed.read(folder, ROUTED)))
    timing = placed.timing(placed.read(folder, TIMING), places)
    by = f"{YOSYS.name} {YOSYS.version}, {NEXTPNR.name} {NEXTPNR.version}, aim {aim:g} MHz, seed {seed}"
    page = report.text(made.config.name, kind, report.table(found, places), timing, by)
    write_whole(folder / REPORT, page.encode())
    title = f"{made.config.name} on {kind.device.name}"
    write_whole(folder / FLOORPLAN, floorplan.svg(floorplan.tiles(found, places), title).encode())
    return f"{bits}: {bits.stat().st_size:,} bytes, {timing.mhz:.1f} MHz; see {REPORT} and {FLOORPLAN} beside it"


if __name__ == "__main__":
    sys.exit(main())
