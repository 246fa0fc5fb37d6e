"""An instruction queue: it issues its words in order, each in the cycle that the program sets.

Sources: ``docs/architecture.md``, Queues; ``arch.isa.icu``. What stands in the registers named ``_t0`` in cycle t is
issued at t; which word that is, is decided in the cycle before.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.faults import Fault
from arch.isa.icu import CONFIG, IFETCH, NOP, NOTIFY, REPEAT, SYNC
from arch.isa.spec import OPCODE_BITS, Spec
from arch.queues import Queue
from hdl.icu.ahead import AheadStore
from hdl.icu.fetch import Fetcher
from hdl.icu.layout import WORD_BITS, layout_of, word_layout
from hdl.icu.legal import Legal, used_bits, variant
from hdl.icu.rules import PLACE_BITS
from hdl.icu.store import Store
from hdl.icu.stride import strided
from hdl.icu.text import SUPERLANE_BITS, bus_signature, command_signature
from hdl.pipeline import delay
from hdl.seam import Block

#: Faults of a queue, in the order of the bits of ``hit``.
CODES = (Fault.DRY, Fault.UNDEFINED, Fault.OVERFLOW, Fault.FETCH_BUSY, Fault.CONFIG_BUSY, Fault.REPEAT)
#: Bits of NOP's and Repeat's numbers.
WAIT_BITS = NOP.by_name["n"].width


#: Instructions that each queue executes itself.
_ICU = (NOP, IFETCH, SYNC, NOTIFY, CONFIG, REPEAT)


def held_bits(config: Config, queue: Queue) -> int:
    """Mask of the bits of a word that a queue's memory holds as they are (see :func:`hdl.icu.ahead.narrow`): those
    that it uses where it reads ahead, else all."""
    return (1 << WORD_BITS) - 1 if config.features.fetch else used_bits(config, queue)


class InstructionQueue(Block):
    """Queue of one unit.

    Parameters
    ----------
    config : Config
        The machine.
    queue : Queue
        The queue, or any other of the same :func:`hdl.icu.legal.variant`.

    Members
    -------
    place : In(4)
        :func:`hdl.icu.legal.place_of` the queue, a constant.
    push : In(bus_signature)
        Words of the host, before the start.
    bus : In(bus_signature)
        Text at superlane 0; a word here in cycle p may issue at p + ``stages.fetch`` - 1.
    command : In(bus_signature)
        An instruction of the host, to be executed in the next cycle; only while parked.
    release : In(1)
        Parked queues may issue in the cycle behind the next one, and so may one whose Sync issues in the next.
    lit : In(5)
        Superlanes with power, for what issues in this cycle.
    others_parked : In(1)
        Whether all other queues are parked.
    counting : In(1)
        Whether issues and parked cycles count: from cycle 0 to idle.
    fire, instr : Out
        The unit's instruction of this cycle, for superlane 0.
    fetch : Out(command_signature)
        Text to sample in this cycle, for superlane 0.
    notify : Out(1), config_en : Out(1), config_lit : Out(5)
        Notify and Config issued in this cycle.
    parked : Out(1)
        Whether the queue is parked in this cycle.
    hit : Out(6)
        Faults, ``stages.operand`` cycles after the cycle that they belong to; bits as in ``CODES``.
    issues, waits : Out(1)
        Whether this cycle counts as one in which the unit's instruction issues, in which the queue is parked.
    """

    def __init__(self, *, config: Config, queue: Queue):
        self.config, self.queue = config, queue
        self.layout = layout_of(queue.unit)
        super().__init__(
            "queue",
            (variant(config, queue), config.fingerprint.hex()[:8]),
            {
                "place": In(PLACE_BITS),
                "push": In(bus_signature()),
                "bus": In(bus_signature()),
                "command": In(bus_signature()),
                "release": In(1),
                "lit": In(SUPERLANE_BITS),
                "others_parked": In(1),
                "counting": In(1),
                "fire": Out(1),
                "instr": Out(self.layout.width),
                "fetch": Out(command_signature(config)),
                "notify": Out(1),
                "config_en": Out(1),
                "config_lit": Out(SUPERLANE_BITS),
                "parked": Out(1, init=1),
                "hit": Out(len(CODES)),
                "issues": Out(1),
                "waits": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        # Where all text is there before the start, it can be read and judged ahead of its turn.
        ahead = not self.config.features.fetch
        depth, used = self.config.queue_depth, held_bits(self.config, self.queue)
        m.submodules.store = store = AheadStore(depth=depth, used=used) if ahead else Store(depth=depth)
        faults = {code: Signal(name=f"{code.name.lower()}_t0") for code in CODES}

        text_valid = delay(m, self.bus.valid, self.config.stages.fetch - 3)
        text_word = delay(m, self.bus.word, self.config.stages.fetch - 3, reset_less=True)
        m.d.comb += [store.push.eq(self.push.valid | text_valid), store.word.eq(self.push.word)]
        with m.If(text_valid):
            m.d.comb += store.word.eq(text_word)
        # A word that finds no place would have taken it in the next cycle.
        m.d.sync += faults[Fault.OVERFLOW].eq(store.lost)

        word = store.first
        take, takes = Signal(), Signal()
        m.d.comb += [takes.eq(take & store.some), store.pop.eq(takes)]
        ok, is_icu, is_unit = self._judged(m, store, takes)
        m.d.sync += [faults[Fault.DRY].eq(take & ~store.some), faults[Fault.UNDEFINED].eq(takes & ~ok)]

        repeating = self._repeat(m, word, takes, is_icu[REPEAT], is_unit, faults)
        waiting = self._wait(m, word, is_icu[NOP])
        self._park(m, is_icu[SYNC], take, ~repeating & ~waiting)
        self._others(m, word, is_icu, faults)
        if self.config.features.fetch:
            self._fetch(m, word, is_icu[IFETCH], faults)
        m.d.comb += [self.issues.eq(self.fire & self.counting), self.waits.eq(self.parked & self.counting)]
        m.d.comb += self.hit.eq(delay(m, Cat(*(faults[code] for code in CODES)), self.config.stages.operand))
        return m

    def _judged(self, m: Module, store: Any, takes: Value) -> tuple[Any, dict[Spec, Signal], Signal]:
        """Whether the first word is legal; and which kind of legal word is taken, for the next cycle."""
        m.submodules.legal = legal = Legal(config=self.config, queue=self.queue)
        ahead = isinstance(store, AheadStore)
        judged = store.second if ahead else store.first
        m.d.comb += [legal.place.eq(self.place), legal.word.eq(judged)]
        found = [judged[:OPCODE_BITS] == spec.opcode for spec in _ICU]
        flags = Cat(legal.ok, *found, ~Cat(*found).any())
        if ahead:
            first = Signal(len(flags), name="judged_t0")
            with m.If(store.load):
                m.d.sync += first.eq(flags)
            flags = first
        is_icu = {spec: Signal(name=f"{spec.mnemonic.lower()}_next") for spec in _ICU}
        is_unit = Signal()
        m.d.comb += [signal.eq(takes & flags[0] & flags[n]) for n, signal in enumerate((*is_icu.values(), is_unit), 1)]
        return flags[0], is_icu, is_unit

    def _repeat(self, m: Module, word: Any, takes: Any, is_repeat: Any, is_unit: Any, faults: Any) -> Signal:
        """The unit's instruction and its repeats; tells whether there are more of them to come."""
        view = data.View(word_layout(REPEAT), word)
        behind_t0, starts, more, again = Signal(), Signal(), Signal(), Signal()
        # In this cycle left_t0 issues are to come, the first of them after gap_t0 more cycles.
        left_t0, gap_t0, period_t0 = Signal(WAIT_BITS), Signal(WAIT_BITS), Signal(WAIT_BITS)
        # What would otherwise be compared before the next word can be taken: left is 0, left is 1, gap is 0, period is
        # 1.
        none_t0, last_t0, now_t0, each_t0 = Signal(init=1), Signal(), Signal(init=1), Signal()
        each = view.d == 1
        m.d.comb += [
            starts.eq(is_repeat & behind_t0),
            more.eq(~none_t0 & ~(last_t0 & now_t0)),
            again.eq(Mux(starts, (view.n != 0) & each, more & Mux(now_t0, each_t0, gap_t0 == 1))),
        ]
        with m.If(starts):
            m.d.sync += [left_t0.eq(view.n), gap_t0.eq(view.d - 1), period_t0.eq(view.d)]
            m.d.sync += [none_t0.eq(view.n == 0), last_t0.eq(view.n == 1), now_t0.eq(each), each_t0.eq(each)]
        with m.Elif(~none_t0 & now_t0):
            m.d.sync += [left_t0.eq(left_t0 - 1), none_t0.eq(last_t0), last_t0.eq(left_t0 == 2)]
            m.d.sync += [gap_t0.eq(period_t0 - 1), now_t0.eq(each_t0)]
        with m.Elif(~none_t0):
            m.d.sync += [gap_t0.eq(gap_t0 - 1), now_t0.eq(gap_t0 == 1)]

        following = strided(m, self.queue.unit, self.instr)
        m.d.sync += [
            self.fire.eq(is_unit | again | self.command.valid),
            faults[Fault.REPEAT].eq(is_repeat & ~behind_t0),
        ]
        with m.If(is_unit):
            m.d.sync += self.instr.eq(self.layout.pack(word))
        with m.Elif(self.command.valid):
            m.d.sync += self.instr.eq(self.layout.pack(self.command.word))
        with m.Elif(again):
            m.d.sync += self.instr.eq(following)
        with m.If(takes):
            m.d.sync += behind_t0.eq(is_unit | starts)
        return more

    def _wait(self, m: Module, word: Any, is_nop: Any) -> Signal:
        """NOP: cycles of waiting after its own."""
        n = data.View(word_layout(NOP), word).n
        left_t0, waiting_t0 = Signal(WAIT_BITS), Signal()
        with m.If(is_nop):
            m.d.sync += [left_t0.eq(n - 1), waiting_t0.eq(n != 1)]
        with m.Elif(waiting_t0):
            m.d.sync += [left_t0.eq(left_t0 - 1), waiting_t0.eq(left_t0 != 1)]
        return waiting_t0

    def _park(self, m: Module, is_sync: Any, take: Signal, free: Any) -> None:
        """Sync and release: whether a word may be taken for the next cycle."""
        sync_t0, released_t0, held = Signal(), Signal(), Signal()
        m.d.sync += [sync_t0.eq(is_sync), released_t0.eq(self.release), self.parked.eq(held & ~released_t0)]
        m.d.comb += [held.eq(self.parked | sync_t0), take.eq(free)]
        with m.If(held):
            m.d.comb += take.eq(released_t0)

    def _others(self, m: Module, word: Any, is_icu: Any, faults: Any) -> None:
        """Notify and Config."""
        m.d.sync += [self.notify.eq(is_icu[NOTIFY]), self.config_en.eq(is_icu[CONFIG])]
        with m.If(is_icu[CONFIG]):
            m.d.sync += self.config_lit.eq(data.View(word_layout(CONFIG), word).n)
        m.d.comb += faults[Fault.CONFIG_BUSY].eq(self.config_en & ~self.others_parked)

    def _fetch(self, m: Module, word: Any, is_ifetch: Any, faults: Any) -> None:
        """Ifetch."""
        m.submodules.fetcher = fetcher = Fetcher(config=self.config)
        ifetch_t0, ref_t0 = Signal(), Signal.like(fetcher.ref)
        m.d.sync += ifetch_t0.eq(is_ifetch)
        with m.If(is_ifetch):
            m.d.sync += ref_t0.eq(data.View(word_layout(IFETCH), word).s)
        m.d.comb += [
            faults[Fault.FETCH_BUSY].eq(ifetch_t0 & fetcher.busy),
            fetcher.start.eq(ifetch_t0 & ~fetcher.busy),
            fetcher.ref.eq(ref_t0),
            fetcher.lit.eq(self.lit),
        ]
        for name in ("en", "ref", "part", "limit"):
            m.d.comb += getattr(self.fetch, name).eq(getattr(fetcher.command, name))
