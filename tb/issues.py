"""What every queue of the hardware issues, cycle by cycle, written as a trace file. A cocotb module.

Read from the registers in front of the lowest superlane, so it owes nothing to the golden model: a word is what the
hardware has made of it, strides added, and `repeat` is 0 everywhere.
"""

import os
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ReadOnly, RisingEdge

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.isa.icu import CONFIG, IFETCH, NOTIFY, SYNC
from arch.isa.spec import make
from arch.program import Program
from arch.queues import Queue, queues
from compiler.asm import trace
from golden.memory import boot
from hdl.export import export
from hdl.icu.layout import WORD_BITS, layout_of
from hdl.looped import LoopedChip
from hdl.vertical import port_name
from tb import verilator
from tb.host import Host, start_clock

#: Environment variables that name the program file and the trace file to write.
PROGRAM, TRACE = "SUPERLANE_PROGRAM", "SUPERLANE_TRACE"
#: Cycles after which a run that does not end is stopped.
LIMIT = 20_000
#: Signals of a queue that say what it issues in this cycle, and behind them, what it takes for the next.
SIGNALS = ("fire", "instr", "notify", "config_en", "config_lit", "ref_t0", "fetch_busy_t0", "sync_next", "ifetch_next")
VISIBLE = tuple(("queue_*", name) for name in SIGNALS)
#: Of a chip: where its run is. They are ports of a top, and so are seen there anyway.
RUN_SIGNALS = ("start", "cycle", "idle")
#: What is seen where the chip stands behind its host interface.
HOSTED = (*VISIBLE, *((module, name) for module in ("chip_*", "looped_chip_*") for name in RUN_SIGNALS))


def traced_model(config: Config, *, jobs: int = 1) -> verilator.Model:
    """A chip with its links looped back, and visible what its queues issue; ``MissingToolError`` without the tools."""
    verilator.root()
    sources = export(LoopedChip(config=config))
    return verilator.build(verilator.plan(sources, next(iter(sources)), visible=VISIBLE), jobs=jobs)


def record(model: verilator.Model, program: Path, target: Path, folder: Path) -> None:
    """Run a program file, whose inputs are zero, on a :func:`traced_model`, and write its trace (.jsonl)."""
    verilator.run(model, "tb.issues", folder, **{PROGRAM: str(program), TRACE: str(target)})


def full_word(queue: Queue, packed: int) -> int:
    """The 128-bit word of the bits that climb a slice; the others of a legal word are zero."""
    layout = layout_of(queue.unit)
    bits = [bit for bit in range(WORD_BITS) if layout.used >> bit & 1]
    return sum((packed >> place & 1) << bit for place, bit in enumerate(bits))


class Probe:
    """Strobes of one queue. Both methods are called in each cycle, in their order, once its values have settled."""

    def __init__(self, chip: Any, queue: Queue) -> None:
        self.queue = queue
        self._handles = {name: getattr(getattr(chip, f"queue_{port_name(queue)}"), name) for name in SIGNALS}
        self._sync = self._ifetch = 0

    def word(self) -> int | None:
        """Word issued in this cycle, NOP and Repeat aside; None if there is none."""
        if self._read("fire"):
            return full_word(self.queue, self._read("instr"))
        if self._sync:
            return make(SYNC).encode()
        if self._read("notify"):
            return make(NOTIFY).encode()
        if self._read("config_en"):
            return make(CONFIG, n=self._read("config_lit")).encode()
        if self._ifetch and not self._read("fetch_busy_t0"):
            return make(IFETCH, s=self._read("ref_t0")).encode()
        return None

    def take(self) -> None:
        """Note what is taken in this cycle and issues in the next."""
        self._sync, self._ifetch = self._read("sync_next"), self._read("ifetch_next")

    def _read(self, name: str) -> int:
        return int(self._handles[name].value)


class Recorder:
    """What all queues of a chip issue, from the start on.

    Parameters
    ----------
    chip
        Handle of the module :class:`hdl.chip.Chip`, in which the queues are.
    config
        The machine.
    """

    def __init__(self, chip: Any, config: Config) -> None:
        self._probes = [Probe(chip, queue) for queue in queues(config)]
        self.issues: list[trace.Issue] = []

    def start(self) -> None:
        """Look at the cycle before cycle 0, once its values have settled."""
        for probe in self._probes:
            probe.take()

    def sample(self, cycle: int) -> None:
        """Look at a cycle of the run, once its values have settled."""
        for probe in self._probes:
            if (word := probe.word()) is not None:
                self.issues.append(trace.Issue(cycle, probe.queue.index, word, 0))
            probe.take()


async def follow(clock: Any, ports: Any, recorder: Recorder, limit: int) -> None:
    """Record a run that somebody else drives, from its start to the idle chip or the limit.

    Parameters
    ----------
    clock
        Handle of the clock.
    ports
        Handle of a module that has the chip's ``RUN_SIGNALS``.
    recorder
        Takes it.
    limit
        Cycle from which on nothing is recorded.
    """
    while not ports.start.value:
        await RisingEdge(clock)
        await ReadOnly()
    await RisingEdge(clock)
    await ReadOnly()
    recorder.start()
    while True:
        await RisingEdge(clock)
        await ReadOnly()
        cycle = ports.cycle.value.to_unsigned()
        if ports.idle.value or cycle >= limit:
            return
        recorder.sample(cycle)


@cocotb.test()
async def traced(dut: Any) -> None:
    """Boot, run to idle, and write what was issued, the faults, and the cycles."""
    program = Program.from_bytes(Path(os.environ[PROGRAM]).read_bytes())
    await start_clock(dut)
    host = Host(dut, program)
    await host.reset()
    await host.load_text()
    await _load_memory(host)
    recorder = Recorder(dut.chip, program.config)
    await _run(host, recorder)
    cycles, stopped = dut.cycle.value.to_unsigned(), not dut.idle.value
    marks = [
        trace.Mark(first, queue, "fault", Fault(code).name, superlane, count)
        for (queue, superlane), (code, first, count, _) in (await host.reports()).items()
        if count
    ]
    lines = trace.lines(program.config, recorder.issues, marks, cycles, stopped)
    Path(os.environ[TRACE]).write_text(lines, encoding="utf-8")


async def _run(host: Host, recorder: Recorder) -> None:
    """Start the chip and follow it until it is idle."""
    dut = host.dut
    dut.start.value = 1
    await host.step()
    dut.start.value = 0
    await ReadOnly()
    recorder.start()
    await host.step()
    while not dut.idle.value and (cycle := dut.cycle.value.to_unsigned()) < LIMIT:
        await ReadOnly()
        recorder.sample(cycle)
        await host.step()


async def _load_memory(host: Host) -> None:
    """Store the program's data, and zeros in what the host is to fill."""
    program, config = host.program, host.config
    rows: dict[str, int] = {}
    for region in program.regions:
        if region.role != "output":
            rows[region.name] = rows.get(region.name, 0) + region.rows
    memory = boot(program, {name: np.zeros((count, config.vector), np.uint8) for name, count in rows.items()})
    for side, mem_slice, bank, offset in np.argwhere(memory.defined.all(axis=-1)).tolist():
        vector = memory.data[side, mem_slice, bank, offset].tobytes()
        await host.write(Hemisphere(side), mem_slice, bank << OFFSET_BITS | offset, vector)
    # The last Write has still to climb.
    await host.step(config.superlanes + 2)
