"""`superlane run`: a program on the golden model, or in the hardware."""

import argparse
import json
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np

from arch.config import PRESETS
from arch.isa.fields import parse_integer
from arch.program import Program
from compiler.asm.trace import Issue
from compiler.schedule.interface import Interface
from golden.result import Result
from golden.run import ENGINES, LIMIT, run
from scripts.commands import board, hardware, report, tensors, trace
from scripts.commands.files import check_writable, read_npy, write_whole
from scripts.commands.load import Loaded, load
from scripts.commands.progress import Progress
from scripts.commands.report import Ran

#: The golden model, by whichever of its engines is its default.
GOLDEN = "golden"
CHOICES = (GOLDEN, *ENGINES, hardware.ENGINE, board.ENGINE)


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
        metavar="[NAME=]FILE.npy",
        action="append",
        default=[],
        help="an input of a network, in its own shape and type (the name may be left out if there is one), or the "
        "contents of an input region, uint8 or int8 [rows, vector]; may be given several times",
    )
    parser.add_argument(
        "--engine",
        choices=CHOICES,
        default=GOLDEN,
        help=f"{GOLDEN} (the default), or by its engines {', '.join(ENGINES)}; {hardware.ENGINE}: the hardware, "
        f"simulated; {board.ENGINE}: on a board",
    )
    parser.add_argument(
        "--limit", metavar="N", help=f"cycles at most (default {LIMIT:,}, or those predicted if they are more)"
    )
    parser.add_argument("--dump", metavar="FILE.npz|-", help="write outputs (.npz, or one of a network .npy); - prints")
    parser.add_argument("--trace", metavar="FILE", type=Path, help="write what every queue did when (.csv or .jsonl)")
    parser.add_argument("--json", action="store_true", help="print the report for machines")
    hardware.add(parser)
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> int:
    """Run a program and report."""
    limit = LIMIT if arguments.limit is None else parse_integer(arguments.limit)
    if limit is None or limit < 1:
        raise ValueError(f"--limit must be a whole number of at least 1, not {arguments.limit!r}")
    hardware.check_options(arguments)
    _check_targets(arguments)
    loaded = load(arguments.program, arguments.preset)
    network = tensors.network_of(loaded.program, str(arguments.program))
    _check_dump(arguments, network)
    if network is not None and arguments.limit is None and network.cycles is not None:
        limit = max(limit, network.cycles)
    inputs = inputs_of(arguments.input, loaded, network)
    if arguments.engine in (hardware.ENGINE, board.ENGINE):
        return _in_hardware(arguments, loaded.program, network, inputs, limit)
    start = time.perf_counter()
    result = _golden(arguments, loaded.program, inputs, limit)
    return _write(arguments, Ran(result, time.perf_counter() - start), network)


def inputs_of(options: list[str], loaded: Loaded, network: Interface | None) -> dict[str, np.ndarray]:
    """Contents of the input regions of a program, or of a network's, from ``--input`` options and its folder."""
    if network is not None:
        return tensors.given(options, network, loaded.program.config, loaded.inputs)
    names = dict.fromkeys(region.name for region in loaded.program.regions if region.role != "output")
    inputs = given(options, list(names))
    for name in names:
        if name not in inputs and loaded.inputs is not None and (loaded.inputs / f"{name}.npy").is_file():
            inputs[name] = read_npy(loaded.inputs / f"{name}.npy")
    return inputs


def _golden(arguments: argparse.Namespace, program: Program, inputs: dict[str, np.ndarray], limit: int) -> Result:
    chosen = partial(run, engine=arguments.engine) if arguments.engine in ENGINES else run
    progress = Progress(limit)
    try:
        return chosen(program, inputs, limit=limit, trace=arguments.trace is not None, progress=progress)
    finally:
        progress.close()


def _in_hardware(
    arguments: argparse.Namespace,
    program: Program,
    network: Interface | None,
    inputs: dict[str, np.ndarray],
    limit: int,
) -> int:
    chosen = hardware.options(arguments, program)
    golden = _golden(arguments, program, inputs, limit) if arguments.compare else None
    try:
        if arguments.engine == board.ENGINE:
            outcome, seconds = board.run(program, inputs, limit, arguments, chosen.fuse)
        else:
            outcome, seconds = hardware.run(program, inputs, limit, chosen)
    except hardware.SimulatorError as error:
        return hardware.refuse(error)
    result = hardware.as_result(program, outcome)
    differences = None if golden is None else hardware.differences(golden, outcome)
    return _write(arguments, Ran(result, seconds, arguments.engine, golden, differences), network, outcome.issues)


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
    """Refuse what cannot be written, or is the program or an input."""
    read = [arguments.program, *(Path(option.rpartition("=")[2]) for option in arguments.input)]
    if arguments.trace is not None:
        trace.check_suffix(arguments.trace)
        check_writable(arguments.trace, apart_from=read)
    if arguments.dump not in (None, "-"):
        check_writable(Path(arguments.dump), apart_from=read)


def _check_dump(arguments: argparse.Namespace, network: Interface | None) -> None:
    if arguments.dump in (None, "-"):
        return
    single = network is not None and len(network.outputs) == 1
    if Path(arguments.dump).suffix not in (".npz", ".npy") or (Path(arguments.dump).suffix == ".npy" and not single):
        also = " (or .npy, of a network with one output)" if network is not None else ""
        raise ValueError(f"{arguments.dump}: a dump must end in .npz{also}, or be - to print")


def _write(
    arguments: argparse.Namespace, ran: Ran, network: Interface | None, issues: Iterable[Issue] | None = None
) -> int:
    """Write what was asked for and print the report; ``issues`` are the hardware's. The result is the exit code."""
    result, whole = ran.result, arguments.dump == "-"
    arrays = _arrays(result, network) if arguments.dump or network is not None else {}
    if arguments.dump and not whole:
        write_whole(Path(arguments.dump), tensors.content(arrays, Path(arguments.dump).suffix))
    if arguments.trace is not None:
        write_whole(arguments.trace, trace.content(result, arguments.trace.suffix, issues).encode())
    broken = None if network is None else tensors.promised(result, network)
    if arguments.json:
        record = report.record(ran)
        if network is not None:
            record |= {"predicted_cycles": network.cycles, "outputs": tensors.record(arrays, whole=whole)}
        elif whole:
            record["regions"] = {name: rows.tolist() for name, rows in arrays.items()}
        print(json.dumps(record))
    else:
        print(report.text(ran))
        if network is not None:
            kept = network.cycles is not None and not result.stopped
            print(f"\n{broken or 'cycles are those that the compiler has predicted'}" if kept else "")
            print(tensors.text(arrays, whole=whole))
        elif whole:
            _print(arrays, result)
    return 0 if report.clean(result) and not ran.differences and not broken else 1


def _arrays(result: Result, network: Interface | None) -> dict[str, np.ndarray]:
    """Outputs: of a network its user's arrays, else the regions."""
    if network is not None:
        return tensors.outputs(result, network)
    names = dict.fromkeys(region.name for region in result.program.regions if region.role != "input")
    return {name: result.region(name) for name in names}


def _print(regions: dict[str, np.ndarray], result: Result) -> None:
    for name, rows in regions.items():
        print(f"\n{name}:")
        print(
            "\n".join(f"  {n:4}  {row.tobytes().hex(' ', result.program.config.lanes)}" for n, row in enumerate(rows))
        )
