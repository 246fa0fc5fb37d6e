"""cocotb module: one run as a host does it: boot a program with its inputs through AXI, start, wait, read what it left.

It compares nothing. What it is to run is in a folder named by the environment variable ``SUPERLANE_SESSION``, see
:func:`prepare`. Into the same folder goes ``outcome.npz``, see :func:`load_outcome`, and while it works
``progress.txt``, a line for each step.
"""

import json
import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, Timer
from cocotb.utils import get_sim_time
from numpy.typing import NDArray

from arch.config import Config
from arch.faults import Fault
from arch.program import Program
from arch.queues import queues
from compiler.asm.trace import Issue
from golden.memory import region_rows
from golden.result import FaultEntry
from tb.hostlink.axi import AxiLink
from tb.hostlink.driver import Bytes, HostDriver, Outcome, Reports

if TYPE_CHECKING:
    from tb.backdoor import Backdoor
    from tb.issues import Recorder

#: Environment variable that names the folder.
FOLDER = "SUPERLANE_SESSION"
#: Files of the folder.
PROGRAM, INPUTS, SETTINGS = "program.slp", "inputs.npz", "settings.json"
OUTCOME, PROGRESS = "outcome.npz", "progress.txt"
#: Nanoseconds of a clock cycle of the simulator; arbitrary.
PERIOD = 2
#: Cycles after which a program is given up, unless told otherwise.
LIMIT = 100_000
#: Clock cycles between two looks at a program that runs: each look takes Python some of the time of a cycle.
LOOK = 64
#: Seconds between two lines of progress while a program runs.
TELL = 5.0

_REGION, _STEP, _ISSUES = "region_", "step_", "issues"
_WATCHED = "watched"
_MEMORY, _UNSOUND, _ACCUMULATORS = "memory", "unsound", "accumulators"
#: Bits of half a word.
_HALF = 64


@dataclass(frozen=True)
class Settings:
    """How to run: the cycle at which a program is given up, the superlane that is bypassed (None as after reset, the
    lowest; only where there is a spare), whether what queues issue is recorded, which takes a model in which it is
    seen and most of the time, whether memories are filled and read through the back door (:mod:`tb.backdoor`), and
    words between superlanes to look at in every cycle (:func:`tb.parts.place`)."""

    limit: int = LIMIT
    fuse: int | None = None
    trace: bool = False
    backdoor: bool = False
    watched: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "watched", tuple(self.watched))  # JSON makes a list of it


@dataclass(frozen=True)
class Memories:
    """What the back door shows behind a run.

    Attributes
    ----------
    memory, accumulators
        As of :class:`golden.result.State`.
    unsound
        Words of MEM whose check bits are not theirs.
    """

    memory: NDArray[np.uint8]
    accumulators: NDArray[np.uint32]
    unsound: int


