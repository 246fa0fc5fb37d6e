"""``make bench``: golden cycles per second at each preset, and what an evaluation takes on any computer; behind them,
unless presets or loads are named, what the compiler makes of products and networks, and the kept speeds of the hardware
up to the full chip. With ``--rtl`` the hardware's cycles per second under Verilator, with ``--cells`` what its parts
take in FPGAs, against the committed table."""

import argparse
import cProfile
import json
import pstats
import resource
import sys
import time

from arch.config import preset
from arch.program import Program
from golden.analysis import analyze
from golden.fast.run import finish, start
from scripts.bench import compiled, rtl
from scripts.bench.programs import every_unit, idle, streaming
from scripts.cells import __main__ as cells
from scripts.full import page, speeds
from tb import verilator

_LOADS = {"idle": idle, "streaming": streaming, "every unit": every_unit}
_CYCLES = {
    ("tiny", "idle"): 400_000,
    ("small", "idle"): 400_000,
    ("full", "idle"): 400_000,
    ("tiny", "streaming"): 10_000,
    ("small", "streaming"): 10_000,
    ("full", "streaming"): 3_000,
    ("tiny", "every unit"): 6_000,
    ("small", "every unit"): 6_000,
    ("full", "every unit"): 3_000,
}


def measure(program: Program, *, counted: bool) -> dict[str, float | int]:
    """One run: cycles per second from boot to result, issues and NumPy calls of it."""
    before = time.perf_counter()
    engine = start(program, None, 1_000_000)
    booted = time.perf_counter()
    cpu = time.process_time()
    result = finish(engine)
    seconds, cpu = time.perf_counter() - booted, time.process_time() - cpu
    found: dict[str, float | int] = {
        "cycles": result.cycles,
        "cycles_per_second": result.cycles / seconds,
        "cycles_per_cpu_second": result.cycles / cpu,
        "boot_seconds": booted - before,
        "issues_per_cycle": engine.statistics.issues / result.cycles,
        "batches_per_1000_cycles": 1000 * engine.statistics.batches / result.cycles,
        "errors": len(result.errors),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if counted:
        profile = cProfile.Profile()
        engine = start(program, None, 1_000_000)
        profile.runcall(finish, engine)
        calls = sum(row[1] for (_, _, name), row in pstats.Stats(profile).stats.items() if "numpy" in name)  # pyright: ignore
        found["numpy_calls_per_1000_cycles"] = 1000 * calls / result.cycles
        begun = time.perf_counter()
        trace = analyze(program).trace
        found["analyzed_issues_per_second"] = float(trace.n.sum()) / (time.perf_counter() - begun)
    return found


def _rtl(presets: list[str], jobs: int, write: bool) -> int:
    try:
        rtl.measure(presets, jobs=jobs, write=write)
    except (verilator.MissingToolError, AssertionError, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure the speed of the golden model.")
    parser.add_argument("--preset", action="append", choices=["tiny", "small", "full"])
    parser.add_argument("--load", action="append", choices=list(_LOADS))
    parser.add_argument("--counts", action="store_true", help="count NumPy calls and time the analysis, too")
    parser.add_argument("--rtl", action="store_true", help="the hardware under Verilator instead; builds models")
    parser.add_argument("--cells", action="store_true", help="cells of the parts instead, as `make cells ARGS=--check`")
    parser.add_argument("--write", action="store_true", help=f"write docs/{rtl.PAGE.name}, or docs/{cells.PAGE.name}")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="compilers at a time, for --rtl")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    if options.cells:
        return cells.main([] if options.write else ["--check"])
    if options.rtl:
        return _rtl(options.preset or ["tiny", "small"], options.jobs, options.write)
    if not options.json:
        heads = f"{'cycles/s':>10}{'per CPU s':>11}{'issues/cycle':>14}{'batches/1000':>14}{'peak MiB':>10}"
        print(f"{'preset':8}{'load':12}{heads}")
    for name in options.preset or ["tiny", "small", "full"]:
        for load in options.load or list(_LOADS):
            found = measure(_LOADS[load](preset(name), _CYCLES[name, load]), counted=options.counts)
            if options.json:
                print(json.dumps({"preset": name, "load": load, **found}), flush=True)
                continue
            rest = f"{found['batches_per_1000_cycles']:14.1f}{found['peak_mib']:10.0f}"
            print(
                f"{name:8}{load:12}{found['cycles_per_second']:10,.0f}{found['cycles_per_cpu_second']:11,.0f}{found['issues_per_cycle']:14.1f}{rest}"
            )
            for extra in ("numpy_calls_per_1000_cycles", "analyzed_issues_per_second"):
                if extra in found:
                    print(f"{'':20}{found[extra]:10,.0f} {extra.replace('_', ' ')}")
            if found["errors"]:
                print(f"{'':20}{found['errors']:10} program errors: the load is wrong")
    if options.preset or options.load or options.json:
        return 0
    wrong = compiled.main([])
    print("The hardware, as `make full ARGS=--keep` measured it (docs/full-chip.md):\n\n" + speeds.text(page.ordered()))
    return wrong


if __name__ == "__main__":
    sys.exit(main())
