"""Run onnx's backend node tests: compile them, run their programs, and write docs/node_tests.md.

Outcomes are kept in ``build/nodes``, under a name made of the compiler's and the golden model's sources: an
interrupted run goes on where it was.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from arch.config import preset
from compiler.graph.evaluate import evaluate
from scripts.nodes import ledger
from scripts.nodes.cases import Case, cases
from scripts.nodes.engine import program
from scripts.nodes.page import page, summary
from scripts.nodes.run import FAILED, UNFINISHED, Engine, Outcome, run

PAGE = ledger.ROOT / "docs" / "node_tests.md"
FOLDER = ledger.ROOT / "build" / "nodes"

#: How tests are run, by name. The page is of the first.
ENGINES: Mapping[str, Engine] = MappingProxyType({"program": program, "graph": evaluate})
#: Machine of the page.
MACHINE = "small"
#: Tests between two lines of progress.
STEP = 25


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts.node_tests", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write no page, only say if it is out of date")
    parser.add_argument("--only", default="", metavar="TEXT", help="tests whose name holds TEXT, anew; writes nothing")
    parser.add_argument(
        "--engine", default="program", choices=ENGINES, help="program: the whole way; graph: evaluate it, no page"
    )
    parser.add_argument("--preset", default=MACHINE, help=f"machine; the page is of {MACHINE}")
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="processor seconds that a test may take; others count as not run"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code: 1 if a test fails."""
    options = _options(arguments)
    print("nodes: collecting onnx's tests", flush=True)
    chosen = [case for case in cases() if options.only in case.name]
    if options.only or options.engine == "graph":
        outcomes = _alone(chosen, options)
        print(f"nodes: {summary(outcomes)}")
        return int(any(o.status == FAILED for o in outcomes))
    config = preset(options.preset)
    book = ledger.Ledger(FOLDER / f"{ledger.name_of(options.engine, config)}.jsonl")
    _run(chosen, book, options)
    outcomes = [Outcome(case, *book.found[case.name]) for case in chosen]
    print(f"nodes: {summary(outcomes)}")
    if config.name == MACHINE:
        _write(page(outcomes, config.name), options.check)
    return int(any(o.status == FAILED for o in outcomes))


def _write(text: str, check: bool) -> None:
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return
    if check:
        print(f"nodes: docs/{PAGE.name} is out of date: python -m scripts.node_tests writes it")
    else:
        PAGE.write_text(text, encoding="utf-8")


def _alone(chosen: Iterable[Case], options: argparse.Namespace) -> list[Outcome]:
    """Run tests and keep nothing; tell what fails, and of some tests everything."""
    outcomes = []
    for case in chosen:
        outcomes.append(found := run(case, preset(options.preset), ENGINES[options.engine], options.seconds))
        if found.status == FAILED or options.only:
            print(f"nodes: {case.name}: {found.status} {found.reason}".rstrip(), flush=True)
    return outcomes


def _run(chosen: Iterable[Case], book: ledger.Ledger, options: argparse.Namespace) -> None:
    """Run what has no outcome yet, the small tests first; what was not run gets another chance without a limit."""
    config, chosen = preset(options.preset), sorted(chosen, key=_size)
    known = {name for name, (status, _) in book.found.items() if status != UNFINISHED or options.seconds is not None}
    left = [case for case in chosen if case.name not in known]
    print(f"nodes: {len(chosen) - len(left)} of {len(chosen)} tests have run already", flush=True)
    for number, case in enumerate(left, 1):
        found = run(case, config, ENGINES[options.engine], options.seconds)
        book.add(case.name, found.status, found.reason)
        if found.status == FAILED:
            print(f"nodes: {case.name}: {found.reason}", flush=True)
        if number % STEP == 0:
            counts = Counter(status for status, _ in book.found.values())
            told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
            print(f"nodes: {len(book.found)} of {len(chosen)}: {told}", flush=True)


def _size(case: Case) -> int:
    return sum(array.size for array in (*case.inputs.values(), *case.outputs.values()))


if __name__ == "__main__":
    sys.exit(main())
