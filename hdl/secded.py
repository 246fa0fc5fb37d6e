"""Encoder and checker of the SECDED code of ``arch.secded``, as logic without a clock."""

from typing import Any, ClassVar

from amaranth import Cat, Const, Module, Value
from amaranth.lib.wiring import In, Out

from arch import secded
from hdl.seam import Block


def check_of(word: Value, word_bits: int) -> Any:
    """Check bits of ``word_bits`` data bits.

    The bits are picked, not masked: Amaranth takes a constant mask apart and writes the zeros, too, of which Verilator
    makes six times as much code.
    """
    picked = ([word[bit] for bit in range(word_bits) if mask >> bit & 1] for mask in secded.rows(word_bits))
    return Cat(Cat(bits).xor() for bits in picked)


def named(name: str, word_bits: int, ecc: bool) -> tuple[tuple[str, tuple[Any, ...]], int]:
    """Name of a part for words of ``word_bits``, and the bits of their codewords."""
    if not ecc:
        return (name, (word_bits, "none")), word_bits
    return (name, (word_bits,)), word_bits + secded.check_bits(word_bits)


class Encoder(Block):
    """Makes a codeword of a word; what every producer of stream data ends with. Latency 0.

    Parameters
    ----------
    word_bits : int
        Data bits, ``config.word_bits``.
    ecc : bool
        Whether words have check bits; without them the codeword is the word.

    Members
    -------
    data : In(word_bits)
    word : Out(code_bits)
        Data bits, check bits above them.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, word_bits: int, ecc: bool = True):
        self.word_bits, self.ecc = word_bits, ecc
        name, bits = named("secded_encoder", word_bits, ecc)
        super().__init__(*name, {"data": In(word_bits), "word": Out(bits)})

    def body(self, platform: Any) -> Module:
        m = Module()
        check = check_of(self.data, self.word_bits) if self.ecc else Const(0, 0)
        m.d.comb += self.word.eq(Cat(self.data, check))
        return m


class Judge(Block):
    """Tells what a syndrome means. Latency 0.

    It is a function of few bits, apart from the word, so that a simulator can make one table of it for all checkers.

    Parameters
    ----------
    word_bits : int
        Data bits, ``config.word_bits``.

    Members
    -------
    syndrome : In(check_bits)
        Check bits of the data, as they are and as they should be: the difference.
    flips, bit : Out(1), Out(range(word_bits))
        Whether a data bit was wrong, and which.
    corrected, failed : Out(1)
        As of :class:`Checker`.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, word_bits: int):
        self.word_bits = word_bits
        ports = {"syndrome": In(secded.check_bits(word_bits)), "flips": Out(1), "bit": Out(range(word_bits))}
        super().__init__("secded_judge", (word_bits,), {**ports, "corrected": Out(1), "failed": Out(1)})

    def body(self, platform: Any) -> Module:
        m = Module()
        # A word without an error, or none at all, is what a simulator mostly meets: it then looks no further.
        with m.If(self.syndrome.any()):
            with m.Switch(self.syndrome):
                for bit, column in enumerate(secded.columns(self.word_bits)):
                    with m.Case(column):
                        m.d.comb += [self.bit.eq(bit), self.flips.eq(1), self.corrected.eq(1)]
                with m.Case(*(1 << bit for bit in range(len(self.syndrome)))):
                    m.d.comb += self.corrected.eq(1)
                with m.Default():
                    m.d.comb += self.failed.eq(1)
        return m


class Checker(Block):
    """Corrects single errors and flags others; what every consumer of stream data begins with. Latency 0.

    Parameters
    ----------
    word_bits : int
        Data bits, ``config.word_bits``.
    ecc : bool
        Whether words have check bits; without them the data are the word, and no flag rises.

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

    def __init__(self, *, word_bits: int, ecc: bool = True):
        self.word_bits, self.ecc = word_bits, ecc
        name, bits = named("secded_checker", word_bits, ecc)
        super().__init__(
            *name,
            {
                "en": In(1),
                "word": In(bits),
                "data": Out(word_bits),
                "corrected": Out(1),
                "failed": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        if not self.ecc:
            m.d.comb += self.data.eq(self.word)
            return m
        raw, check = self.word[: self.word_bits], self.word[self.word_bits :]
        m.submodules.judge = judge = Judge(word_bits=self.word_bits)
        with m.If(self.en):
            m.d.comb += judge.syndrome.eq(check_of(raw, self.word_bits) ^ check)
        m.d.comb += [self.data.eq(raw), self.corrected.eq(judge.corrected), self.failed.eq(judge.failed)]
        with m.If(judge.flips):
            m.d.comb += self.data.eq(raw ^ (Const(1, self.word_bits) << judge.bit)[: self.word_bits])
        return m
