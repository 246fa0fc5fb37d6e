"""``make bench ARGS=--rtl``: speed of the hardware under Verilator, and of what it takes to get there.

Whole chips (:class:`hdl.looped.LoopedChip`, one thread) with nothing to do, with all planes and their memories busy,
and with every unit busy (``scripts.bench.programs``, without their data: memories hold zeros); with the clock alone,
and with Python in each cycle. Then parts of the machine, all of whose inputs change in each cycle (``tb.driven``),
beside Amaranth's own simulator on the same part in the same run. ``tb.pace`` does the timing.
"""

import dataclasses
import json
import shutil
import time
from pathlib import Path

from amaranth.sim import Simulator

from arch.config import Config, preset
from arch.program import Program
from arch.rates import rates
from hdl.catalog import unit
from hdl.export import export
from hdl.looped import LoopedChip
from hdl.seam import Block
from scripts.bench.programs import every_unit, idle, streaming
from scripts.sim.watch import Watch
from tb import pace, verilator
from tb.driven import Driven
from tb.models import superlane

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where programs, logs and results go.
OUT = ROOT / "build" / "bench"
#: Cycles of the program, those that are timed with and without Python, and those before, until all units are busy.
LENGTH, CYCLES, BEFORE = 6000, 1000, 600
#: Parts that are measured alone, and the cycles of Amaranth's simulator and of Verilator.
PARTS, PART_CYCLES, PART_CYCLES_VERILATED = ("supercell", "vxm_alu_large", "mem_tile", "column"), 200, 100_000
#: Seconds of a cycle in Amaranth's simulator; arbitrary.
_PERIOD = 1e-6


def programs(config: Config) -> dict[str, Program]:
    """Loads by name, without data."""
    loads = {"idle": idle, "streaming": streaming, "every unit": every_unit}
    found = {}
    for name, load in loads.items():
        with_data = load(config, LENGTH)
        found[name] = dataclasses.replace(with_data, data=())
    return found


def chip(config: Config, jobs: int) -> tuple[dict[str, float], dict[str, tuple[int, float]]]:
    """Export, build and run a chip.

    Returns
    -------
    dict of str to float
        Seconds of export and build, lines of Verilog.
    dict of str to (cycles, seconds)
        By load, see ``tb.pace``.
    """
    effort: dict[str, float] = {}
    with Watch(f"export {config.name}") as watch:
        texts = export(LoopedChip(config=config))
    effort["export"], effort["lines"] = watch.seconds, sum(text.count("\n") for text in texts.values())
    with Watch(f"build {config.name}, unless it is there") as watch:
        model = verilator.build(verilator.plan(texts, next(iter(texts)), shared=True, part=superlane(texts)), jobs=jobs)
    effort["build"] = watch.seconds
    folder = _fresh(OUT / config.name)
    for name, program in programs(config).items():
        (folder / f"{name}.slp").write_bytes(program.to_bytes())
    with Watch(f"run {config.name}"):
        return effort, _run(model, folder, CYCLES)


def part(config: Config, name: str) -> tuple[float, float]:
    """Cycles per second of a part under Verilator and under Amaranth's simulator, its inputs changing all the time."""
    texts = export(Driven(unit(config, name)))
    model = verilator.build(verilator.plan(texts, next(iter(texts))))
    cycles, seconds = _run(model, _fresh(OUT / f"{config.name}_{name}"), PART_CYCLES_VERILATED)[pace.ALONE]
    return cycles / seconds, _amaranth(Driven(unit(config, name)))


def _amaranth(block: Block) -> float:
    simulator = Simulator(block)
    simulator.add_clock(_PERIOD)
    simulator.run_until(2 * _PERIOD)
    begun = time.perf_counter()
    simulator.run_until((2 + PART_CYCLES) * _PERIOD)
    return PART_CYCLES / (time.perf_counter() - begun)


def _run(model: verilator.Model, folder: Path, cycles: int) -> dict[str, tuple[int, float]]:
    names = {pace.FOLDER: str(folder), pace.CYCLES: str(cycles), pace.BEFORE: str(BEFORE)}
    verilator.run(model, pace.__name__, folder, **names)
    found = json.loads((folder / pace.RESULTS).read_text(encoding="utf-8"))
    return {name: (int(n), float(seconds)) for name, (n, seconds) in found.items()}


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def measure(presets: list[str], *, jobs: int = 1) -> None:
    """Measure and print."""
    print(f"{'preset':8}{'load':36}{'cycles/s':>10}{'int8 MAC/s':>12}   one thread, one core")
    for name in presets:
        config = preset(name)
        effort, speeds = chip(config, jobs)
        for load, (cycles, seconds) in speeds.items():
            busy = rates(config)["int8_macs_per_cycle"] if not load.startswith("idle") else 0
            print(f"{name:8}{load:36}{cycles / seconds:10,.0f}{busy * cycles / seconds:12.3g}", flush=True)
        made = (
            f"export {effort['export']:.0f} s, {effort['lines']:,.0f} lines of Verilog, build {effort['build']:.0f} s"
        )
        print(f"{name:8}{made} (near 0 where the model was there)", flush=True)
    print(f"\n{'preset':8}{'part, inputs changing':24}{'Verilator':>12}{'Amaranth':>12}{'ratio':>8}   cycles/s")
    for name in presets:
        for which in PARTS:
            fast, slow = part(preset(name), which)
            print(f"{name:8}{which:24}{fast:12,.0f}{slow:12,.0f}{fast / slow:8,.0f}", flush=True)
