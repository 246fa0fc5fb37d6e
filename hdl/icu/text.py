"""Text on its way to a queue: what samples it in each superlane, and the bus down the slice.

Sources: ``arch.text`` (layout, timing and why words never meet on the bus); ``docs/architecture.md``, Queues.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import WORD_BYTES, Config
from arch.isa.fields import STREAM_BITS
from hdl.icu.layout import WORD_BITS
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.secded import Checker
from hdl.streams import Tap
from hdl.words import column_bits

#: Bits of a superlane's number, and of a count of superlanes (as in Config).
SUPERLANE_BITS = 5


def command_signature(config: Config) -> wiring.Signature:
    """What climbs a slice while its queue fetches: one vector of a block.

    Members
    -------
    en : Out(1)
        Whether a vector is sampled in this cycle.
    ref : Out(6)
        Its stream and direction.
    part : Out(range(row_words))
        Which part of the instructions it holds; a bit also where there is one part only.
    limit : Out(5)
        Superlanes whose word is text; those above are dark, or surplus of the block.
    """
    part = Out(range(max(2, config.row_words)))
    return wiring.Signature({"en": Out(1), "ref": Out(STREAM_BITS), "part": part, "limit": Out(SUPERLANE_BITS)})


def bus_signature() -> wiring.Signature:
    """The bus down a slice: ``valid``, and an instruction, ``word``."""
    return wiring.Signature({"valid": Out(1), "word": Out(WORD_BITS)})


class TextTap(Block):
    """Samples text in one superlane, and passes instructions down.

    A word sampled in cycle t, the last part of its instruction, puts it on ``bus_out`` at t + 1. What is on ``bus_in``
    is on ``bus_out`` one cycle later.

    Parameters
    ----------
    config : Config
        The machine.
    directions : int
        Directions of streams that come by, see :class:`hdl.streams.Tap`.

    Members
    -------
    number : In(5)
        Superlane, a constant.
    command : In(command_signature), command_up : Out(command_signature)
        What to sample in this cycle, and the same for the superlane above, a cycle later.
    columns : In(column_bits).array(directions)
        Stream registers.
    bus_in : In(bus_signature), bus_out : Out(bus_signature)
    failed, corrected : Out(1)
        What the check found, at t + ``stages.operand``.
    """

    def __init__(self, *, config: Config, directions: int = 2):
        self.config, self.directions = config, directions
        command = command_signature(config)
        super().__init__(
            "text_tap",
            (f"{config.streams}x{config.word_bits}", f"d{directions}", f"s{config.stages.operand}"),
            {
                "number": In(SUPERLANE_BITS),
                "command": In(command),
                "command_up": Out(command),
                "columns": In(column_bits(config)).array(directions),
                "bus_in": In(bus_signature()),
                "bus_out": Out(bus_signature()),
                "failed": Out(1),
                "corrected": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.tap = tap = Tap(config=self.config, directions=self.directions)
        m.submodules.checker = checker = Checker(word_bits=self.config.word_bits, ecc=self.config.features.ecc)
        takes = Signal()
        m.d.comb += [
            takes.eq(self.command.en & (self.number < self.command.limit)),
            tap.en.eq(takes),
            tap.ref.eq(self.command.ref),
            checker.en.eq(takes),
            checker.word.eq(tap.words),
            self.failed.eq(delay(m, checker.failed, self.config.stages.operand)),
            self.corrected.eq(delay(m, checker.corrected, self.config.stages.operand)),
        ]
        m.d.comb += [mine.eq(theirs) for mine, theirs in zip(tap.columns, self.columns, strict=True)]
        m.d.sync += self.command_up.en.eq(self.command.en)
        with m.If(self.command.en):
            m.d.sync += [getattr(self.command_up, n).eq(getattr(self.command, n)) for n in ("ref", "part", "limit")]
        self._assemble(m, takes, checker.data)
        return m

    def _assemble(self, m: Module, takes: Signal, word: Any) -> None:
        """Parts wait here for the last one; then the instruction enters the bus."""
        parts = self.config.row_words
        held = [Signal(self.config.word_bits, name=f"part_{n}", reset_less=True) for n in range(parts - 1)]
        last = Signal()
        m.d.comb += last.eq(takes & (self.command.part == parts - 1))
        for n, part in enumerate(held):
            with m.If(takes & (self.command.part == n)):
                m.d.sync += part.eq(word)
        m.d.sync += self.bus_out.valid.eq(last | self.bus_in.valid)
        with m.If(last | self.bus_in.valid):
            m.d.sync += self.bus_out.word.eq(Mux(last, Cat(*held, word), self.bus_in.word))
        assert parts * self.config.lanes == WORD_BYTES