def prepare(folder: Path, program: Program, inputs: Mapping[str, Bytes], settings: Settings) -> None:
    """Make a folder into that of a session; what an earlier one left there goes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (OUTCOME, PROGRESS):
        (folder / name).unlink(missing_ok=True)
    (folder / PROGRAM).write_bytes(program.to_bytes())
    (folder / SETTINGS).write_text(json.dumps(asdict(settings)), encoding="utf-8")
    arrays: dict[str, Any] = {f"{_REGION}{name}": rows for name, rows in inputs.items()}
    np.savez(folder / INPUTS, **arrays)


@dataclass(frozen=True)
class SessionOutcome:
    """What a session left.

    Attributes
    ----------
    cycles, stopped
        Cycle of idle, or the limit. Then faults that came later are left out; corrected words and counters are those of
        the time at which they were read, and the regions what a reset behind that left.
    regions : uint8[rows, vector] by name
        Contents of the regions that the host reads.
    faults
        By queue and superlane.
    corrected : int64[queues, superlanes]
        Words with a single error.
    issued, parked : int64[queues]
        Counters.
    steps : (clock cycles, seconds) by name of the step
        What each step of the host took, in the simulated machine and here.
    issues
        What queues issued; None if it was not recorded.
    memories
        What all memories hold; None if nobody looked through the back door.
    watched : uint32[clock cycles, words]
        The words that were looked at, from the start to the end; None if there were none.
    processor : seconds by name of the step
        Those of processors, of all threads together.
    """

    cycles: int
    stopped: bool
    regions: dict[str, Bytes]
    faults: tuple[FaultEntry, ...]
    corrected: NDArray[np.int64]
    issued: NDArray[np.int64]
    parked: NDArray[np.int64]
    steps: dict[str, tuple[int, float]]
    issues: tuple[Issue, ...] | None = None
    memories: Memories | None = None
    watched: NDArray[np.uint32] | None = None
    processor: dict[str, float] = field(default_factory=dict)


def load_outcome(folder: Path) -> SessionOutcome:
    """Outcome of the session in a folder."""
    with np.load(folder / OUTCOME, allow_pickle=False) as found:
        return SessionOutcome(
            int(found["cycles"]),
            bool(found["stopped"]),
            {name.removeprefix(_REGION): found[name] for name in found if name.startswith(_REGION)},
            tuple(FaultEntry(q, k, Fault(code), cycle, count) for q, k, code, cycle, count in found["faults"].tolist()),
            found["corrected"],
            found["issued"],
            found["parked"],
            {
                name.removeprefix(_STEP): (int(found[name][0]), float(found[name][1]))
                for name in found
                if name.startswith(_STEP)
            },
            _issues(found[_ISSUES]) if _ISSUES in found else None,
            Memories(found[_MEMORY], found[_ACCUMULATORS], int(found[_UNSOUND])) if _MEMORY in found else None,
            found.get(_WATCHED),
            {name.removeprefix(_STEP): float(found[name][2]) for name in found if name.startswith(_STEP)},
        )


def _issues(table: NDArray[np.uint64]) -> tuple[Issue, ...]:
    """What :func:`_table` has made of issues."""
    return tuple(Issue(cycle, queue, high << _HALF | low, 0) for cycle, queue, high, low in table.tolist())


def _table(issues: Iterable[Issue], cycles: int) -> NDArray[np.uint64]:
    """Issues before a cycle as uint64[issues, 4]: cycle, queue, and the halves of the word."""
    low = (1 << _HALF) - 1
    rows = [(one.cycle, one.queue, one.word >> _HALF, one.word & low) for one in issues if one.cycle < cycles]
    return np.array(rows, np.uint64).reshape(-1, 4)


class _Steps:
    """Tells each step when it begins, and notes what the one before took."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / PROGRESS
        self._file.write_text("", encoding="utf-8")
        self._name, self._since = "", (0, 0.0, 0.0)
        self.taken: dict[str, tuple[int, float, float]] = {}

    def begin(self, name: str, text: str) -> None:
        now = (round(get_sim_time("ns") / PERIOD), time.perf_counter(), time.process_time())
        if self._name:
            cycles, seconds, processor = (one - other for one, other in zip(now, self._since, strict=True))
            self.taken[self._name] = int(cycles), seconds, processor
        self._name, self._since = name, now
        self.tell(text)

    def tell(self, text: str) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


async def _ended(driver: HostDriver, steps: _Steps) -> Outcome:
    """Wait for the end of the program, and tell now and then how far it is."""
    last = time.perf_counter()

    async def wait() -> None:
        nonlocal last
        await Timer(LOOK * PERIOD, "ns")
        if time.perf_counter() - last >= TELL:
            last = time.perf_counter()
            steps.tell(f"run: cycle {await driver.port.get('CYCLE'):,}")

    return await driver.wait_idle(wait)


