"""From what the host port samples to packets on the AXI4-Stream output."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.host import DATA_BITS
from arch.timing import timing
from hdl.host.access import distances
from hdl.icu.store import Store
from hdl.seam import Block
from hdl.secded import Checker
from hdl.vertical import taken_signature


def spacing(config: Config) -> int:
    """Cycles from one read to the next: the words of a vector come down in every second cycle, the first of the next
    one right behind the last."""
    return 2 * config.superlanes - 1


def room(config: Config) -> int:
    """Beats that the buffer holds: enough to read at the full rate while none waits."""
    latency = 1 + timing(config).read + max(distances(config)) + 2 * config.superlanes
    return config.superlanes * (-(-latency // spacing(config)) + 2)


class Reader(Block):
    """Asks for ``count`` vectors, checks and corrects their words, and sends them as one packet of ``superlanes`` beats
    each, superlane 0 first. It asks only when there is room for the whole vector, so the machine never waits.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    begin : In(1), count : In(32)
        Begin in the next cycle; vectors, at least 1.
    raw : In(1)
        Send words as they are stored, wrong bits included.
    ask : Out(1)
        The next vector is to be fetched.
    taken : In(taken_signature)
        Its words.
    m_valid, m_ready, m_data, m_last
        The stream.
    active : Out(1)
        The packet is not at its end.
    vector_done : Out(1)
        The last beat of a vector leaves.
    corrected, failed : Out(1)
        What the check found in this cycle.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "host_reader",
            (config.fingerprint.hex()[:8],),
            {
                "begin": In(1),
                "count": In(DATA_BITS),
                "raw": In(1),
                "ask": Out(1),
                "taken": In(taken_signature(config)),
                "m_valid": Out(1),
                "m_ready": In(1),
                "m_data": Out(config.word_bits),
                "m_last": Out(1),
                "active": Out(1),
                "vector_done": Out(1),
                "corrected": Out(1),
                "failed": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        config, bits = self.config, self.config.word_bits
        m.submodules.checker = checker = Checker(word_bits=bits, ecc=self.config.features.ecc)
        m.submodules.store = store = Store(depth=room(config))
        m.d.comb += [
            checker.en.eq(self.taken.valid),
            checker.word.eq(self.taken.word),
            self.corrected.eq(checker.corrected),
            self.failed.eq(checker.failed),
            store.push.eq(self.taken.valid),
            store.word.eq(Mux(self.raw, self.taken.word[:bits], checker.data)),
            self.m_valid.eq(store.some),
            self.m_data.eq(store.first),
            store.pop.eq(store.some & self.m_ready),
        ]
        to_ask, to_send, wait = Signal(DATA_BITS), Signal(DATA_BITS), Signal(range(spacing(config)))
        # Whether to_ask is not 0, whether to_send is 1: compared a cycle ahead, for the chip waits for what asks.
        asking, last = Signal(), Signal()
        beat, booked = Signal(range(config.superlanes)), Signal(range(room(config) + 1))
        m.d.comb += [
            self.ask.eq(asking & (wait == 0) & (booked <= room(config) - config.superlanes)),
            self.vector_done.eq(store.pop & (beat == config.superlanes - 1)),
            self.m_last.eq(last & (beat == config.superlanes - 1)),
        ]
        m.d.sync += booked.eq(booked + Mux(self.ask, config.superlanes, 0) - store.pop)
        with m.If(self.ask):
            m.d.sync += [to_ask.eq(to_ask - 1), asking.eq(to_ask != 1), wait.eq(spacing(config) - 1)]
        with m.Elif(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.If(self.vector_done):
            m.d.sync += [beat.eq(0), to_send.eq(to_send - 1), last.eq(to_send == 2), self.active.eq(~last)]
        with m.Elif(store.pop):
            m.d.sync += beat.eq(beat + 1)
        with m.If(self.begin):
            m.d.sync += [to_ask.eq(self.count), to_send.eq(self.count)]
            m.d.sync += [asking.eq(1), last.eq(self.count == 1), self.active.eq(1)]
        return m
