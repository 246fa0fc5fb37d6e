"""`make full`: export the published chip, build its model, run programs that use all of it, and compare each with the
golden model: memories, accumulators, cycles, faults and counters. Then its published figures, measured.

Exit codes: 0 all equal and as published, 1 any difference, 2 bad options or a missing tool (told in a line).
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from arch.config import PRESETS, Config
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.commands.files import write_whole
from scripts.full import chain, figures, loads, moves, page, products, record, report, runner
from scripts.full.case import Case
from scripts.full.sizes import SIZES, machine
from scripts.options import check_positive
from scripts.sim.watch import say
from tb import verilator

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where sessions, records and the report go.
OUT = ROOT / "build" / "full"
#: Programs by name.
PROGRAMS: Mapping[str, Callable[[Config], Case]] = MappingProxyType(
    {
        "int8": products.int8,
        "fp16": products.fp16,
        "permute": moves.permute,
        "transpose": moves.transpose,
        "gather": moves.gather,
        "chain": chain.chain,
        "prefetch": moves.prefetch,
        "cnn": products.cnn,
        **loads.LOADS,
    }
)
NAMES = (*PROGRAMS, *figures.FIGURES)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="scripts.full", description="Run the published chip in the hardware.")
    machines = ", ".join((*PRESETS, *SIZES))
    parser.add_argument("--preset", metavar="NAME", default="full", help=f"of {machines} (default: full)")
    parser.add_argument("--program", metavar="NAME", action="append", help=f"of {', '.join(NAMES)}; all, if left out")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="threads of the simulation (default: 1)")
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=OUT, help="where records and report go")
    parser.add_argument("--keep", action="store_true", help=f"keep what was measured, and write docs/{page.PAGE.name}")
    parsed = parser.parse_args(arguments)
    parsed.config = machine(parsed.preset)
    parsed.program = list(dict.fromkeys(parsed.program or NAMES))
    for name in parsed.program:
        if name not in NAMES:
            raise ValueError(f"--program must be one of {', '.join(NAMES)}, not {name!r}")
    check_positive(parsed, "jobs", "threads")
    return parsed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    try:
        return _run(_arguments(arguments))
    except (verilator.BuildError, AssertionError) as error:
        say(str(error))
        return 1
    except (ValueError, OSError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(parsed: argparse.Namespace) -> int:
    config: Config = parsed.config
    folder = parsed.out.resolve() / config.name
    folder.mkdir(parents=True, exist_ok=True)
    record.build(config, folder, jobs=parsed.jobs)
    found: list[runner.Ran] = []
    measured: dict[str, int] = {}
    for name in parsed.program:
        try:
            case = _case(name, config)
        except ValueError as error:
            # A network that this machine has no room for, or numbers that it does not compute with.
            say(f"{name}: left out on {config.name}: {error}")
            continue
        sights = figures.FIGURES[name][1](config) if name in figures.FIGURES else ()
        ran = runner.run(case, folder / name, jobs=parsed.jobs, threads=parsed.threads, sights=sights)
        if name in figures.FIGURES:
            measured |= figures.FIGURES[name][2](config, runner.seen(ran, sights))
        found.append(runner.slim(ran))
        print(report.line(ran), flush=True)
    wrong = [line for ran in found for line in ran.differences] + report.unlike(config, measured)
    text = report.text(config, found, measured, record.load(folder))
    write_whole(folder / "report.md", text.encode())
    record.keep(folder, found, parsed.threads)
    if parsed.keep:
        page.keep(config.name, record.load(folder), measured)
        page.write()
    print("\n".join([report.figures(config, measured), *wrong]) if measured else "\n".join(wrong))
    return int(bool(wrong))


def _case(name: str, config: Config) -> Case:
    make = PROGRAMS[name] if name in PROGRAMS else figures.FIGURES[name][0]
    return make(config)


if __name__ == "__main__":
    sys.exit(main())
