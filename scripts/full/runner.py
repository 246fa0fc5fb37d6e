"""A program in the hardware and on the golden model: all that is left behind, compared bit for bit."""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arch.queues import queues
from golden.result import Result
from golden.run import run as run_golden
from scripts import rtl
from scripts.commands.compare import compare_arrays, compare_runs
from scripts.full.case import Case
from scripts.full.figures import Seen, Sight
from scripts.sim.watch import Watch
from tb import hosted, parts
from tb.hostlink.session import SessionOutcome, Settings
from tb.models import superlane


@dataclass(frozen=True)
class Ran:
    """What came of a program.

    Attributes
    ----------
    case
        What ran.
    golden, outcome
        What the golden model and the hardware left.
    seconds
        Of the golden model.
    differences
        In what they differ, or the golden model's own faults and errors, a line each.
    """

    case: Case
    golden: Result
    outcome: SessionOutcome
    seconds: float
    differences: tuple[str, ...]

    @property
    def speed(self) -> float:
        """Clock cycles a second of the hardware from the start to the end of the program."""
        cycles, seconds = self.outcome.steps["run"]
        return cycles / max(seconds, 1e-9)

    @property
    def work(self) -> float:
        """Clock cycles in a second of a processor, all threads together: other work on the computer counts little."""
        return self.outcome.steps["run"][0] / max(self.outcome.processor["run"], 1e-9)


def run(case: Case, folder: Path, *, jobs: int = 1, threads: int = 1, sights: Sequence[Sight] = ()) -> Ran:
    """Run a program on both; the hardware's memories are filled and read through the back door.

    Parameters
    ----------
    case
        The program.
    folder
        Where the session's files go.
    jobs, threads
        Compilers at a time, if the model has yet to be built; threads on which superlanes are simulated.
    sights
        What to look at in every cycle.

    Raises
    ------
    tb.verilator.MissingToolError, tb.verilator.BuildError, AssertionError
        A tool is missing; what was exported does not build; the simulation failed.
    """
    with Watch(f"{case.name}: golden model"):
        begun = time.perf_counter()
        golden = run_golden(case.program, case.inputs)
        seconds = time.perf_counter() - begun
    settings = Settings(limit=2 * golden.cycles, backdoor=True, watched=_places(case, sights))
    outcome, _ = rtl.simulate(case.program, case.inputs, folder, settings=settings, jobs=jobs, threads=threads)
    wrong = [f"golden model: {entry}" for entry in (*golden.faults, *golden.errors)]
    if case.cycles is not None and golden.cycles != case.cycles:
        wrong.append(f"cycles: the golden model took {golden.cycles:,}, predicted were {case.cycles:,}")
    for name, rows in case.expected.items():
        wrong += compare_arrays(f"region {name} of the hardware and of NumPy", outcome.regions[name], rows)
    return Ran(case, golden, outcome, seconds, (*wrong, *compare_runs(golden, outcome)))


def seen(ran: Ran, sights: Sequence[Sight]) -> Seen:
    """What a run showed of its sights, counters and regions."""
    looked, outcome = ran.outcome.watched, ran.outcome
    columns = {} if looked is None else {sight: looked[:, n] for n, sight in enumerate(sights)}
    names = [queue.name for queue in queues(ran.case.program.config)]
    return Seen(columns, dict(zip(names, outcome.issued.tolist(), strict=True)), outcome.regions)


def slim(ran: Ran) -> Ran:
    """The same without what takes most room."""
    return dataclasses.replace(ran, outcome=dataclasses.replace(ran.outcome, memories=None))


def _places(case: Case, sights: Sequence[Sight]) -> tuple[int, ...]:
    """Where the sights stand in a running model. The lowest superlane in silicon is the one that is bypassed."""
    if not sights:
        return ()
    config = case.program.config
    sources = hosted.sources(config)
    part = superlane(sources)
    names = {sight: f"superlane_{sight.superlane + config.spare}" for sight in sights}
    return tuple(parts.place(sources, part, names[sight], sight.port) for sight in sights)
