"""Run the int8 networks on real digits in the hardware (`make sim`): compile them for `small`, export it, build it with
Verilator, boot it through its AXI ports, run, and compare prediction, golden model, hardware and onnxruntime.

Exit codes: 0 all equal, 1 any difference, 2 bad options or a missing tool (told in a line).
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from arch.config import preset
from examples.networks.catalog import network
from scripts import rtl
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.options import IMAGES, check_images, check_positive
from scripts.sim import report
from scripts.sim.case import Case, prepare
from scripts.sim.view import views
from scripts.sim.watch import Watch, say
from tb import hosted, verilator

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where report, pictures, logs and waveforms go.
OUT = ROOT / "build" / "sim"
#: Networks that it runs, each with its images unless told otherwise (some: the hardware is simulated), and the machine.
NETWORKS: Mapping[str, int] = MappingProxyType({"mlp": 30, "cnn": 30})
PRESET = "small"
REPORT = "report.md"


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="scripts.sim", description="Run quantized networks on real images in the hardware.")
    usual = ", ".join(f"{name} {images}" for name, images in NETWORKS.items())
    parser.add_argument("--images", metavar="N", type=int, help=f"up to {IMAGES} (default: {usual})")
    parser.add_argument(
        "--network", metavar="NAME", action="append", help=f"of {', '.join(NETWORKS)}; all, if left out"
    )
    parser.add_argument("--golden", action="store_true", help="golden model only: no export, no Verilator")
    parser.add_argument(
        "--waves", action="store_true", help="write waveforms (FST, or VCD without lz4); builds a model of its own"
    )
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=OUT, help="where report and waveforms go")
    parsed = parser.parse_args(arguments)
    parsed.network = list(dict.fromkeys(parsed.network or NETWORKS))
    for name in parsed.network:
        if name not in NETWORKS:
            raise ValueError(f"--network must be one of {', '.join(NETWORKS)}, not {name!r}")
    if parsed.images is not None:
        check_images(parsed.images)
    check_positive(parsed, "jobs")
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
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for name in parsed.network:
        with Watch(f"compile {name}, golden model and onnxruntime"):
            cases.append(prepare(network(name), parsed.images or NETWORKS[name], preset(PRESET)))
    suffix = f".{_format()}" if parsed.waves and not parsed.golden else None
    parts, failed = [], False
    for case in cases:
        try:
            part, wrong = _simulate(case, parsed, folder, suffix)
        except (verilator.BuildError, AssertionError) as error:
            say(str(error))
            return 1
        parts.append(part)
        failed |= wrong
    text = "\n".join(["# Simulation of quantized networks", "", *parts])
    (folder / REPORT).write_text(text, encoding="utf-8")
    print(f"report    {_shown(folder / REPORT)}")
    if not (parsed.golden or parsed.waves):
        print("waveform  none; `make sim WAVES=1` writes one")
    return int(failed)


def _simulate(case: Case, parsed: argparse.Namespace, folder: Path, suffix: str | None) -> tuple[str, bool]:
    """Run a network in the hardware unless told otherwise; print what came of it. Its report, and if it is wrong."""
    name = case.network.name
    outcome, details, waveform = None, "golden model only", None
    if not parsed.golden:
        waveform = folder / f"{name}{suffix}" if suffix else None
        outcome, times = rtl.simulate(
            case.compiled.program, case.inputs, folder / name, waveform=waveform, jobs=parsed.jobs
        )
        details = report.effort(outcome, times)
    picture = f"{name}.png"
    report.draw(case, folder / picture)
    lines = [report.summary(case, outcome), "", details]
    if waveform is not None:
        one, other = map(_shown, views(waveform))
        shown = _shown(waveform)
        lines.append(f"waveform  {shown}, with saved views: gtkwave {one}; surfer --command-file {other} {shown}")
    print("\n".join([*lines, ""]))
    return report.markdown(case, outcome, details, picture), bool(report.differences(case, outcome))


def _format() -> str:
    """Format of the waveform; says why if it is not the smaller one."""
    if (waves := hosted.waveform_format()) == "vcd":
        say("the waveform will be a VCD file: FST takes the headers of lz4 and zlib (Debian: liblz4-dev zlib1g-dev)")
    return waves


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
