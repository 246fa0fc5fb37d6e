"""Frames of the serial line, taken apart and put together byte by byte; ``arch.serial`` says what they are."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.serial import ANSWER, CRC_BYTES, HEADER_BYTES, PAYLOAD_BYTES, REQUEST
from hdl.board.crc import Crc
from hdl.seam import Block
from hdl.sram import DualPort

#: Bits of a place in a payload.
PLACE_BITS = (PAYLOAD_BYTES - 1).bit_length()
LENGTH_BITS = PAYLOAD_BYTES.bit_length()


class FrameReceiver(Block):
    """Requests out of the bytes of a line. What is no whole frame with a good CRC is dropped.

    Parameters
    ----------
    gap : int
        Clock cycles without a byte after which a frame is given up.

    Members
    -------
    valid, byte : In
        A byte from the line.
    hold : In(1)
        The request that was found last is still wanted: bytes are dropped.
    found : Out(1)
        A request has come, for one cycle; what follows tells of it until the next.
    number, code, length : Out
    place : In(range(64)), data : Out(8)
        Byte of the payload at ``place`` of the cycle before.
    """

    def __init__(self, *, gap: int):
        if isinstance(gap, bool) or not isinstance(gap, int) or gap < 1:
            raise ValueError(f"gap must be a positive integer, not {gap!r}")
        self.gap = gap
        ports = {"valid": In(1), "byte": In(8), "hold": In(1), "found": Out(1), "number": Out(8), "code": Out(8)}
        payload = {"length": Out(LENGTH_BITS), "place": In(PLACE_BITS), "data": Out(8)}
        super().__init__("frame_receiver", (gap,), {**ports, **payload})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.check = crc = Crc()
        m.submodules.payload = payload = DualPort(depth=PAYLOAD_BYTES, width=8)
        count, still = Signal(LENGTH_BITS), Signal(range(self.gap + 1))
        take = Signal()
        m.d.comb += [take.eq(self.valid & ~self.hold), crc.data.eq(self.byte)]
        m.d.comb += [payload.wdata.eq(self.byte), payload.write_addr.eq(count[:PLACE_BITS])]
        m.d.comb += [payload.read_en.eq(1), payload.read_addr.eq(self.place), self.data.eq(payload.rdata)]
        m.d.sync += still.eq(Mux(take, 0, still + 1))
        # A frame that does not go on was cut off: what comes next is another one.
        cut = Signal()
        m.d.comb += cut.eq(still == self.gap)
        with m.FSM():
            with m.State("START"):
                m.d.comb += crc.start.eq(1)
                m.d.sync += [count.eq(0), still.eq(0)]
                with m.If(take & (self.byte == REQUEST)):
                    m.next = "HEADER"
            with m.State("HEADER"):
                m.d.comb += crc.valid.eq(take)
                with m.If(take):
                    m.d.sync += [count.eq(count + 1)]
                    with m.Switch(count):
                        with m.Case(0):
                            m.d.sync += self.number.eq(self.byte)
                        with m.Case(1):
                            m.d.sync += self.code.eq(self.byte)
                        with m.Case(HEADER_BYTES - 1):
                            m.d.sync += [self.length.eq(self.byte), count.eq(0)]
                            m.next = "PAYLOAD"
                            with m.If(self.byte == 0):
                                m.next = "CRC"
                            with m.Elif(self.byte > PAYLOAD_BYTES):
                                m.next = "START"
                with m.If(cut):
                    m.next = "START"
            with m.State("PAYLOAD"):
                m.d.comb += [crc.valid.eq(take), payload.write_en.eq(take)]
                with m.If(take):
                    m.d.sync += count.eq(count + 1)
                    with m.If(count + 1 == self.length):
                        m.d.sync += count.eq(0)
                        m.next = "CRC"
                with m.If(cut):
                    m.next = "START"
            with m.State("CRC"):
                m.d.comb += crc.valid.eq(take)
                with m.If(take):
                    m.d.sync += count.eq(count + 1)
                    with m.If(count == CRC_BYTES - 1):
                        m.next = "CHECK"
                with m.If(cut):
                    m.next = "START"
            with m.State("CHECK"):
                m.d.comb += self.found.eq(crc.match)
                m.next = "START"
        return m


class FrameSender(Block):
    """An answer as bytes for the line.

    Members
    -------
    start : In(1)
        Send a frame of what the next four members hold until it is ``done``.
    number, code, length : In
    place : Out(range(64)), data : In(8)
        Byte of the payload at ``place``, a cycle later.
    done : Out(1)
        The last byte was taken, for one cycle.
    valid, ready, byte
        Bytes for the line.
    """

    def __init__(self):
        ports = {"start": In(1), "number": In(8), "code": In(8), "length": In(LENGTH_BITS), "done": Out(1)}
        payload = {"place": Out(PLACE_BITS), "data": In(8)}
        super().__init__("frame_sender", (), {**ports, **payload, "valid": Out(1), "ready": In(1), "byte": Out(8)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.check = crc = Crc()
        count, sent = Signal(LENGTH_BITS), Signal()
        m.d.comb += [sent.eq(self.valid & self.ready), crc.data.eq(self.byte)]
        with m.If(sent):
            m.d.sync += count.eq(count + 1)
        with m.FSM():
            with m.State("START"):
                m.d.sync += count.eq(0)
                m.d.comb += [crc.start.eq(1), self.byte.eq(ANSWER), self.valid.eq(self.start)]
                with m.If(sent):
                    m.d.sync += count.eq(0)
                    m.next = "HEADER"
            with m.State("HEADER"):
                header = (self.number, self.code, self.length)
                m.d.comb += [self.valid.eq(1), crc.valid.eq(sent)]
                with m.Switch(count):
                    for n, value in enumerate(header):
                        with m.Case(n):
                            m.d.comb += self.byte.eq(value)
                with m.If(sent & (count == len(header) - 1)):
                    m.d.sync += count.eq(0)
                    m.next = "CRC"
                    with m.If(self.length != 0):
                        m.next = "FETCH"
            with m.State("FETCH"):
                m.d.comb += self.place.eq(count[:PLACE_BITS])
                m.next = "PAYLOAD"
            with m.State("PAYLOAD"):
                m.d.comb += [self.place.eq(count[:PLACE_BITS]), self.byte.eq(self.data)]
                m.d.comb += [self.valid.eq(1), crc.valid.eq(sent)]
                with m.If(sent):
                    m.next = "FETCH"
                    with m.If(count + 1 == self.length):
                        m.d.sync += count.eq(0)
                        m.next = "CRC"
            with m.State("CRC"):
                m.d.comb += [self.valid.eq(1), self.byte.eq(crc.value.word_select(count[:2], 8))]
                with m.If(sent & (count == CRC_BYTES - 1)):
                    m.d.comb += self.done.eq(1)
                    m.next = "START"
        return m
