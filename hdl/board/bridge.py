"""Bridge between the serial line and the chip's AXI ports: it carries out one request at a time (``arch.serial``)."""

from types import SimpleNamespace
from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS
from arch.host import ADDRESS_BITS, DATA_BITS
from arch.serial import GAP_BYTES, PATIENCE, PAYLOAD_BYTES, Request, Status
from hdl.board.frames import LENGTH_BITS, FrameReceiver, FrameSender
from hdl.board.uart import LINE_BITS, Receiver, Transmitter
from hdl.host.axil import OKAY, STROBES
from hdl.seam import Block
from hdl.sram import DualPort

#: Bytes of an address and of a value in a payload.
ADDRESS_BYTES, VALUE_BYTES = 2, DATA_BITS // BYTE_BITS
#: Bits of the register through which payloads go: the widest beat.
_PASSING_BITS = 128


class Bridge(Block):
    """Serial line to AXI4-Lite and AXI4-Stream.

    A request takes as long as its bytes on the line, a few cycles for each byte of its payload, and for each beat up to
    ``PATIENCE`` cycles: whatever the chip does, there is an answer. Where the chip takes no beat for so long, the beat
    is withdrawn: what stands behind the port must allow that, as ``HostedChip`` does.

    Parameters
    ----------
    divisor : int
        Clock cycles in a bit of the line.
    beat_bits : int
        Bits of a beat, ``config.word_bits``.

    Members
    -------
    rx : In(1), tx : Out(1)
        Pins of the line.
    m_axil_*
        AXI4-Lite, as its manager.
    m_axis_*, s_axis_*
        AXI4-Stream, to the chip and from it.
    greeted : Out(1)
        A session was begun.
    """

    def __init__(self, *, divisor: int, beat_bits: int):
        self.divisor, self.beat_bits = divisor, beat_bits
        address, word = ADDRESS_BITS, DATA_BITS
        super().__init__(
            "serial_bridge",
            (divisor, beat_bits),
            {
                "rx": In(1),
                "tx": Out(1),
                "greeted": Out(1),
                "m_axil_awaddr": Out(address),
                "m_axil_awvalid": Out(1),
                "m_axil_awready": In(1),
                "m_axil_wdata": Out(word),
                "m_axil_wstrb": Out(STROBES),
                "m_axil_wvalid": Out(1),
                "m_axil_wready": In(1),
                "m_axil_bresp": In(2),
                "m_axil_bvalid": In(1),
                "m_axil_bready": Out(1),
                "m_axil_araddr": Out(address),
                "m_axil_arvalid": Out(1),
                "m_axil_arready": In(1),
                "m_axil_rdata": In(word),
                "m_axil_rresp": In(2),
                "m_axil_rvalid": In(1),
                "m_axil_rready": Out(1),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tdata": Out(beat_bits),
                "m_axis_tlast": Out(1),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tdata": In(beat_bits),
                "s_axis_tlast": In(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        r = SimpleNamespace(
            # What the last answer was, for a host that asks again.
            number=Signal(8),
            status=Signal(8),
            length=Signal(LENGTH_BITS),
            # Bytes between a payload and the bus, the first one lowest; how many of them are there, and are to come.
            passing=Signal(_PASSING_BITS, reset_less=True),
            at=Signal(range(_PASSING_BITS // BYTE_BITS + 1)),
            left=Signal(LENGTH_BITS),
            # Place in the payload that they come from or go to.
            place=Signal(LENGTH_BITS),
            # Whether what was taken from the request was its end.
            whole=Signal(),
            last=Signal(),
            patience=Signal(range(PATIENCE + 1)),
        )
        request, answer, payload = self._line(m, r)
        with m.FSM() as machine:
            with m.State("IDLE"):
                m.d.sync += [r.place.eq(0), r.at.eq(0), r.patience.eq(0)]
                with m.If(request.found):
                    m.next = "BEGIN"
            self._begin(m, r, request)
            self._fetch(m, r, request)
            self._registers(m, r)
            self._push(m, r, request)
            self._pull(m, r, payload)
            with m.State("STORE"):
                m.d.comb += payload.write_en.eq(1)
                m.d.sync += [r.place.eq(r.place + 1), r.left.eq(r.left - 1), r.passing.eq(r.passing >> BYTE_BITS)]
                with m.If(r.left == 1):
                    m.d.sync += r.length.eq(r.place + 1)
                    m.next = "SEND"
                    with m.If(request.code == Request.PULL):
                        m.next = "PULL"
                        with m.If(r.last | (r.place + 1 + self.beat_bytes > PAYLOAD_BYTES)):
                            m.next = "PULLED"
            with m.State("SEND"):
                m.d.comb += answer.start.eq(1)
                with m.If(answer.done):
                    m.next = "IDLE"
        m.d.comb += request.hold.eq(~machine.ongoing("IDLE"))
        return m

    @property
    def beat_bytes(self) -> int:
        """Bytes of a beat."""
        return self.beat_bits // BYTE_BITS

    def _line(self, m: Module, r: SimpleNamespace) -> tuple[FrameReceiver, FrameSender, DualPort]:
        """The line with its frames, and the payload of the answer."""
        m.submodules.receiver = receiver = Receiver(divisor=self.divisor)
        m.submodules.transmitter = transmitter = Transmitter(divisor=self.divisor)
        m.submodules.request = request = FrameReceiver(gap=GAP_BYTES * LINE_BITS * self.divisor)
        m.submodules.answer = answer = FrameSender()
        m.submodules.payload = payload = DualPort(depth=PAYLOAD_BYTES, width=BYTE_BITS)
        m.d.comb += [
            receiver.line.eq(self.rx),
            self.tx.eq(transmitter.line),
            request.valid.eq(receiver.valid),
            request.byte.eq(receiver.byte),
            request.place.eq(r.place),
            transmitter.valid.eq(answer.valid),
            transmitter.byte.eq(answer.byte),
            answer.ready.eq(transmitter.ready),
            answer.number.eq(r.number),
            answer.code.eq(r.status),
            answer.length.eq(r.length),
            answer.data.eq(payload.rdata),
            payload.read_en.eq(1),
            payload.read_addr.eq(answer.place),
            payload.write_addr.eq(r.place),
            payload.wdata.eq(r.passing[:BYTE_BITS]),
        ]
        return request, answer, payload

    def _begin(self, m: Module, r: SimpleNamespace, request: FrameReceiver) -> None:
        """What a request is; one that is asked again is answered again."""
        beats = request.length - 1
        whole = (request.length > 1) & (beats[: (self.beat_bytes - 1).bit_length()] == 0)
        lengths = {Request.READ: ADDRESS_BYTES, Request.WRITE: ADDRESS_BYTES + VALUE_BYTES}
        with m.State("BEGIN"):
            m.next = "SEND"
            with m.If((request.number != r.number) | ~self.greeted | (request.code == Request.HELLO)):
                m.d.sync += [r.number.eq(request.number), r.length.eq(0), r.status.eq(Status.STRANGE)]
                with m.If(request.code == Request.HELLO):
                    m.d.sync += [self.greeted.eq(1), r.status.eq(Status.FINE)]
                with m.Elif(~self.greeted):
                    m.d.sync += r.status.eq(Status.NO_SESSION)
                for code, length in lengths.items():
                    with m.Elif((request.code == code) & (request.length == length)):
                        m.d.sync += [r.left.eq(length), r.status.eq(Status.FINE)]
                        m.next = "FETCH"
                with m.Elif((request.code == Request.PUSH) & whole):
                    m.d.sync += r.status.eq(Status.FINE)
                    m.next = "FLAG"
                with m.Elif((request.code == Request.PULL) & (request.length == 0)):
                    m.d.sync += [r.status.eq(Status.FINE), r.place.eq(1), r.last.eq(0), r.length.eq(1)]
                    m.next = "PULL"

    def _fetch(self, m: Module, r: SimpleNamespace, request: FrameReceiver) -> None:
        """``left`` bytes of the request's payload."""
        with m.State("FETCH"):
            m.next = "TAKE"
        with m.State("TAKE"):
            m.d.sync += r.passing.word_select(r.at, BYTE_BITS).eq(request.data)
            m.d.sync += [r.at.eq(r.at + 1), r.place.eq(r.place + 1), r.left.eq(r.left - 1)]
            m.d.sync += r.whole.eq(r.place + 1 == request.length)
            m.next = "FETCH"
            with m.If(r.left == 1):
                m.next = "OFFER"
                with m.If(request.code == Request.READ):
                    m.next = "READ"
                with m.Elif(request.code == Request.WRITE):
                    m.next = "WRITE"

    def _registers(self, m: Module, r: SimpleNamespace) -> None:
        """Accesses to registers."""
        value = r.passing[ADDRESS_BYTES * BYTE_BITS :]
        address_sent, value_sent = Signal(), Signal()
        m.d.comb += [
            self.m_axil_awaddr.eq(r.passing[:ADDRESS_BITS]),
            self.m_axil_araddr.eq(r.passing[:ADDRESS_BITS]),
            self.m_axil_wdata.eq(value),
            self.m_axil_wstrb.eq((1 << STROBES) - 1),
        ]
        with m.State("READ"):
            m.d.comb += self.m_axil_arvalid.eq(1)
            with m.If(self.m_axil_arready):
                m.next = "READ_VALUE"
        with m.State("READ_VALUE"):
            m.d.comb += self.m_axil_rready.eq(1)
            with m.If(self.m_axil_rvalid):
                m.d.sync += [r.passing.eq(self.m_axil_rdata), r.left.eq(VALUE_BYTES), r.place.eq(0)]
                m.d.sync += r.status.eq(Mux(self.m_axil_rresp == OKAY, Status.FINE, Status.REFUSED))
                m.next = "STORE"
        with m.State("WRITE"):
            m.d.comb += [self.m_axil_awvalid.eq(~address_sent), self.m_axil_wvalid.eq(~value_sent)]
            m.d.sync += [
                address_sent.eq(address_sent | self.m_axil_awready),
                value_sent.eq(value_sent | self.m_axil_wready),
            ]
            with m.If((address_sent | self.m_axil_awready) & (value_sent | self.m_axil_wready)):
                m.d.sync += [address_sent.eq(0), value_sent.eq(0)]
                m.next = "WRITTEN"
        with m.State("WRITTEN"):
            m.d.comb += self.m_axil_bready.eq(1)
            with m.If(self.m_axil_bvalid):
                m.d.sync += r.status.eq(Mux(self.m_axil_bresp == OKAY, Status.FINE, Status.REFUSED))
                m.next = "SEND"

    def _push(self, m: Module, r: SimpleNamespace, request: FrameReceiver) -> None:
        """Beats to the chip: the flag, then each beat's bytes, offered for a while."""
        m.d.comb += [
            self.m_axis_tdata.eq(r.passing[: self.beat_bits]),
            self.m_axis_tlast.eq(r.last & r.whole),
        ]
        with m.State("FLAG"):
            m.next = "FLAG_TAKE"
        with m.State("FLAG_TAKE"):
            m.d.sync += [r.last.eq(request.data[0]), r.place.eq(1), r.left.eq(self.beat_bytes)]
            m.next = "FETCH"
        with m.State("OFFER"):
            m.d.comb += self.m_axis_tvalid.eq(1)
            m.d.sync += r.patience.eq(r.patience + 1)
            with m.If(self.m_axis_tready):
                m.d.sync += [r.at.eq(0), r.left.eq(self.beat_bytes), r.patience.eq(0)]
                m.next = "FETCH"
                with m.If(r.whole):
                    m.d.sync += r.passing.eq(r.place - 1)
                    m.next = "PUSHED"
            with m.Elif(r.patience == PATIENCE):
                m.d.sync += r.passing.eq(r.place - 1 - self.beat_bytes)
                m.next = "PUSHED"
        with m.State("PUSHED"):
            m.d.sync += [r.place.eq(0), r.left.eq(1)]
            m.next = "STORE"

    def _pull(self, m: Module, r: SimpleNamespace, payload: DualPort) -> None:
        """Beats from the chip, and the flag in front of them."""
        with m.State("PULL"):
            m.d.comb += self.s_axis_tready.eq(1)
            m.d.sync += r.patience.eq(r.patience + 1)
            with m.If(self.s_axis_tvalid):
                m.d.sync += [r.passing.eq(self.s_axis_tdata), r.last.eq(self.s_axis_tlast), r.patience.eq(0)]
                m.d.sync += r.left.eq(self.beat_bytes)
                m.next = "STORE"
            with m.Elif(r.patience == PATIENCE):
                m.next = "PULLED"
        with m.State("PULLED"):
            m.d.comb += [payload.write_en.eq(1), payload.write_addr.eq(0), payload.wdata.eq(r.last)]
            m.next = "SEND"
