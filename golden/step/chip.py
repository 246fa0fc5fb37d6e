"""The reference engine: every queue and every unit, one cycle after the other."""

import copy
from collections import deque
from collections.abc import Callable, Mapping

from arch.program import Program
from arch.queues import Queue, Unit, queues
from golden import injection as aim
from golden.injection import Injection, MemoryInjection, StreamInjection
from golden.lanes import Bytes, Elements
from golden.memory import boot
from golden.result import Result, State
from golden.step.c2c import C2c
from golden.step.fabric import Fabric
from golden.step.fetch import Fetch
from golden.step.icu import Barrier, Sequencer
from golden.step.log import Log
from golden.step.mem import Mem
from golden.step.mxm import Mxm
from golden.step.store import Change
from golden.step.sxm import Sxm
from golden.step.vxm import Vxm
from golden.step.words import Decoded, Flags, Issue

__all__ = ["Machine"]

#: Cycles between two calls of a progress callback.
_PROGRESS_STEP = 1000

_Snapshot = tuple[Bytes, Flags, Elements, Flags]


class Machine:
    """A chip that runs a program, in local time: :attr:`cycle` is the local time of every superlane, and the real time
    of superlane 0.

    Between two steps the machine stands at the start of :attr:`cycle`: its registers are there, nothing has issued.

    Parameters
    ----------
    program
        The program, with its configuration.
    inputs : uint8[rows, vector] by region name
        Every region of role input or inout.
    injection
        Bit error to arm.
    trace
        Whether to record what every queue issues.

    Raises
    ------
    ValueError
        One line: inputs or an injection that do not fit.
    """

    def __init__(
        self,
        program: Program,
        inputs: Mapping[str, Bytes] | None = None,
        injection: Injection | None = None,
        *,
        trace: bool = False,
    ) -> None:
        config = program.config
        if injection is not None:
            aim.check(config, injection)
        self.program = program
        self._stream_injection = injection if isinstance(injection, StreamInjection) else None
        self._log = Log(config, trace)
        self._fabric = Fabric(config, self._log)
        self._barrier = Barrier(config)
        self._sequencers = [
            Sequencer(config, queue, words, self._log, self._barrier)
            for queue, words in zip(queues(config), program.preload, strict=True)
        ]
        self._fetch = Fetch(self._fabric)
        mem_injection = injection if isinstance(injection, MemoryInjection) else None
        self._mem = Mem(self._fabric, boot(program, inputs), mem_injection)
        self._vxm, self._mxm = Vxm(self._fabric), Mxm(self._fabric)
        self._sxm, self._c2c = Sxm(self._fabric), C2c(self._fabric)
        self._initial = self._snapshot()
        self._recent: deque[_Snapshot] = deque(maxlen=config.superlanes)
        self._quiet = 0
        self._enter()

    @property
    def cycle(self) -> int:
        """Cycle that the next step executes."""
        return self._fabric.time

    @property
    def idle(self) -> bool:
        """Whether the chip is idle in this cycle."""
        return self._quiet > self._fabric.timing.drain

    def step(self) -> None:
        """Execute a cycle."""
        time = self._fabric.time
        self._mem.commit()
        parked = [sequencer.parked(time) for sequencer in self._sequencers]
        issued = []
        for sequencer in self._sequencers:
            others = sum(parked) - parked[sequencer.queue.index] == len(parked) - 1
            found = sequencer.issue(time, others)
            if found is not None:
                self._log.issue(sequencer.queue, time, found[0].word, found[1])
                issued.append((sequencer, *found))
        # The south shifter first: a Select takes its vector.
        issued.sort(key=lambda entry: entry[0].queue.unit is not Unit.SXM_SHIFT_SOUTH)
        for sequencer, word, repeat in issued:
            self._dispatch(sequencer, word, repeat)
        self._fetch.sample()
        self._log.settle(time)
        self._fabric.begin()
        self._enter()

    def state(self) -> State:
        """Registers of the chip in the real cycle :attr:`cycle`: superlane k is k cycles behind."""
        cycle = self.cycle
        streams, streams_defined, mesh, mesh_defined = copy.deepcopy(self._initial)
        for superlane in range(min(self.program.config.superlanes, len(self._recent))):
            then = self._recent[-1 - superlane]
            streams[..., superlane, :] = then[0][..., superlane, :]
            streams_defined[..., superlane] = then[1][..., superlane]
            mesh[..., superlane, :] = then[2][..., superlane, :]
            mesh_defined[..., superlane] = then[3][..., superlane]
        memory, rows = self._mem.store.shown(cycle), self._mxm.store.shown(cycle)
        return State(cycle, streams, streams_defined, *memory, *rows, mesh, mesh_defined)

    def local(self) -> tuple[Bytes, Flags, Elements, Flags]:
        """Stream registers and mesh, each with its definedness, in the shapes of :class:`golden.result.State`: every
        superlane at its local time :attr:`cycle`. Not to be changed."""
        return self._recent[-1]

    def watch(self, memory: Callable[[Change], None], rows: Callable[[Change], None]) -> None:
        """Have every change of a MEM word, and of an accumulator row, announced before it is to be seen."""
        self._mem.store.watcher, self._mxm.store.watcher = memory, rows

    def run(self, limit: int, progress: Callable[[int], None] | None = None) -> Result:
        """Step until the chip is idle or ``limit`` cycles are over."""
        while not self.idle and self.cycle < limit:
            self.step()
            if progress is not None and self.cycle % _PROGRESS_STEP == 0:
                progress(self.cycle)
        return self.result()

    def result(self) -> Result:
        """What the run has given so far; the machine must not be stepped on, for the memory is its own."""
        memory, rows = self._mem.store.final(self.cycle), self._mxm.store.final(self.cycle)
        log = self._log
        found = (log.faults(), log.errors(self.cycle), log.counters(), log.trace())
        return Result(self.program, self.cycle, not self.idle, *memory, *rows, *found)

    def _enter(self) -> None:
        """What happens at the start of a cycle, once the streams have moved and been driven."""
        time = self._fabric.time
        flip = self._stream_injection
        if flip is not None and time == flip.cycle - flip.superlane:
            self._fabric.streams.flip(flip.direction, flip.stream, flip.position, flip.superlane, flip.mask)
        if self._barrier.arrives(time):
            for sequencer in self._sequencers:
                sequencer.release(time)
        quiet = not self._barrier.under_way and all(s.parked(time) for s in self._sequencers)
        self._quiet = self._quiet + 1 if quiet else 0
        self._recent.append(self._snapshot())
        self._mem.store.forget(time)
        self._mxm.store.forget(time)

    def _snapshot(self) -> _Snapshot:
        return (*self._fabric.streams.registers(), *self._vxm.mesh())

    def _dispatch(self, sequencer: Sequencer, word: Decoded, repeat: int) -> None:
        queue, time = sequencer.queue, self._fabric.time
        if not word.icu:
            self._log.issued[queue.index] += 1
        for part in word.parts:
            issue = Issue(time, queue, part, repeat, self._barrier.lit)
            if not word.icu:
                self._unit(queue)(issue)
            elif part.op.mnemonic == "Ifetch":
                self._fetch.start(issue, sequencer.arrive)

    def _unit(self, queue: Queue) -> Callable[[Issue], None]:
        """What executes a queue's instructions."""
        if queue.unit is Unit.MEM:
            return self._mem.issue
        if queue.unit is Unit.VXM:
            return self._vxm.issue
        if queue.unit is Unit.C2C:
            return self._c2c.issue
        if queue.unit in (Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS, Unit.MXM_ACCUMULATORS):
            return self._mxm.issue
        return self._sxm.issue
