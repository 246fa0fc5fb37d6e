"""Runs the seeds of a machine that have not passed yet, a batch at a time; finds and shrinks those that differ."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arch.config import Config
from golden.run import run as run_golden
from scripts.regress import ledger
from scripts.regress.batch import Case, Outcome
from scripts.regress.ledger import Ledger
from scripts.regress.shares import injection_of, schedule_of
from tb.random.schedule import Schedule
from tb.random.shrink import shrink

#: Programs of one simulation: starting it costs as much as two or three programs.
BATCH = 20
#: Seeds that differ before a machine is given up: more would tell the same.
ENOUGH = 5
#: Programs that a search for a smaller one may run.
TRIALS = 120

#: Runs programs with a superlane bypassed.
Runner = Callable[[Sequence[Case], int], Outcome]


@dataclass
class Progress:
    """Tells how far all machines together are.

    Attributes
    ----------
    wanted
        Programs in all.
    tell
        Takes a line.
    done
        Programs that have passed, also in earlier runs.
    """

    wanted: int
    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    _ran: int = 0
    _spent: float = field(default=0.0)

    def ran(self, count: int, seconds: float) -> None:
        """Note that programs ran now."""
        self.done, self._ran, self._spent = self.done + count, self._ran + count, self._spent + seconds

    def line(self) -> str:
        """Programs passed of all, and the time that the rest takes at the rate so far."""
        text = f"{self.done:,} of {self.wanted:,} in all"
        if not self._ran:
            return text
        left = (self.wanted - self.done) * self._spent / self._ran
        return f"{text}, {self._ran / self._spent:.1f}/s, {left / 60:.0f} min left beside building"


def run_machine(
    name: str, config: Config, model: str, runner: Runner, seeds: Sequence[int], folder: Path, progress: Progress
) -> list[int]:
    """Run a machine's seeds.

    Parameters
    ----------
    name, config
        The machine.
    model
        Name of its model, under which the ledger is kept in ``folder``.
    runner
        Runs a batch.
    seeds
        Which programs.
    progress
        Is told after each batch.

    Returns
    -------
    list of int
        Seeds that differ.
    """
    book = ledger.load(folder, model, name)
    left = deque(seed for seed in seeds if seed not in book.passed)
    progress.done += len(seeds) - len(left)
    failed: list[int] = []
    while left and len(failed) < ENOUGH:
        started = progress.clock()
        batch = [left.popleft() for _ in range(min(BATCH, len(left)))]
        # Where there is a spare, each batch bypasses another superlane.
        fuse = batch[0] // BATCH % config.physical_superlanes if config.spare else 0
        schedules = [schedule_of(config, seed) for seed in batch]
        cases = [(schedule.program(), injection_of(schedule)) for schedule in schedules]
        outcome = runner(cases, fuse)
        good = len(outcome.agreed)
        _note(book, schedules[:good], cases[:good], outcome, fuse)
        ledger.save(folder, model, book)
        if good < len(batch):
            failed.append(batch[good])
            left.extendleft(reversed(batch[good + 1 :]))
            progress.tell(
                f"{name}: seed {batch[good]} differs:\n{outcome.difference}\n  {replay(name, batch[good], fuse)}"
            )
        progress.ran(good, progress.clock() - started)
        passed = len(book.passed.intersection(seeds))
        progress.tell(f"{name}: {passed} of {len(seeds)} agree, {len(failed)} differ; {progress.line()}")
    return failed


def replay(name: str, seed: int, fuse: int) -> str:
    """How to run a seed alone."""
    return f'replay or shrink: make regress ARGS="--machine {name} --seed {seed} --fuse {fuse} [--shrink]"'


def difference(config: Config, seed: int, runner: Runner, fuse: int) -> str:
    """Run one seed alone; what differs, or nothing."""
    schedule = schedule_of(config, seed)
    return runner([(schedule.program(), injection_of(schedule))], fuse).difference


def smaller(config: Config, seed: int, runner: Runner, fuse: int) -> Schedule:
    """A small program that still differs, made from that of a seed; ``ValueError`` if it does not differ."""
    schedule = schedule_of(config, seed)
    injection = injection_of(schedule)
    return shrink(
        schedule,
        lambda program: bool(runner([(program, injection)], fuse).difference),
        legal=lambda program: run_golden(program, injection=injection).errors == (),
        trials=TRIALS,
    )


def _note(book: Ledger, schedules: Sequence[Schedule], cases: Sequence[Case], outcome: Outcome, fuse: int) -> None:
    """Enter programs that agree."""
    for schedule, (_, injection), agreement in zip(schedules, cases, outcome.agreed, strict=True):
        book.passed.add(schedule.seed)
        book.fuses[fuse] += 1
        book.cycles += agreement.cycles
        book.injected += injection is not None
        book.coverage.add(schedule)
        book.coverage.faults.update(agreement.faults)
