"""Run the digits network in the hardware (`make sim`): export `small`, build it with Verilator, boot it through its
AXI ports, run, and compare with the golden model and NumPy.

Exit codes: 0 all equal, 1 any difference, 2 bad options or a missing tool (told in a line).
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from examples.digits import network as digits
from examples.digits import program as schedule
from golden.run import run as run_golden
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.sim import report
from scripts.sim.report import Case, Times
from scripts.sim.view import view
from scripts.sim.watch import Watch, say
from tb import hosted, verilator
from tb.hostlink import session
from tb.hostlink.session import SessionOutcome

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where report, picture, logs and waveforms go.
OUT = ROOT / "build" / "sim"
#: Test images that there are.
IMAGES = 360
REPORT, PICTURE, WAVEFORM, VIEW = "report.md", "digits.png", "sim", "sim.gtkw"


def prepare(images: int) -> Case:
    """Network and images, and what NumPy and the golden model make of them."""
    network = digits.load()
    pixels, classes = digits.test_images()
    pixels, classes = pixels[:images], classes[:images]
    program = schedule.build(network, images)
    golden = run_golden(program, {schedule.INPUT: schedule.rows(pixels)}, trace=True)
    return Case(network, pixels, classes, digits.expected(network, pixels), golden)


def simulate(case: Case, folder: Path, *, waves: str, jobs: int) -> tuple[SessionOutcome, Times]:
    """Export, build and run the hardware, as far as that is not done yet.

    Raises
    ------
    tb.verilator.MissingToolError, tb.hosted.BuildError, AssertionError
        A tool is missing; what was exported does not build; the simulation failed.
    """
    verilator.root()
    with Watch(f"export {schedule.MACHINE.name} as Verilog") as export:
        texts = hosted.sources(schedule.MACHINE)
    where = hosted.folder_of(texts, waves=waves)
    known = hosted.is_built(where)
    name = "model is built already" if known else "build the model with Verilator: some minutes, once"
    with Watch(name, lambda: hosted.progress(where)) as build:
        model = hosted.build(texts, waves=waves, jobs=jobs)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (session.OUTCOME, session.PROGRESS, f"{WAVEFORM}.{waves}"):
        (folder / name).unlink(missing_ok=True)
    (folder / session.PROGRAM).write_bytes(case.golden.program.to_bytes())
    arrays: dict[str, Any] = {schedule.INPUT: schedule.rows(case.pixels)}
    np.savez(folder / session.INPUTS, **arrays)
    with Watch("simulate", lambda: _last_line(folder / session.PROGRESS), changes=True) as simulation:
        options = hosted.waveform_options(folder / f"{WAVEFORM}.{waves}") if waves else ()
        verilator.run(model, session.__name__, folder, options=options, **{session.FOLDER: str(folder)})
    return session.load_outcome(folder), Times(export.seconds, build.seconds, simulation.seconds)


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return lines[-1] if lines else ""


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="scripts.sim", description="Run a quantized network on real images in the hardware.")
    parser.add_argument(
        "--images", metavar="N", type=int, default=IMAGES, help=f"a multiple of {schedule.BLOCK} up to {IMAGES}"
    )
    parser.add_argument("--golden", action="store_true", help="golden model only: no export, no Verilator")
    parser.add_argument(
        "--waves", action="store_true", help="write a waveform (FST, or VCD without lz4); builds a model of its own"
    )
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=OUT, help="where report and waveform go")
    parsed = parser.parse_args(arguments)
    if not 1 <= parsed.images <= IMAGES or parsed.images % schedule.BLOCK:
        raise ValueError(f"--images must be a multiple of {schedule.BLOCK} up to {IMAGES}, not {parsed.images}")
    if parsed.jobs < 1:
        raise ValueError(f"--jobs must be at least 1, not {parsed.jobs}")
    return parsed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    try:
        parsed = _arguments(arguments)
        return _run(parsed)
    except (ValueError, OSError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(parsed: argparse.Namespace) -> int:
    folder: Path = parsed.out.resolve()
    with Watch("program, golden model and NumPy"):
        case = prepare(parsed.images)
    outcome, details, waves = None, "golden model only", ""
    if not parsed.golden:
        if parsed.waves and (waves := hosted.waveform_format()) == "vcd":
            say(
                "the waveform will be a VCD file: FST takes the headers of lz4 and zlib (Debian: liblz4-dev zlib1g-dev)"
            )
        try:
            outcome, times = simulate(case, folder, waves=waves, jobs=parsed.jobs)
        except (hosted.BuildError, AssertionError) as error:
            say(str(error))
            return 1
        details = report.effort(outcome, times)
    folder.mkdir(parents=True, exist_ok=True)
    report.draw(case, folder / PICTURE)
    (folder / REPORT).write_text(report.markdown(case, outcome, details, PICTURE), encoding="utf-8")
    lines = [report.summary(case, outcome), "", details, f"report    {_shown(folder / REPORT)}"]
    if waves and outcome is not None:
        waveform = folder / f"{WAVEFORM}.{waves}"
        (folder / VIEW).write_text(view(waveform, *hosted.top_ports(schedule.MACHINE)), encoding="utf-8")
        lines.append(f"waveform  {_shown(waveform)}; for GTKWave with a saved view: gtkwave {_shown(folder / VIEW)}")
    elif outcome is not None:
        lines.append("waveform  none; `make sim WAVES=1` writes one")
    print("\n".join(lines))
    return int(bool(report.differences(case, outcome)))


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
