"""A network on a simulated board (`make serial`): the top that stands around the chip on a board, under Verilator, its
serial line a pseudo terminal, driven down to the pins. `superlane run --engine serial` runs the network there as on a
board; scores are compared with onnxruntime, all that a host can see with the golden model.

Exit codes: 0 all equal, 1 any difference, 2 bad options, a missing tool, or a line that gave up (told in a line).
"""

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path

import numpy as np

from arch.config import PRESETS, preset
from examples.networks.catalog import network
from scripts import cli
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.commands.board import PATIENCE
from scripts.commands.compare import compare_arrays
from scripts.options import IMAGES, check_images, check_positive
from scripts.sim.case import FORM, Case, prepare
from scripts.sim.watch import Watch, say
from tb import board, verilator
from tb.board import LineFaults, SimulatedBoard

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where program, images and scores go.
OUT = ROOT / "build" / "serial"
#: Networks that fit a machine for FPGAs.
NETWORKS = ("mlp", "cnn")
#: Seconds that the host waits for a model in place of a board.
SLOWER = 4 * PATIENCE


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="scripts.serial", description="Run a network on a simulated board, over its serial line.")
    parser.add_argument("--preset", metavar="P", default="fpga", help=f"machine: {', '.join(PRESETS)} (default: fpga)")
    parser.add_argument("--network", metavar="NAME", default="mlp", help=f"of {', '.join(NETWORKS)} (default: mlp)")
    parser.add_argument("--images", metavar="N", type=int, default=1, help=f"up to {IMAGES} (default: 1)")
    for name, what in (("lost", "that a byte is lost"), ("repeated", "that it comes twice")):
        parser.add_argument(f"--{name}", metavar="P", type=float, default=0.0, help=f"probability {what}")
    parser.add_argument("--noise", metavar="P", type=float, default=0.0, help="probability that a bit is wrong")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of what the line does (default: 0)")
    parser.add_argument(
        "--patience", metavar="S", default=str(SLOWER), help=f"seconds as of `superlane run` (default: {SLOWER})"
    )
    parser.add_argument("--wait", action="store_true", help="run nothing: a board for others, until Ctrl-C")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="threads of the simulation (default: 1)")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=OUT, help="where program and scores go")
    parsed = parser.parse_args(arguments)
    parsed.config = preset(parsed.preset)
    parsed.faults = LineFaults(parsed.seed, parsed.lost, parsed.repeated, parsed.noise)
    if parsed.network not in NETWORKS:
        raise ValueError(f"--network must be one of {', '.join(NETWORKS)}, not {parsed.network!r}")
    check_images(parsed.images)
    check_positive(parsed, "jobs", "threads")
    return parsed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    try:
        parsed = _arguments(arguments)
        return _wait(parsed) if parsed.wait else _run(parsed)
    except (verilator.BuildError, board.BoardError) as error:
        say(str(error))
        return 1
    except (ValueError, OSError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _model(parsed: argparse.Namespace) -> verilator.Model:
    verilator.root()
    with Watch(f"export a board with {parsed.config.name} as Verilog"):
        planned = board.plan(parsed.config)
    name = "model is built already" if planned.is_built else "build the model with Verilator: some minutes, once"
    with Watch(name, lambda: verilator.progress(planned)):
        return verilator.build(planned, jobs=parsed.jobs)


def _wait(parsed: argparse.Namespace) -> int:
    """Give a board power until somebody interrupts."""
    model = _model(parsed)
    with board.powered(model, parsed.faults, threads=parsed.threads) as it:
        print(f"a board with {parsed.config.name}: superlane run PROGRAM --engine serial --port {it.path}", flush=True)
        say("Ctrl-C ends it")
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    print(effort(it))
    return 0


def _run(parsed: argparse.Namespace) -> int:
    with Watch(f"compile {parsed.network}, golden model and onnxruntime"):
        case = prepare(network(parsed.network), parsed.images, parsed.config)
    model = _model(parsed)
    folder: Path = parsed.out.resolve()
    command, scores = _command(case, folder)
    with board.powered(model, parsed.faults, threads=parsed.threads) as it:
        command += ["--engine", "serial", "--port", str(it.path), "--patience", parsed.patience]
        say(" ".join(["superlane", *command]))
        code = cli.main(command)
    print(f"\n{effort(it)}")
    if not scores.exists():
        return code
    wrong = compare_arrays("scores of the board and of onnxruntime", np.load(scores), case.onnxruntime)
    print("\n".join(wrong) or "result    onnxruntime's scores, bit for bit")
    return code or int(bool(wrong))


def _command(case: Case, folder: Path) -> tuple[list[str], Path]:
    """Put program and images into a folder: the command line that runs them, as far as it names no port, and where it
    leaves the scores."""
    folder.mkdir(parents=True, exist_ok=True)
    program, images, scores = (folder / f"{case.network.name}{end}" for end in (".slp", ".npy", "_scores.npy"))
    scores.unlink(missing_ok=True)
    program.write_bytes(case.compiled.program.to_bytes())
    (pixels,) = case.network.inputs(case.pixels, FORM).values()
    np.save(images, pixels)
    return ["run", str(program), "--input", str(images), "--compare", "--dump", str(scores)], scores


def effort(it: SimulatedBoard) -> str:
    """What went over the line of a board, and the time that it took."""
    speed = f": {it.cycles / it.seconds:,.0f} cycles/s" if it.seconds else ""
    return "\n".join(
        (
            f"line      {it.to_board:,} bytes to the board, {it.to_host:,} back; {it.lost:,} lost, "
            f"{it.repeated:,} repeated, {it.inverted:,} bits wrong",
            f"clock     {it.cycles:,} cycles in {it.seconds:.0f} s{speed}",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
