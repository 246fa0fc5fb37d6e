"""A chip-to-chip link, one superlane of it: the port, and the loopback that joins its two ways.

Sources: ``docs/architecture.md``, C2C; ``arch.config.Stages.c2c``. A link carries codewords, so that what happens to
them on the way is found by whoever consumes them.
"""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from hdl.seam import Block


def link_signature(config: Config) -> wiring.Signature:
    """A link, from the side of its superlane.

    Members
    -------
    tx_valid, tx : Out(1), Out(code_bits)
        A word that is sent in this cycle.
    deskew : Out(1)
        Discard what is under way, the word that arrives in this cycle included: a cycle after the Deskew.
    rx_valid, rx : In(1), In(code_bits)
        A word that arrives in this cycle.
    """
    word = config.code_bits
    return wiring.Signature({"tx_valid": Out(1), "tx": Out(word), "deskew": Out(1), "rx_valid": In(1), "rx": In(word)})


class Loopback(Block):
    """Returns to a link what it sends: a vector sent at t arrives for the Receive at t + ``timing.loopback``.

    Words are handed over ``stages.operand`` cycles after the Send is executed; the rest of the way is here.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    link : In(link_signature)
        The link of one superlane.
    """

    def __init__(self, *, config: Config):
        self.config, stages = config, config.stages
        self.cycles = stages.c2c - stages.operand
        super().__init__("c2c_loopback", (config.word_bits, self.cycles), {"link": In(link_signature(config))})

    def body(self, platform: Any) -> Module:
        m, link = Module(), self.link
        valid, word = link.tx_valid, link.tx
        for stage in range(1, self.cycles + 1):
            valid_next = Signal(name=f"valid_t{stage}")
            word_next = Signal(len(word), name=f"word_t{stage}", reset_less=True)
            m.d.sync += valid_next.eq(valid & ~link.deskew)
            with m.If(valid):
                m.d.sync += word_next.eq(word)
            valid, word = valid_next, word_next
        m.d.comb += [link.rx_valid.eq(valid & ~link.deskew), link.rx.eq(word)]
        return m