@cocotb.test()
async def session(dut: Any) -> None:
    """Boot, run, read."""
    # A line for each access would be most of the log, and not a little of the time.
    logging.getLogger("cocotb").setLevel(logging.WARNING)
    folder = Path(os.environ[FOLDER])
    program = Program.from_bytes((folder / PROGRAM).read_bytes())
    settings = Settings(**json.loads((folder / SETTINGS).read_text(encoding="utf-8")))
    with np.load(folder / INPUTS, allow_pickle=False) as found:
        inputs = {name.removeprefix(_REGION): found[name] for name in found}
    steps = _Steps(folder)
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ns").start()
    link = AxiLink(dut)
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 2)
    driver = HostDriver(link, program.config)
    words, rows = sum(map(len, program.preload)), sum(map(len, inputs.values()))
    door = _door(dut, program.config, settings)
    how = "through AXI" if door is None else "through the back door"
    steps.begin("boot", f"boot: {words:,} words of text and {rows:,} input vectors {how}")
    await _boot(driver, door, program, inputs, settings)
    steps.begin("run", "run: the start barrier is released")
    recorder = _recorder(dut, program.config, settings)
    watched: list[NDArray[np.uint32]] = []
    if settings.watched:
        cocotb.start_soon(_watch(dut, settings.watched, watched))
    await driver.start(settings.limit)
    ended = await _ended(driver, steps)
    how = "stopped" if ended.stopped else "idle"
    steps.begin("read", f"read: {how} in cycle {ended.cycles:,}; results, faults and counters")
    reports = await driver.reports()
    counters = await driver.counters()
    if ended.stopped:  # memory cannot be read while the program runs on
        await driver.reset()
    more = {} if recorder is None else {_ISSUES: _table(recorder.issues, ended.cycles)}
    if settings.watched:
        more[_WATCHED] = np.stack(watched)
    if door is None:
        regions = await driver.read_regions()
    else:
        memory, unsound = door.memory()
        regions = _regions(program, memory)
        more |= {_MEMORY: memory, _UNSOUND: np.array(unsound), _ACCUMULATORS: door.accumulators()}
    steps.begin("", "done")
    _save(folder, program, ended, regions, reports, counters, steps, **more)


def _regions(program: Program, memory: Bytes) -> dict[str, Bytes]:
    """What :meth:`HostDriver.read_regions` reads, of memory that the back door has read."""
    names = dict.fromkeys(region.name for region in program.regions if region.role != "input")
    return {name: region_rows(program, name, memory).reshape(-1, program.config.vector) for name in names}


def _door(dut: Any, config: Config, settings: Settings) -> "Backdoor | None":
    """The back door, if it is wanted."""
    if not settings.backdoor:
        return None
    # Imported now, as the recorder is.
    from tb.backdoor import Backdoor

    return Backdoor(f"{dut._name}.chip" if config.c2c_links else dut._name, config, settings.fuse or 0)


async def _watch(dut: Any, places: Sequence[int], found: list[NDArray[np.uint32]]) -> None:
    """Look at words between superlanes in every cycle."""
    from tb.probe import Between

    words = Between(places)
    while True:
        await FallingEdge(dut.clk)
        found.append(words.look())


async def _boot(
    driver: HostDriver, door: "Backdoor | None", program: Program, inputs: Mapping[str, Bytes], settings: Settings
) -> None:
    """Load everything through one door or the other."""
    if door is None:
        await driver.boot(program, inputs, fuse=settings.fuse)
        return
    from tb.backdoor import first_words

    await driver.boot(first_words(program), fuse=settings.fuse)
    door.load(program, inputs)


def _recorder(dut: Any, config: Config, settings: Settings) -> "Recorder | None":
    """Follows the program, if its issues are wanted."""
    if not settings.trace:
        return None
    # Imported now: it brings Amaranth with it, which the host has no other use for.
    from tb.issues import Recorder, follow

    recorder = Recorder(dut.chip.chip if config.c2c_links else dut.chip, config)
    cocotb.start_soon(follow(dut.clk, dut.chip, recorder, settings.limit))
    return recorder


def _save(
    folder: Path,
    program: Program,
    ended: Outcome,
    regions: Mapping[str, Bytes],
    reports: Reports,
    counters: Mapping[int, tuple[int, int]],
    steps: _Steps,
    **more: NDArray,
) -> None:
    config = program.config
    corrected = np.zeros((len(queues(config)), config.superlanes), np.int64)
    for place, count in reports.corrected.items():
        corrected[place] = count
    faults = [f for f in reports.faults if not ended.stopped or f.cycle < ended.cycles]
    table = [(f.queue, f.superlane, f.fault.value, f.cycle, f.count) for f in faults]
    np.savez(
        folder / OUTCOME,
        cycles=ended.cycles,
        stopped=ended.stopped,
        faults=np.array(table, np.int64).reshape(-1, 5),
        corrected=corrected,
        issued=np.array([counters[n][0] for n in range(len(corrected))], np.int64),
        parked=np.array([counters[n][1] for n in range(len(corrected))], np.int64),
        **{f"{_REGION}{name}": region for name, region in regions.items()},
        **{f"{_STEP}{name}": np.array(taken, np.float64) for name, taken in steps.taken.items()},
        **more,
    )
