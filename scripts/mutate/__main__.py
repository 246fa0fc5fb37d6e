"""`make mutate`: try every fault of the list, resumably, and write docs/mutations.md."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from scripts.mutate.fault import Fault, problems
from scripts.mutate.faults import FAULTS
from scripts.mutate.ledger import Ledger, key
from scripts.mutate.page import page
from scripts.mutate.trial import Copy, Outcome, Verdict

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "mutate"
PAGE = ROOT / "docs" / "mutations.md"

Run = Callable[[tuple[str, ...], Fault | None], Outcome]


def try_all(
    faults: Sequence[Fault], run: Run, ledger: Ledger, *, root: Path, jobs: int = 1, say: Callable[[str], None] = print
) -> tuple[list[tuple[str, ...]], list[tuple[Fault, Outcome]]]:
    """Try faults, each unless its outcome is known.

    Parameters
    ----------
    faults
        What to put in.
    run
        Runs tests with a fault or, if that is None, without.
    ledger
        What is known.
    root
        The sources on which trials run.
    jobs
        Trials at a time.
    say
        Where progress goes.

    Returns
    -------
    list of tests
        Those that do not even pass without a fault; nothing else is tried then.
    list of (fault, outcome)
    """
    sound = {fault.tests: None for fault in faults}
    outcomes = _each([(tests, None) for tests in sound], run, ledger, root, jobs, say)
    unsound = [tests for tests, outcome in zip(sound, outcomes, strict=True) if outcome.verdict is not Verdict.SURVIVED]
    if unsound:
        return unsound, []
    outcomes = _each([(fault.tests, fault) for fault in faults], run, ledger, root, jobs, say)
    return [], list(zip(faults, outcomes, strict=True))


def _each(
    work: Sequence[tuple[tuple[str, ...], Fault | None]],
    run: Run,
    ledger: Ledger,
    root: Path,
    jobs: int,
    say: Callable[[str], None],
) -> list[Outcome]:
    keys = [key(root, tests, fault) for tests, fault in work]
    known = [ledger.get(name) for name in keys]
    found: dict[int, Outcome] = {n: outcome for n, outcome in enumerate(known) if outcome is not None}
    started, total = time.monotonic(), len(work)
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(run, *work[n]): n for n in range(total) if n not in found}
        for future in as_completed(futures):
            n = futures[future]
            found[n] = future.result()
            ledger.put(keys[n], found[n])
            tests, fault = work[n]
            what = f"{fault.file}: {fault.meaning}" if fault else " ".join(tests)
            verdict = found[n].verdict.value if fault else _plain(found[n])
            say(f"{len(found):3d} of {total}, {time.monotonic() - started:4.0f} s: {what}: {verdict}")
    return [found[n] for n in range(total)]


def _plain(outcome: Outcome) -> str:
    """How tests without a fault ended."""
    return "pass" if outcome.verdict is Verdict.SURVIVED else f"{outcome.test} fails, with no fault: {outcome.message}"


def _in_copies(copies: Sequence[Copy]) -> Run:
    """Runs trials in whichever copy of the project is free."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def run(tests: tuple[str, ...], fault: Fault | None) -> Outcome:
        copy = free.get()
        try:
            return copy.run(tests, fault)
        finally:
            free.put(copy)

    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 if every fault is caught, 1 if one is not, 2 with a line each for what is wrong with list or tests."""
    parser = argparse.ArgumentParser(prog="mutate", description="Put single faults into the hardware, one at a time.")
    parser.add_argument("--jobs", type=int, default=1, help="trials at a time")
    parser.add_argument("--only", default="", help="faults whose file or meaning has this in it; writes no page")
    parser.add_argument("--check", action="store_true", help="only see whether every fault applies")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs must be at least 1, not {options.jobs}")
    faults = [fault for fault in FAULTS if options.only in f"{fault.file} {fault.meaning}"]
    wrong = problems(faults, ROOT) or ([] if faults else [f"no fault has {options.only!r} in its file or meaning"])
    for line in wrong:
        print(f"mutate: {line}", file=sys.stderr)
    if wrong or options.check:
        print(f"mutate: {len(faults)} faults, {len(wrong)} problems")
        return 2 if wrong else 0
    # Outcomes go by the copy, which nobody edits meanwhile; a further one, never changed, tells what it was.
    still = Copy(ROOT, FOLDER / "still").folder
    copies = [Copy(still, FOLDER / f"copy{n}") for n in range(options.jobs)]
    ledger = Ledger(FOLDER / "outcomes.json")
    try:
        unsound, trials = try_all(faults, _in_copies(copies), ledger, root=still, jobs=options.jobs, say=_say)
    except ValueError as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    for tests in unsound:
        print(f"mutate: {' '.join(tests)} must pass without a fault", file=sys.stderr)
    if unsound:
        return 2
    if not options.only:
        PAGE.write_text(page(trials), encoding="utf-8")
    missed = [(fault, outcome) for fault, outcome in trials if outcome.verdict is not Verdict.CAUGHT]
    for fault, outcome in missed:
        print(f"mutate: {fault.file}: {fault.meaning}: {outcome.verdict.value}\n{outcome.message}", file=sys.stderr)
    print(f"mutate: {len(trials) - len(missed)} of {len(trials)} faults caught")
    return 1 if missed else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
