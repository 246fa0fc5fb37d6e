"""The vertical chain of a shifter: half as many registers as superlanes carry every word where it is wanted.

A shift by q superlanes makes words cross a boundary between superlanes only if their targets exist: never more than
min(q, S - q), half of them. The word of superlane j rides in slot j mod H, H = ceil(S/2), and takes it only if it has a
target. A word that is still wanted at superlane k then is never overwritten: for q < H the two that k wants are at most
H superlanes away, and for q >= H only the first S - q <= H superlanes of the way write at all.
"""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value

from arch.config import Config
from hdl.words import piece


def slots(config: Config) -> int:
    """Words that cross a boundary between superlanes."""
    return (config.superlanes + 1) // 2


def registers(m: Module, config: Config, chain: Value) -> list[Signal]:
    """Words of the neighbor's ``chain``, in this superlane's time."""
    words = [Signal(config.word_bits, name=f"slot_{n}", reset_less=True) for n in range(slots(config))]
    with m.If(chain.en):
        m.d.sync += [word.eq(piece(chain.words, n, config.word_bits)) for n, word in enumerate(words)]
    return words


def inject(config: Config, words: Sequence[Signal], number: Value, own: Value, wanted: Value) -> Any:
    """The chain as it goes on: this superlane's own word in its slot, if some other superlane wants it."""
    size = slots(config)
    mine = [(number == n) | (number == n + size) for n in range(size)]
    return Cat(Mux(is_mine & wanted, own, word) for is_mine, word in zip(mine, words, strict=True))


def pick(
    m: Module, name: str, config: Config, words: Sequence[Signal], number: Value, own: Value, origin: Value
) -> Signal:
    """Word of a superlane, ``origin``, that is this one or lies the way that the chain comes from; zero where there is
    no such superlane."""
    found = Signal(config.word_bits, name=name)
    with m.Switch(origin):
        for n in range(config.superlanes):
            with m.Case(n):
                m.d.comb += found.eq(words[n % slots(config)])
    with m.If(origin == number):
        m.d.comb += found.eq(own)
    return found
