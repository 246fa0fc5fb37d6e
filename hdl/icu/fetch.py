"""The sequencer of an Ifetch: which vector of the block is to be sampled in which cycle.

Source: ``arch.text``.
"""

from collections import Counter
from typing import Any

from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from arch import text
from arch.config import Config
from arch.isa.fields import STREAM_BITS
from hdl.icu.text import SUPERLANE_BITS, command_signature
from hdl.seam import Block

#: Vectors sampled in consecutive cycles; then the bus wants a pause.
PAIR = 2


class Fetcher(Block):
    """Turns one Ifetch into commands for the vectors of its block. Latency 0 for the first of them.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    start : In(1)
        Whether an Ifetch is executed in this cycle, t.
    ref, lit : In
        Its stream, and the superlanes with power.
    busy : Out(1)
        Whether an Ifetch in this cycle comes too early; it is not to be started.
    command : Out(command_signature)
        Vector *v* at t + ``text.sample_offset(v)``, for superlane 0.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "fetcher",
            (f"{config.superlanes}x{config.lanes}",),
            {
                "start": In(1),
                "ref": In(STREAM_BITS),
                "lit": In(SUPERLANE_BITS),
                "busy": Out(1),
                "command": Out(command_signature(config)),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        config, command = self.config, self.command
        span, vectors, parts = text.span(config), text.vectors(config), config.row_words
        # Cycles until the next Ifetch may come; the block lies within them.
        left_t0 = Signal(range(span))
        phase_t0, vector_t0 = Signal(range(PAIR * config.superlanes)), Signal(range(vectors + 1), init=vectors)
        ref_t0, lit_t0 = Signal(STREAM_BITS), Signal(SUPERLANE_BITS)
        phase, vector = Signal.like(phase_t0), Signal.like(vector_t0)
        lit, limit = Signal(SUPERLANE_BITS), Signal(SUPERLANE_BITS)
        m.d.comb += [
            self.busy.eq(left_t0 != 0),
            phase.eq(phase_t0),
            vector.eq(vector_t0),
            lit.eq(lit_t0),
            command.ref.eq(ref_t0),
            command.limit.eq(limit),
        ]
        with m.If(self.start):
            m.d.sync += [left_t0.eq(span - 1), ref_t0.eq(self.ref), lit_t0.eq(self.lit)]
            m.d.comb += [phase.eq(0), vector.eq(0), lit.eq(self.lit), command.ref.eq(self.ref)]
        with m.Elif(self.busy):
            m.d.sync += left_t0.eq(left_t0 - 1)
        with m.If(vector != vectors):
            m.d.comb += [command.en.eq(phase < PAIR), command.part.eq(vector[: (parts - 1).bit_length()])]
            m.d.sync += [phase_t0.eq(phase + 1), vector_t0.eq(vector + command.en)]
            with m.If(phase == PAIR * config.superlanes - 1):
                m.d.sync += phase_t0.eq(0)
        self._limit(m, limit, lit, vector)
        return m

    def _limit(self, m: Module, limit: Signal, lit: Signal, vector: Signal) -> None:
        """A block may have more words than instructions: from some superlane on, those of its last rows are surplus."""
        parts = self.config.row_words
        m.d.comb += limit.eq(lit)
        for powered in range(1, self.config.superlanes + 1):
            counts = Counter(word.row for word in text.block(self.config, powered))
            short = [row for row in range(text.rows(self.config)) if counts[row] < powered]
            if short:
                with m.If(lit == powered):
                    with m.Switch(vector):
                        for row in short:
                            with m.Case(*range(row * parts, row * parts + parts)):
                                m.d.comb += limit.eq(counts[row])
