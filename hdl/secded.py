"""Encoder and checker of the SECDED code of ``arch.secded``, as logic without a clock."""

from typing import Any, ClassVar

from amaranth import Cat, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from arch import secded
from hdl.seam import Block
from hdl.words import code_bits


def check_of(word: Value, word_bits: int) -> Any:
    """Check bits of ``word_bits`` data bits."""
    return Cat((word & mask).xor() for mask in secded.rows(word_bits))


class Encoder(Block):
    """Makes a codeword of a word; what every producer of stream data ends with. Latency 0.

    Parameters
    ----------
    word_bits : int
        Data bits, ``config.word_bits``.

    Members
    -------
    data : In(word_bits)
    word : Out(code_bits)
        Data bits, check bits above them.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, word_bits: int):
        self.word_bits = word_bits
        super().__init__("secded_encoder", (word_bits,), {"data": In(word_bits), "word": Out(code_bits(word_bits))})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.word.eq(Cat(self.data, check_of(self.data, self.word_bits)))
        return m


class Checker(Block):
    """Corrects single errors and flags others; what every consumer of stream data begins with. Latency 0.

    Parameters
    ----------
    word_bits : int
        Data bits, ``config.word_bits``.

    Members
    -------
    en : In(1)
        Whether the word counts; without it the two flags stay low.
    word : In(code_bits)
    data : Out(word_bits)
        Data, corrected where one bit was wrong, raw where more were.
    corrected : Out(1)
        One bit was wrong, of data or check bits.
    failed : Out(1)
        More were.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, word_bits: int):
        self.word_bits = word_bits
        super().__init__(
            "secded_checker",
            (word_bits,),
            {
                "en": In(1),
                "word": In(code_bits(word_bits)),
                "data": Out(word_bits),
                "corrected": Out(1),
                "failed": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        raw, check = self.word[: self.word_bits], self.word[self.word_bits :]
        syndrome = Signal(len(check))
        m.d.comb += [syndrome.eq(check_of(raw, self.word_bits) ^ check), self.data.eq(raw)]
        # A switch, not a comparison per bit: a simulator then passes over all of them while words are good.
        with m.If(self.en & syndrome.any()):
            with m.Switch(syndrome):
                for bit, column in enumerate(secded.columns(self.word_bits)):
                    with m.Case(column):
                        m.d.comb += [self.data[bit].eq(~raw[bit]), self.corrected.eq(1)]
                with m.Case(*(1 << bit for bit in range(len(syndrome)))):
                    m.d.comb += self.corrected.eq(1)
                with m.Default():
                    m.d.comb += self.failed.eq(1)
        return m
