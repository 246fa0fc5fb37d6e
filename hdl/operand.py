"""The operand stage: a stream group sampled at issue, corrected and checked.

Sources: ``arch.config.Stages.operand``; ``docs/architecture.md``, Errors and Power-down.
"""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.isa.fields import STREAM_BITS
from hdl.numeric import adder_tree
from hdl.seam import Block
from hdl.secded import Checker
from hdl.streams import Tap
from hdl.words import column_bits, piece


class Operand(Block):
    """Samples a stream group in cycle t and gives its data at t + ``stages.operand``.

    Parameters
    ----------
    config : Config
        The machine.
    width : int
        Streams in the group.
    directions : int
        Directions that come by, see :class:`hdl.streams.Tap`.

    Members
    -------
    fire : In(1)
        Whether an instruction samples in this cycle; without it the data stay as they are.
    lit : In(1)
        Whether the superlane has power: a dark one reads zeros and checks nothing.
    ref : In(6)
        First stream and direction.
    columns : In(column_bits).array(directions)
    valid : Out(1)
        ``fire``, as late as the data.
    data : Out(width * word_bits)
        Corrected words by stream.
    corrected : Out(range(width + 1))
        Words in which one bit was wrong, as late as the data; zero without ``valid``.
    failed : Out(range(width + 1))
        Words in which more were.
    """

    def __init__(self, *, config: Config, width: int = 1, directions: int = 2):
        self.config, self.width, self.directions = config, width, directions
        self.stages = config.stages.operand
        super().__init__(
            "operand",
            (f"{config.streams}x{config.word_bits}", f"w{width}", f"d{directions}", f"s{self.stages}"),
            {
                "fire": In(1),
                "lit": In(1),
                "ref": In(STREAM_BITS),
                "columns": In(column_bits(config)).array(directions),
                "valid": Out(1),
                "data": Out(width * config.word_bits),
                "corrected": Out(range(width + 1)),
                "failed": Out(range(width + 1)),
            },
        )

    def body(self, platform: Any) -> Module:
        m, bits = Module(), self.config.word_bits
        m.submodules.tap = tap = Tap(config=self.config, width=self.width, directions=self.directions)
        m.d.comb += [tap.en.eq(self.fire & self.lit), tap.ref.eq(self.ref)]
        m.d.comb += [mine.eq(theirs) for mine, theirs in zip(tap.columns, self.columns, strict=True)]
        words = Signal(len(self.data))
        corrected, failed = [], []
        for n in range(self.width):
            m.submodules[f"checker_{n}"] = checker = Checker(word_bits=bits, ecc=self.config.features.ecc)
            m.d.comb += [
                checker.en.eq(tap.en),
                checker.word.eq(piece(tap.words, n, self.config.code_bits)),
                piece(words, n, bits).eq(checker.data),
            ]
            corrected.append(checker.corrected)
            failed.append(checker.failed)
        valid, flags = self.fire, (adder_tree(corrected), adder_tree(failed))
        for stage in range(1, self.stages + 1):
            valid_next = Signal(name=f"valid_t{stage}")
            words_next = Signal(len(self.data), name=f"data_t{stage}", reset_less=True)
            flags_next = [Signal(range(self.width + 1), name=f"{n}_t{stage}") for n in ("corrected", "failed")]
            m.d.sync += [
                valid_next.eq(valid),
                *(mine.eq(theirs) for mine, theirs in zip(flags_next, flags, strict=True)),
            ]
            with m.If(valid):
                m.d.sync += words_next.eq(words)
            valid, words, flags = valid_next, words_next, flags_next
        m.d.comb += [self.valid.eq(valid), self.data.eq(words), self.corrected.eq(flags[0]), self.failed.eq(flags[1])]
        return m
