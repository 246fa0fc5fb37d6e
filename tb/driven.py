"""A part of the machine with something to do, to compare simulators on: all its inputs change in every cycle."""

from typing import Any

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from hdl.seam import Block

#: Bits of the feedback register that feeds the inputs, its taps (a maximal polynomial), and the step between the bits
#: that adjacent bits of an input take.
STATE, _TAPS, _STEP = 128, (127, 125, 100, 98), 37
#: What the register starts from: the golden ratio's digits, with no pattern.
_START = 0x9E3779B97F4A7C15F39CC0605CEDC835


class Driven(Block):
    """A part whose inputs are bits of a feedback shift register; what comes out is gathered in a few bits.

    Parameters
    ----------
    part : Block
        Any block.

    Members
    -------
    digest : Out(32)
        Changes with every output, so that no simulator leaves one out.
    """

    def __init__(self, part: Block):
        self.part = part
        super().__init__("driven", (part.module_name,), {"digest": Out(32)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.part = self.part
        state = Signal(STATE, init=_START)
        m.d.sync += state.eq(Cat(Cat(state[n] for n in _TAPS).xor(), state))
        digest: Any = 0
        at = 0
        for _, member, value in self.part.signature.flatten(self.part):
            if member.flow == wiring.In:
                m.d.comb += value.eq(Cat(state[(at + n) * _STEP % STATE] for n in range(len(value))))
                at += len(value)
            else:
                digest = digest ^ Cat(value[n :: len(self.digest)].xor() for n in range(min(len(value), 32)))
        m.d.sync += self.digest.eq(self.digest.rotate_left(1) ^ digest)
        return m
