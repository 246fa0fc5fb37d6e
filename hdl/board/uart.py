"""Receiver and transmitter of a serial line: 8 data bits, no parity, one stop bit, lowest bit first."""

from typing import Any

from amaranth import Cat, Const, Module, Signal
from amaranth.lib.wiring import In, Out

from hdl.seam import Block

#: Bits of a byte on the line: start, data, stop.
LINE_BITS = 10


def check_divisor(divisor: int) -> None:
    """Refuse what is no number of clock cycles for a bit."""
    if isinstance(divisor, bool) or not isinstance(divisor, int) or divisor < 4:
        raise ValueError(f"divisor must be an integer of at least 4, not {divisor!r}")


class Receiver(Block):
    """Bytes from the line.

    Each bit is sampled in its middle. A byte without its stop bit is dropped.

    Parameters
    ----------
    divisor : int
        Clock cycles in a bit, at least 4.

    Members
    -------
    line : In(1)
        The pin, asynchronous; high while nothing is sent.
    valid : Out(1)
        A byte has come, for one cycle.
    byte : Out(8)
        It, while ``valid``.
    """

    def __init__(self, *, divisor: int):
        check_divisor(divisor)
        self.divisor = divisor
        super().__init__("uart_receiver", (divisor,), {"line": In(1), "valid": Out(1), "byte": Out(8)})

    def body(self, platform: Any) -> Module:
        m = Module()
        # Two registers against metastability, and one to see the edge.
        seen = Signal(3, init=0b111)
        m.d.sync += seen.eq(Cat(self.line, seen[:-1]))
        line = seen[1]
        left, count = Signal(range(LINE_BITS + 1)), Signal(range(self.divisor + self.divisor // 2))
        bits = Signal(8, reset_less=True)
        m.d.sync += self.valid.eq(0)
        m.d.comb += self.byte.eq(bits)
        with m.If(left == 0):
            with m.If(seen[2] & ~line):
                m.d.sync += [left.eq(LINE_BITS), count.eq(self.divisor // 2)]
        with m.Elif(count != 0):
            m.d.sync += count.eq(count - 1)
        with m.Else():
            m.d.sync += [left.eq(left - 1), count.eq(self.divisor - 1)]
            with m.If((left == LINE_BITS) & line):
                # Too short for a start bit.
                m.d.sync += left.eq(0)
            with m.Elif(left == 1):
                m.d.sync += self.valid.eq(line)
            with m.Else():
                m.d.sync += bits.eq(Cat(bits[1:], line))
        return m


class Transmitter(Block):
    """Bytes to the line.

    Parameters
    ----------
    divisor : int
        Clock cycles in a bit, at least 4.

    Members
    -------
    valid, ready : In(1), Out(1)
        A byte is taken where both are high.
    byte : In(8)
    line : Out(1)
        The pin.
    """

    def __init__(self, *, divisor: int):
        check_divisor(divisor)
        self.divisor = divisor
        ports = {"valid": In(1), "ready": Out(1), "byte": In(8), "line": Out(1)}
        super().__init__("uart_transmitter", (divisor,), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        left, count = Signal(range(LINE_BITS + 1)), Signal(range(self.divisor))
        # Ones follow the stop bit, so that the pin is a register.
        bits = Signal(LINE_BITS, init=(1 << LINE_BITS) - 1)
        m.d.comb += [self.ready.eq(left == 0), self.line.eq(bits[0])]
        with m.If(left == 0):
            with m.If(self.valid):
                m.d.sync += [left.eq(LINE_BITS), count.eq(self.divisor - 1)]
                m.d.sync += bits.eq(Cat(Const(0, 1), self.byte, Const(1, 1)))
        with m.Elif(count != 0):
            m.d.sync += count.eq(count - 1)
        with m.Else():
            m.d.sync += [left.eq(left - 1), count.eq(self.divisor - 1), bits.eq(Cat(bits[1:], Const(1, 1)))]
        return m
