"""``make bench ARGS=--rtl``: speed of the hardware under Verilator, and of what it takes to get there.

Whole chips (:class:`hdl.looped.LoopedChip`, one thread) with nothing to do, with all planes and their memories busy,
and with every unit busy (``scripts.bench.programs``, without their data: memories hold zeros); with the clock alone,
and with Python in each cycle. Then parts of the machine, all of whose inputs change in each cycle (``tb.driven``),
beside Amaranth's own simulator on the same part in the same run. ``tb.pace`` does the timing. All seconds are those of
a processor, so that other work on the computer counts little, of the fastest of some pieces.
"""

import dataclasses
import json
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from amaranth.sim import Simulator

from arch.config import Config, preset
from arch.program import Program
from arch.rates import rates
from hdl.catalog import unit
from hdl.export import export
from hdl.looped import LoopedChip
from hdl.seam import Block
from scripts import processor
from scripts.bench.programs import every_unit, idle, streaming
from scripts.bench.tables import table, tell
from scripts.commands.files import write_whole
from scripts.sim.watch import Watch
from tb import pace, verilator, visible
from tb.driven import Driven
from tb.models import superlane

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where programs, logs and results go, and the page.
OUT, PAGE = ROOT / "build" / "bench", ROOT / "docs" / "simulation-speed.md"
#: Cycles of the program, those that are timed with and without Python, and those before, until all units are busy.
LENGTH, CYCLES, BEFORE = 6000, 2000, 600
#: Loads by name.
LOADS = {"idle": idle, "streaming": streaming, "every unit": every_unit}
#: Parts that are measured alone, and the cycles of Verilator.
PARTS, PART_CYCLES = ("supercell", "vxm_alu_large", "mem_tile", "column"), 100_000
#: Seconds and cycles after which Amaranth's simulator has run long enough, and cycles between two looks at the time.
AMARANTH_SECONDS, AMARANTH_CYCLES, AMARANTH_STEP = 5.0, 200, 10
#: Seconds of a cycle in Amaranth's simulator; arbitrary.
_PERIOD = 1e-6

_SPEED_HEADS = ("preset", "load", "cycles/s", "with Python in each cycle", "int8 MAC/s")
_EFFORT_HEADS = ("preset", "export s", "lines of Verilog", "modules", "build s")
_PART_HEADS = ("preset", "part", "Verilator, cycles/s", "Amaranth, cycles/s", "ratio")


@dataclasses.dataclass(frozen=True)
class Chip:
    """A chip's model, and what it took: processor seconds of export and build, all processes together; lines of
    Verilog and modules. ``build`` is None where the model was there and nothing is known of its build."""

    config: Config
    model: verilator.Model
    export: float
    build: float | None
    lines: int
    modules: int


def programs(config: Config) -> dict[str, Program]:
    """Loads by name, without data."""
    return {name: dataclasses.replace(load(config, LENGTH), data=()) for name, load in LOADS.items()}


def chip(config: Config, jobs: int) -> Chip:
    """Export and build a chip."""
    with Watch(f"export {config.name}"):
        begun = processor.seconds()
        texts = export(LoopedChip(config=config))
        exported = processor.seconds() - begun
    with Watch(f"build {config.name}, unless it is there"):
        # The memories are reached as in the hosted chip's model, so that both share one superlane.
        planned = verilator.plan(texts, next(iter(texts)), reached=visible.MEMORIES, shared=True, part=superlane(texts))
        fresh, begun = not (planned.is_built or (planned.part and planned.part.is_built)), processor.seconds()
        model = verilator.build(planned, jobs=jobs)
        built = _kept(model, processor.seconds() - begun if fresh else None)
    return Chip(config, model, exported, built, sum(text.count("\n") for text in texts.values()), len(texts))


def speeds(found: Chip) -> Iterator[list[str]]:
    """Rows of the table of chips, one for each load."""
    config = found.config
    with Watch(f"run {config.name}"):
        folder = _fresh(OUT / config.name)
        for name, program in programs(config).items():
            (folder / f"{name}.slp").write_bytes(program.to_bytes())
        measured = _run(found.model, folder, CYCLES)
    for name in LOADS:
        alone, python = (cycles / seconds for cycles, seconds in (measured[name], measured[name + pace.PYTHON]))
        macs = f"{rates(config)['int8_macs_per_cycle'] * alone:.3g}" if name != "idle" else ""
        yield [config.name, name, f"{alone:,.0f}", f"{python:,.0f}", macs]


