"""The operand stage of an ALU: an element of one, two or four streams, corrected, checked and put together."""

from typing import Any

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from arch.isa.fields import STREAM_BITS
from hdl.float.nets import cat
from hdl.numeric import adder_tree
from hdl.seam import Block
from hdl.secded import Checker
from hdl.streams import Tap
from hdl.vxm.operand import WORD
from hdl.words import column_bits, piece

#: Streams of the widest element.
MOST = WORD // BYTE_BITS
#: Bits by which a stream's number counts within a group of ``MOST``.
PLACE_BITS = (MOST - 1).bit_length()


class Sample(Block):
    """Samples an element in cycle t and gives it, by lane, at t + ``stages.operand``.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    en : In(1)
        Whether an operand is sampled in this cycle; without it the elements stay as they are.
    ref : In(6)
        First stream and direction; aligned to the element's width.
    w8, w16 : In(1)
        Width of the element, where it is not 32 bits.
    columns : In(column_bits).array(2)
        Registers sampled, by direction.
    elements : Out(32 * lanes)
        By lane, zero above their width.
    corrected, failed : Out(range(5))
        Words with one wrong bit, and with more, as late as the elements; 0 where nothing was sampled.
    """

    def __init__(self, *, config: Config):
        self.config = config
        self.stages = config.stages.operand
        super().__init__(
            "vxm_sample",
            (f"{config.streams}x{config.word_bits}", f"s{self.stages}"),
            {
                "en": In(1),
                "ref": In(STREAM_BITS),
                "w8": In(1),
                "w16": In(1),
                "columns": In(column_bits(config)).array(2),
                "elements": Out(WORD * config.lanes),
                "corrected": Out(range(MOST + 1)),
                "failed": Out(range(MOST + 1)),
            },
        )

    def body(self, platform: Any) -> Module:
        m, bits = Module(), self.config.word_bits
        m.submodules.tap = tap = Tap(config=self.config, width=MOST)
        m.d.comb += [tap.en.eq(self.en), tap.ref.eq(self.ref & ~(MOST - 1))]
        m.d.comb += [mine.eq(theirs) for mine, theirs in zip(tap.columns, self.columns, strict=True)]
        taken = (self.en, self.ref[:PLACE_BITS], self.w8, self.w16, tap.words)
        # With more than one stage the choice among all streams has the first for itself.
        parts = self.stages > 1
        (en, place, w8, w16, sampled) = self._held(m, taken) if parts else taken
        found = [piece(sampled, n, self.config.code_bits) for n in range(MOST)]
        # A narrow element's words stand anywhere in the four; an aligned group leaves few places for each.
        low, high = Mux(place[0], found[1], found[0]), Mux(place[0], found[3], found[2])
        first = Mux(place[1], high, low)
        second = Mux(place[1], found[3], found[1])
        has = [Const(1), ~w8, *[~w8 & ~w16] * 2]
        words: list[Value] = []
        checkers = []
        for n, word in enumerate((first, second, found[2], found[3])):
            m.submodules[f"checker_{n}"] = checker = Checker(word_bits=bits, ecc=self.config.features.ecc)
            m.d.comb += [checker.en.eq(en & has[n]), checker.word.eq(word)]
            # Without an operand to sample the registers stay, whatever stands here.
            words.append(Mux(has[n], checker.data, 0))
            checkers.append(checker)
        lanes = range(self.config.lanes)
        elements: Value = cat(*(piece(word, lane, BYTE_BITS) for lane in lanes for word in words))
        flags = (adder_tree([c.corrected for c in checkers]), adder_tree([c.failed for c in checkers]))
        for stage in range(1 + parts, self.stages + 1):
            held = Signal(len(elements), name=f"elements_t{stage}", reset_less=True)
            counts = [Signal(range(MOST + 1), name=f"{name}_t{stage}") for name in ("corrected", "failed")]
            en_next = Signal(name=f"en_t{stage}")
            m.d.sync += [en_next.eq(en), *(mine.eq(theirs) for mine, theirs in zip(counts, flags, strict=True))]
            with m.If(en):
                m.d.sync += held.eq(elements)
            en, elements, flags = en_next, held, counts
        m.d.comb += [self.elements.eq(elements), self.corrected.eq(flags[0]), self.failed.eq(flags[1])]
        return m

    def _held(self, m: Module, taken: tuple[Value, ...]) -> tuple[Value, ...]:
        """What was taken from the streams, a cycle later; only whether something was is cleared by a reset."""
        held = [Signal(len(value), name=f"taken_t1_{n}", reset_less=n > 0) for n, value in enumerate(taken)]
        m.d.sync += held[0].eq(taken[0])
        with m.If(taken[0]):
            m.d.sync += [mine.eq(value) for mine, value in zip(held[1:], taken[1:], strict=True)]
        return tuple(held)
