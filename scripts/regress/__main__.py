"""Random programs on the chip under Verilator, in lockstep with the golden model: many seeds, resumable. And before
them, unless machines or seeds are named, onnx's node tests through the compiler and the golden model.

Each machine is built once. What has passed is kept in ``build/regress`` under the name of the model, which is that of
its contents: after a change of the hardware everything runs anew, after an interruption only the rest.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts import node_tests
from scripts.regress import ledger, report
from scripts.regress.batch import Batch
from scripts.regress.ledger import Ledger
from scripts.regress.shares import SHARES
from scripts.regress.work import Progress, difference, replay, run_machine, smaller
from tb.models import lockstep_model
from tb.random.configs import CONFIGS, LEAN, named
from tb.random.listing import listing

FOLDER = Path(__file__).resolve().parent.parent.parent / "build" / "regress"
#: The page that counts what was covered.
PAGE = "coverage.md"
#: Exit code of a run that its user stopped: 128 and the number of the signal.
INTERRUPTED = 130


def _tell(line: str) -> None:
    print(line, flush=True)


def _one(name: str, seed: int, fuse: int, small: bool) -> int:
    """Run one seed, and make it small."""
    config = named(name)
    model = lockstep_model(config)
    runner = Batch(model, FOLDER / name)
    found = difference(config, seed, runner, fuse)
    _tell(f"{name}: seed {seed} {'differs:' if found else 'agrees'}\n{found}".rstrip())
    if found and small:
        _tell("\n".join(listing(smaller(config, seed, runner, fuse))))
    elif found:
        _tell(replay(name, seed, fuse))
    return int(bool(found))


def _all(shares: dict[str, int], folder: Path) -> int:
    """Run all machines, and report."""
    progress = Progress(sum(shares.values()), _tell)
    failed, books = 0, []
    for name, count in shares.items():
        config, started = named(name), time.monotonic()
        _tell(f"{name}: making the model, which takes minutes the first time")
        model = lockstep_model(config)
        _tell(f"{name}: model after {time.monotonic() - started:.0f} s")
        runner = Batch(model, folder / name)
        failed += len(run_machine(name, config, model.folder.name, runner, range(count), folder, progress))
        books.append(ledger.load(folder, model.folder.name, name))
        _write(folder, books)
    verdict = f"{failed} differ" if failed else "all agree"
    _tell(f"regress: {progress.done:,} of {progress.wanted:,} random programs on {len(shares)} machines; {verdict}")
    _tell(f"regress: what they covered is in {(folder / PAGE).relative_to(folder.parent.parent)}")
    return int(progress.done < progress.wanted)


def _write(folder: Path, books: Sequence[Ledger]) -> None:
    (folder / PAGE).write_text(report.page(books), encoding="utf-8")


def _report(folder: Path) -> int:
    """Write the page of what has run."""
    books = ledger.latest(folder)
    if not books:
        raise ValueError("nothing has run yet: make regress runs the programs that the page counts")
    _write(folder, books)
    _tell(f"regress: {sum(len(book.passed) for book in books):,} programs, in {PAGE}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if all agree, 1 if some differ, 2 with one line for what cannot be, 130 if it was stopped."""
    parser = argparse.ArgumentParser(prog="regress", description="Random programs on the chip and the golden model.")
    names = ", ".join((*CONFIGS, *LEAN))
    parser.add_argument("--machine", action="append", help=f"one of {names}; may be repeated")
    parser.add_argument("--seeds", type=int, help="seeds from 0 to below this, for each machine")
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--fuse", type=int, default=0, help="with --seed: the superlane bypassed, if there is a spare")
    parser.add_argument("--shrink", action="store_true", help="with --seed: make the program that differs small")
    parser.add_argument("--nodes", action="store_true", help="onnx's node tests only (scripts.node_tests)")
    parser.add_argument("--report", action="store_true", help="run nothing; write the page of what has run")
    options = parser.parse_args(arguments)
    machines = options.machine or list(SHARES)
    try:
        if options.seeds is not None and options.seeds < 1:
            raise ValueError(f"seeds must be at least 1, not {options.seeds}")
        if options.report:
            return _report(FOLDER)
        for name in machines:
            named(name)
        if options.seed is not None:
            return _one(machines[0], options.seed, options.fuse, options.shrink)
        if options.nodes:
            return node_tests.main(["--check"])
        nodes = 0 if options.machine or options.seeds else node_tests.main(["--check"])
        return _all({name: options.seeds or SHARES.get(name, 200) for name in machines}, FOLDER) or nodes
    except (ValueError, RuntimeError) as error:
        print(f"regress: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("regress: stopped; what agreed is kept, and the next run goes on there", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