def effort(found: Chip) -> list[str]:
    """A row of the table of builds."""
    built = "" if found.build is None else f"{found.build:,.0f}"
    return [found.config.name, f"{found.export:,.0f}", f"{found.lines:,}", f"{found.modules}", built]


def part(config: Config, name: str) -> tuple[float, float]:
    """Cycles per second of a part under Verilator and under Amaranth's simulator, its inputs changing all the time."""
    texts = export(Driven(unit(config, name)))
    model = verilator.build(verilator.plan(texts, next(iter(texts))))
    cycles, seconds = _run(model, _fresh(OUT / f"{config.name}_{name}"), PART_CYCLES)[pace.ALONE]
    return cycles / seconds, _amaranth(Driven(unit(config, name)))


def _parts(presets: Iterable[str]) -> Iterator[list[str]]:
    for name in presets:
        for which in PARTS:
            fast, slow = part(preset(name), which)
            yield [name, which, f"{fast:,.0f}", f"{slow:,.1f}", f"{fast / slow:,.0f}"]


def _amaranth(block: Block) -> float:
    simulator = Simulator(block)
    simulator.add_clock(_PERIOD)
    simulator.run_until(2 * _PERIOD)
    begun, cycles = time.process_time(), 0
    while cycles < AMARANTH_CYCLES and time.process_time() < begun + AMARANTH_SECONDS:
        cycles += AMARANTH_STEP
        simulator.run_until((2 + cycles) * _PERIOD)
    return cycles / (time.process_time() - begun)


def _run(model: verilator.Model, folder: Path, cycles: int) -> dict[str, tuple[int, float]]:
    names = {pace.FOLDER: str(folder), pace.CYCLES: str(cycles), pace.BEFORE: str(BEFORE)}
    verilator.run(model, pace.__name__, folder, **names)
    found = json.loads((folder / pace.RESULTS).read_text(encoding="utf-8"))
    return {name: (int(n), float(seconds)) for name, (n, seconds) in found.items()}


def _kept(model: verilator.Model, seconds: float | None) -> float | None:
    """Seconds of a model's build from nothing, kept beside it: a second run finds the model, and what it took."""
    file = model.folder / "seconds.json"
    if seconds is not None:
        file.write_text(json.dumps(seconds), encoding="utf-8")
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


_TEXT = f"""# How fast the hardware is simulated

Written by `make bench ARGS="--rtl --write"`; `make bench ARGS=--rtl` prints the same. Exported Verilog under Verilator,
one thread, one core of this project's development machine. All seconds are processor seconds; of each measurement the
fastest of {pace.PIECES} pieces counts, since other work on the computer takes caches away.
[Decision 9](decisions/0009-simulation-speed.md) says what makes it so fast, and what has been tried.

## Whole chips

The chip with its links looped back, booted through raw ports: {BEFORE} cycles until all units work, {CYCLES} cycles by
the clock alone, which cocotb drives without Python, and {CYCLES} cycles with a Python coroutine that wakes in each and
reads a port. *Streaming*: all planes multiply, and their slices of memory read and write; *every unit*: all ALUs, the
SXM and the links, too (`scripts/bench/programs.py`). Memories hold zeros, but Verilator's work hardly depends on data.
MAC/s are the multiply-accumulations of all planes in a cycle, times the cycles.

{{chips}}

## What it takes

Export by Amaranth and Yosys; build by Verilator and the compiler, from nothing, all processes together.

{{efforts}}

## Parts, beside Amaranth's own simulator

A part of the machine whose inputs all change in each cycle (`tb/driven.py`): {PART_CYCLES:,} cycles under Verilator,
and in the same run {AMARANTH_CYCLES} cycles, or {AMARANTH_SECONDS:.0f} seconds, of Amaranth's simulator on the part.

{{parts}}
"""


def measure(presets: Sequence[str], *, jobs: int = 1, write: bool = False) -> None:
    """Measure and print; write the page if ``write``."""
    efforts: list[list[str]] = []

    def rows() -> Iterator[list[str]]:
        for name in presets:
            found = chip(preset(name), jobs)
            efforts.append(effort(found))
            yield from speeds(found)

    chips = table(_SPEED_HEADS, rows(), tell)
    found = {"chips": chips, "efforts": table(_EFFORT_HEADS, efforts, tell)}
    found["parts"] = table(_PART_HEADS, _parts(presets), tell)
    if write:
        write_whole(PAGE, _TEXT.format(**found).encode())
