"""Run the digits network in the hardware (`make sim`): export `small`, build it with Verilator, boot it through its
AXI ports, run, and compare with the golden model and NumPy.

Exit codes: 0 all equal, 1 any difference, 2 bad options or a missing tool (told in a line).
"""

import argparse
import os
import sys
from pathlib import Path

from examples.digits import network as digits
from examples.digits import program as schedule
from golden.run import run as run_golden
from scripts import rtl
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.sim import report
from scripts.sim.report import Case
from scripts.sim.view import views
from scripts.sim.watch import Watch, say
from tb import hosted

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where report, picture, logs and waveforms go.
OUT = ROOT / "build" / "sim"
#: Test images that there are.
IMAGES = 360
REPORT, PICTURE, WAVEFORM = "report.md", "digits.png", "sim"


def prepare(images: int) -> Case:
    """Network and images, and what NumPy and the golden model make of them."""
    network = digits.load()
    pixels, classes = digits.test_images()
    pixels, classes = pixels[:images], classes[:images]
    program = schedule.build(network, images)
    golden = run_golden(program, {schedule.INPUT: schedule.rows(pixels)}, trace=True)
    return Case(network, pixels, classes, digits.expected(network, pixels), golden)


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
    outcome, details, waveform = None, "golden model only", None
    if not parsed.golden:
        if parsed.waves:
            waveform = folder / f"{WAVEFORM}.{_format()}"
        inputs = {schedule.INPUT: schedule.rows(case.pixels)}
        try:
            outcome, times = rtl.simulate(case.golden.program, inputs, folder, waveform=waveform, jobs=parsed.jobs)
        except (hosted.BuildError, AssertionError) as error:
            say(str(error))
            return 1
        details = report.effort(outcome, times)
    folder.mkdir(parents=True, exist_ok=True)
    report.draw(case, folder / PICTURE)
    (folder / REPORT).write_text(report.markdown(case, outcome, details, PICTURE), encoding="utf-8")
    lines = [report.summary(case, outcome), "", details, f"report    {_shown(folder / REPORT)}"]
    if waveform is not None:
        one, other = map(_shown, views(waveform))
        shown = _shown(waveform)
        lines.append(f"waveform  {shown}, with saved views: gtkwave {one}; surfer --command-file {other} {shown}")
    elif outcome is not None:
        lines.append("waveform  none; `make sim WAVES=1` writes one")
    print("\n".join(lines))
    return int(bool(report.differences(case, outcome)))


def _format() -> str:
    """Format of the waveform; says why if it is not the smaller one."""
    if (waves := hosted.waveform_format()) == "vcd":
        say("the waveform will be a VCD file: FST takes the headers of lz4 and zlib (Debian: liblz4-dev zlib1g-dev)")
    return waves


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
