"""`superlane run`: a program on the golden model, or in the hardware."""

import argparse
import json
import time
from functools import partial
from pathlib import Path

import numpy as np

from arch.config import PRESETS
from arch.isa.fields import parse_integer
from arch.program import Program
from golden.result import Result
from golden.run import ENGINES, LIMIT, run
from scripts.commands import hardware, report, trace
from scripts.commands.files import check_writable, npz, read_npy, write_whole
from scripts.commands.load import load
from scripts.commands.progress import Progress
from scripts.commands.report import Ran

#: The golden model, by whichever of its engines is its default.
GOLDEN = "golden"
CHOICES = (GOLDEN, *ENGINES, hardware.ENGINE)


def add(commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "run",
        help="run a program on the golden model, or in the hardware",
        description="Runs a program until the chip is idle. Exit code 0: fine; 1: faults, program errors, differences, "
        "or stopped at the limit; 2: bad input; 3: the simulator of the hardware failed.",
    )
    parser.add_argument("program", metavar="PROGRAM", type=Path, help="program file, source text, or example folder")
    parser.add_argument("--preset", metavar="P", help=f"machine that it must be for: {', '.join(PRESETS)}")
    parser.add_argument(
        "--input",
        metavar="NAME=FILE.npy",
        action="append",
        default=[],
        help="contents of an input region, uint8 or int8 [rows, vector]; may be given several times",
    )
    parser.add_argument(
        "--engine",
        choices=CHOICES,
        default=GOLDEN,
        help=f"{GOLDEN} (the default), or by its engines {', '.join(ENGINES)}; {hardware.ENGINE}: the hardware",
    )
    parser.add_argument("--limit", metavar="N", default=str(LIMIT), help=f"cycles at most (default {LIMIT:,})")
    parser.add_argument("--dump", metavar="FILE.npz|-", help="write the output regions, or print them")
    parser.add_argument("--trace", metavar="FILE", type=Path, help="write what every queue did when (.csv or .jsonl)")
    parser.add_argument("--json", action="store_true", help="print the report for machines")
    hardware.add(parser)
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> int:
    """Run a program and report."""
    limit = parse_integer(arguments.limit)
    if limit is None or limit < 1:
        raise ValueError(f"--limit must be a whole number of at least 1, not {arguments.limit!r}")
    hardware.check_options(arguments)
    _check_targets(arguments)
    loaded = load(arguments.program, arguments.preset)
    names = dict.fromkeys(region.name for region in loaded.program.regions if region.role != "output")
    inputs = given(arguments.input, list(names))
    for name in names:
        if name not in inputs and loaded.inputs is not None and (loaded.inputs / f"{name}.npy").is_file():
            inputs[name] = read_npy(loaded.inputs / f"{name}.npy")
    if arguments.engine == hardware.ENGINE:
        return _in_hardware(arguments, loaded.program, inputs, limit)
    start = time.perf_counter()
    result = _golden(arguments, loaded.program, inputs, limit)
    _write(arguments, Ran(result, time.perf_counter() - start))
    return 0 if report.clean(result) else 1


def _golden(arguments: argparse.Namespace, program: Program, inputs: dict[str, np.ndarray], limit: int) -> Result:
    chosen = partial(run, engine=arguments.engine) if arguments.engine in ENGINES else run
    progress = Progress(limit)
    try:
        return chosen(program, inputs, limit=limit, trace=arguments.trace is not None, progress=progress)
    finally:
        progress.close()


def _in_hardware(arguments: argparse.Namespace, program: Program, inputs: dict[str, np.ndarray], limit: int) -> int:
    chosen = hardware.options(arguments, program)
    golden = _golden(arguments, program, inputs, limit) if arguments.compare else None
    try:
        outcome, seconds = hardware.run(program, inputs, limit, chosen)
    except hardware.SimulatorError as error:
        return hardware.refuse(error)
    result = hardware.as_result(program, outcome)
    differences = None if golden is None else hardware.differences(golden, outcome)
    _write(arguments, Ran(result, seconds, hardware.ENGINE, golden, differences))
    return 0 if report.clean(result) and not differences else 1


def given(options: list[str], names: list[str]) -> dict[str, np.ndarray]:
    """Arrays of ``NAME=FILE.npy`` options."""
    arrays: dict[str, np.ndarray] = {}
    for option in options:
        name, equals, path = option.partition("=")
        if not (name and equals and path):
            raise ValueError(f"--input must be NAME=FILE.npy, not {option!r}")
        if name in arrays:
            raise ValueError(f"--input {name} is given twice")
        if name not in names:
            raise ValueError(f"--input {name}: the program's inputs are {', '.join(names) or 'none'}")
        arrays[name] = read_npy(Path(path))
    return arrays


def _check_targets(arguments: argparse.Namespace) -> None:
    if arguments.trace is not None:
        trace.check_suffix(arguments.trace)
        check_writable(arguments.trace)
    if arguments.dump not in (None, "-"):
        if Path(arguments.dump).suffix != ".npz":
            raise ValueError(f"{arguments.dump}: a dump must end in .npz, or be - to print")
        check_writable(Path(arguments.dump))


def _write(arguments: argparse.Namespace, ran: Ran) -> None:
    result = ran.result
    regions = _outputs(result) if arguments.dump else {}
    if arguments.dump not in (None, "-"):
        write_whole(Path(arguments.dump), npz(regions))
    if arguments.trace is not None:
        write_whole(arguments.trace, trace.content(result, arguments.trace.suffix).encode())
    printed = regions if arguments.dump == "-" else {}
    if arguments.json:
        record = report.record(ran)
        if arguments.dump == "-":
            record["regions"] = {name: rows.tolist() for name, rows in printed.items()}
        print(json.dumps(record))
        return
    print(report.text(ran))
    for name, rows in printed.items():
        print(f"\n{name}:")
        print(
            "\n".join(f"  {n:4}  {row.tobytes().hex(' ', result.program.config.lanes)}" for n, row in enumerate(rows))
        )


def _outputs(result: Result) -> dict[str, np.ndarray]:
    names = dict.fromkeys(region.name for region in result.program.regions if region.role != "input")
    return {name: result.region(name) for name in names}
