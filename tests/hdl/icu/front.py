"""A few queues and what they have in common, wired as in the chip; and what they should do, by the golden sequencer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from arch import text as layout
from arch.config import Config
from arch.isa.table import encode
from arch.queues import Queue, queues_by_name
from arch.timing import timing
from golden.step.icu import Barrier, Sequencer
from golden.step.log import Log
from hdl.icu.control import Control
from hdl.icu.layout import layout_of
from hdl.icu.legal import place_of
from hdl.icu.queue import CODES, InstructionQueue
from hdl.seam import Block
from tests.hdl.expose import expose, outside
from tests.hdl.simulate import simulate

#: Text that comes down the bus: cycle in which it stands there, by queue name, and the word.
Text = Mapping[tuple[int, str], int]


@dataclass
class Seen:
    """What queues did, by cycle from cycle 0 on; ``idle`` is the cycle in which the chip was idle, -1 if never."""

    issues: dict[tuple[int, str], int] = field(default_factory=dict)
    faults: dict[tuple[int, str], int] = field(default_factory=dict)
    #: Text to be sampled: stream, part, superlanes whose word is text.
    fetches: dict[tuple[int, str], tuple[int, int, int]] = field(default_factory=dict)
    lit: list[int] = field(default_factory=list)
    counters: dict[str, tuple[int, int]] = field(default_factory=dict)
    idle: int = -1
    cycle: int = -1


#: Ports that lead from the queues to their control.
INSIDE = ("place", "release", "lit", "others_parked", "counting")


class Front(Block):
    """Queues and their control, with all ports of theirs that lead elsewhere; other queues of the chip are left out."""

    def __init__(self, config: Config, names: Sequence[str]):
        self.config = config
        self._control = Control(config=config, count=len(names))
        self._queues = [InstructionQueue(config=config, queue=queues_by_name(config)[name]) for name in names]
        shown = ("start", "cycle", "idle", "cycle_next", "running", "lit", "powered_next")
        control = {name: self._control.signature.members[name] for name in shown}
        ports = {f"queue_{n}": Out(outside(queue, *INSIDE)) for n, queue in enumerate(self._queues)}
        super().__init__("front", (config.fingerprint.hex()[:8],), {"control": Out(wiring.Signature(control)), **ports})

    @property
    def queues(self) -> list[Any]:
        """Ports of the queues."""
        return [getattr(self, f"queue_{n}") for n in range(len(self._queues))]

    def body(self, platform: Any) -> Module:
        m, control = Module(), self._control
        m.submodules.controller = control
        m.d.comb += expose(self.control, control)
        for n, queue in enumerate(self._queues):
            m.submodules[f"inner_{n}"] = queue
            m.d.comb += [
                *expose(self.queues[n], queue),
                queue.place.eq(place_of(self.config, queue.queue)),
                queue.release.eq(control.release),
                queue.lit.eq(control.lit),
                queue.others_parked.eq(control.others_parked[n]),
                queue.counting.eq(control.running),
                control.parked[n].eq(queue.parked),
                control.notify[n].eq(queue.notify),
                control.config_en[n].eq(queue.config_en),
                control.config_lit[n].eq(queue.config_lit),
            ]
        return m


def expected(config: Config, programs: Mapping[str, Sequence[int]], text: Text, cycles: int) -> Seen:
    """What queues with these words do, by the golden sequencer.

    A word of text that stands on the bus in cycle p takes its place in p + ``stages.fetch`` - 2.
    """
    seen, log, barrier = Seen(), Log(config, False), Barrier(config)
    named = queues_by_name(config)
    sequencers = [Sequencer(config, named[name], tuple(words), log, barrier) for name, words in programs.items()]
    quiet = 0
    for time in range(cycles):
        if barrier.arrives(time):
            for sequencer in sequencers:
                sequencer.release(time)
        parked = [sequencer.parked(time) for sequencer in sequencers]
        quiet = quiet + 1 if all(parked) and not barrier.under_way else 0
        if quiet == timing(config).drain + 1:
            seen.idle = time
            break
        seen.lit.append(barrier.lit)
        for sequencer in sequencers:
            word = text.get((time - config.stages.fetch + 2, sequencer.queue.name))
            if word is not None:
                sequencer.arrive(time, word)
        for n, sequencer in enumerate(sequencers):
            found = sequencer.issue(time, all(parked[:n] + parked[n + 1 :]))
            if found is not None and found[0].word[0].mnemonic == "Ifetch":
                seen.fetches |= _sampled(config, sequencer.queue.name, time, found[0].word[0]["s"], barrier.lit)
            if found is not None and not found[0].icu:
                log.issued[sequencer.queue.index] += 1
                seen.issues[time, sequencer.queue.name] = _repeated(sequencer.queue, found[0].word, found[1])
        for index, _, fault in log._due.pop(time, ()):
            key = time, next(name for name in programs if named[name].index == index)
            seen.faults[key] = seen.faults.get(key, 0) | 1 << CODES.index(fault)
    for name in programs:
        index = named[name].index
        seen.counters[name] = int(log.issued[index]), int(log.parked[index])
    seen.cycle = time
    return seen


def _sampled(config: Config, name: str, time: int, ref: int, lit: int) -> dict[tuple[int, str], tuple[int, int, int]]:
    """What an Ifetch has sampled."""
    rows = Counter(place.row for place in layout.block(config, lit))
    return {
        (time + layout.sample_offset(config, n), name): (ref, n % config.row_words, rows[n // config.row_words])
        for n in range(layout.vectors(config))
    }


def _repeated(queue: Queue, word: Any, times: int) -> int:
    """The instruction as it climbs, its strides added."""
    ops = []
    for op in word:
        target = {"Read": "a", "Write": "a", "LW": "col", "IW": "col", "ACC": "row"}.get(op.mnemonic)
        if target is not None:
            # An offset wraps below its bank, other fields at their width.
            size = 1 << (12 if target == "a" else op.spec.by_name[target].width)
            value = op[target]
            op = op.replace(**{target: value - value % size + (value + times * op["stride"]) % size})
        ops.append(op)
    return layout_of(queue.unit).pack_int(encode(tuple(ops)))


def play(config: Config, programs: Mapping[str, Sequence[int]], text: Text, cycles: int) -> Seen:
    """What the hardware does."""
    front, seen, late = Front(config, tuple(programs)), Seen(), config.stages.operand
    named = dict(zip(programs, front.queues, strict=True))

    async def bench(ctx: Any) -> None:
        for name, queue in named.items():
            ctx.set(queue.push.valid, 1)
            for word in programs[name]:
                ctx.set(queue.push.word, word)
                await ctx.tick()
            ctx.set(queue.push.valid, 0)
        ctx.set(front.control.start, 1)
        await ctx.tick()
        ctx.set(front.control.start, 0)
        assert not ctx.get(front.control.running) and ctx.get(front.control.cycle) == (1 << 32) - 1
        powered, number = ctx.get(front.control.powered_next), ctx.get(front.control.cycle_next)
        await ctx.tick()
        for time in range(cycles):
            assert ctx.get(front.control.cycle) == number == time
            if ctx.get(front.control.idle):
                seen.idle = time
                break
            seen.lit.append(ctx.get(front.control.lit))
            assert powered == seen.lit[-1]
            powered, number = ctx.get(front.control.powered_next), ctx.get(front.control.cycle_next)
            for name, queue in named.items():
                issued, waited = seen.counters.get(name, (0, 0))
                seen.counters[name] = issued + ctx.get(queue.issues), waited + ctx.get(queue.waits)
                word = text.get((time, name))
                ctx.set(queue.bus.valid, word is not None)
                ctx.set(queue.bus.word, 0 if word is None else word)
                if ctx.get(queue.fetch.en):
                    fetch = queue.fetch
                    seen.fetches[time, name] = ctx.get(fetch.ref), ctx.get(fetch.part), ctx.get(fetch.limit)
                if ctx.get(queue.fire):
                    seen.issues[time, name] = ctx.get(queue.instr)
                if time >= late and ctx.get(queue.hit):
                    seen.faults[time - late, name] = ctx.get(queue.hit)
            seen.cycle = time
            await ctx.tick()
        if seen.idle >= 0:
            # Nothing goes on counting.
            for _ in range(5):
                await ctx.tick()
                assert not any(ctx.get(queue.issues) or ctx.get(queue.waits) for queue in named.values())
                assert ctx.get(front.control.powered_next) == config.superlanes
            assert ctx.get(front.control.cycle) == seen.idle and ctx.get(front.control.idle)

    simulate(front, bench)
    return seen


def compare(config: Config, programs: Mapping[str, Sequence[int]], text: Text, cycles: int) -> Seen:
    """Compare every issue, fault, power setting and counter, in its cycle."""
    wanted, seen = expected(config, programs, text, cycles), play(config, programs, text, cycles)
    last = len(seen.lit) - config.stages.operand
    assert seen.idle == wanted.idle
    assert seen.lit == wanted.lit
    assert seen.issues == wanted.issues
    assert seen.faults == {key: bits for key, bits in wanted.faults.items() if key[0] < last}
    assert seen.fetches == {key: what for key, what in wanted.fetches.items() if key[0] < len(seen.lit)}
    assert seen.counters == wanted.counters
    return wanted
