"""From the AXI4-Stream input to vectors for memory, or to words for a queue."""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from arch.host import DATA_BITS
from hdl.icu.layout import WORD_BITS
from hdl.seam import Block
from hdl.words import piece


class Writer(Block):
    """Takes one packet of ``count`` pieces: vectors of ``superlanes`` beats, superlane 0 first, or words of
    ``row_words`` beats, lowest bytes first. One beat each cycle.

    A piece stands complete in the cycle after its last beat. The beats of the next vector may follow at once: superlane
    k's word changes no earlier than k + 1 cycles after that, and it has been driven by then.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    begin : In(1), text : In(1), count : In(32)
        Take a packet from the next cycle on; whether it holds text; its pieces, at least 1.
    stop : In(1)
        Give up.
    s_valid, s_ready, s_data, s_last
        The stream.
    vector : Out(vector * 8), vector_done : Out(1)
        A vector; the pulse tells that it is complete.
    word : Out(128), word_done : Out(1)
        A word of text.
    active : Out(1)
        The packet is not at its end.
    too_short, too_long : Out(1)
        In the cycle of the beat that ends it: the packet ended too early; it has more beats.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "host_writer",
            (config.superlanes, config.lanes),
            {
                "begin": In(1),
                "text": In(1),
                "count": In(DATA_BITS),
                "stop": In(1),
                "s_valid": In(1),
                "s_ready": Out(1),
                "s_data": In(config.word_bits),
                "s_last": In(1),
                "vector": Out(config.vector * BYTE_BITS),
                "vector_done": Out(1),
                "word": Out(WORD_BITS),
                "word_done": Out(1),
                "active": Out(1),
                "too_short": Out(1),
                "too_long": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        config = self.config
        text, left = Signal(), Signal(DATA_BITS)
        beat = Signal(range(max(config.superlanes, config.row_words, 2)))
        taken, completes, ends, last = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            self.s_ready.eq(self.active),
            taken.eq(self.active & self.s_valid),
            completes.eq(taken & (beat == (config.superlanes - 1))),
            ends.eq(completes & last),
            self.too_short.eq(taken & self.s_last & ~ends),
            self.too_long.eq(ends & ~self.s_last),
        ]
        with m.If(text):
            m.d.comb += completes.eq(taken & (beat == config.row_words - 1))
        m.d.sync += [self.vector_done.eq(completes & ~text), self.word_done.eq(completes & text)]
        with m.If(taken):
            m.d.sync += beat.eq(beat + 1)
            with m.Switch(beat):
                for n in range(max(config.superlanes, config.row_words)):
                    with m.Case(n):
                        if n < config.superlanes:
                            with m.If(~text):
                                m.d.sync += piece(self.vector, n, config.word_bits).eq(self.s_data)
                        if n < config.row_words:
                            with m.If(text):
                                m.d.sync += piece(self.word, n, config.word_bits).eq(self.s_data)
        with m.If(completes):
            m.d.sync += [beat.eq(0), left.eq(left - 1), last.eq(left == 2)]
        with m.If(ends | self.too_short | self.stop):
            m.d.sync += self.active.eq(0)
        with m.If(self.begin):
            m.d.sync += [self.active.eq(1), text.eq(self.text), left.eq(self.count), beat.eq(0)]
            m.d.sync += last.eq(self.count == 1)
        return m
