"""The chip with its serial line: all that a board has to give is a clock, a reset and two pins."""

from typing import Any

from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from hdl.board.bridge import Bridge
from hdl.host.top import HostedChip
from hdl.seam import Block

#: Clock cycles in a bit of the boards of this project: 1 Mbit/s at 25 MHz.
DIVISOR = 25
#: Lights of a board.
LEDS = 4
#: Cycles in which a light stays on behind what it shows, as a power of two: a tenth of a second or so.
_SHOWN_BITS = 21


class Board(Block):
    """A hosted chip behind a serial line. Its links, if it has any, are looped back.

    Parameters
    ----------
    config : Config
        The machine.
    divisor : int
        Clock cycles in a bit of the line.

    Members
    -------
    rx : In(1), tx : Out(1)
        Serial line; the pins may be asynchronous.
    leds : Out(4)
        A session was begun; bytes come in; bytes go out; it has a clock (blinking).
    """

    def __init__(self, *, config: Config, divisor: int):
        self.config, self.divisor = config, divisor
        super().__init__(
            "superlane_board",
            (config.fingerprint.hex()[:8], divisor),
            {"rx": In(1), "tx": Out(1), "leds": Out(LEDS)},
        )

    def chip(self) -> HostedChip:
        """The chip inside; benches put another one there."""
        return HostedChip(config=self.config, looped=bool(self.config.c2c_links))

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.bridge = bridge = Bridge(divisor=self.divisor, beat_bits=self.config.word_bits)
        m.submodules.chip = chip = self.chip()
        for path, member, _ in bridge.signature.flatten(bridge):
            name = str(path[0])
            if not name.startswith(("m_ax", "s_ax")):
                continue
            # The bridge's manager ports meet the chip's subordinate ones, and the other way round.
            theirs = {"m": "s", "s": "m"}[name[0]] + name[1:]
            mine, other = getattr(bridge, name), getattr(chip, theirs)
            m.d.comb += mine.eq(other) if member.flow == In else other.eq(mine)
        m.d.comb += [bridge.rx.eq(self.rx), self.tx.eq(bridge.tx)]
        beat = Signal(_SHOWN_BITS + 2)
        m.d.sync += beat.eq(beat + 1)
        lights = [self._held(m, f"{name}_left", ~line) for name, line in (("rx", self.rx), ("tx", bridge.tx))]
        m.d.comb += self.leds.eq(Cat(bridge.greeted, *lights, beat[-1]))
        return m

    def _held(self, m: Module, name: str, event: Any) -> Signal:
        """Whether something was not long ago."""
        left, seen = Signal(_SHOWN_BITS, name=name), Signal(name=f"{name}_any")
        m.d.comb += seen.eq(left.any())
        with m.If(event):
            m.d.sync += left.eq((1 << _SHOWN_BITS) - 1)
        with m.Elif(seen):
            m.d.sync += left.eq(left - 1)
        return seen
