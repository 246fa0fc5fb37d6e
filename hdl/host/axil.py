"""AXI4-Lite slave: handshakes of the five channels in front of plain register accesses.

Source: AMBA AXI and ACE protocol specification, AXI4-Lite. Latency: an access happens in the cycle in which its address
(and data) are taken, the response stands from the next cycle on. One access in a cycle and way; both ways are free of
each other.
"""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.host import ADDRESS_BITS, DATA_BITS
from hdl.seam import Block

#: Responses.
OKAY, SLVERR = 0, 2
STROBES = DATA_BITS // 8


class AxiLiteSlave(Block):
    """Turns AXI4-Lite into register accesses.

    Members
    -------
    awaddr, awvalid, awready, wdata, wstrb, wvalid, wready, bresp, bvalid, bready
        Writing, as the specification says.
    araddr, arvalid, arready, rdata, rresp, rvalid, rready
        Reading.
    write : Out(1)
        A write happens in this cycle: ``wdata`` and ``wstrb`` to ``awaddr``. ``write_refused`` is the answer.
    read : Out(1)
        A read of ``araddr`` happens in this cycle; ``read_data`` and ``read_refused`` are the answer.
    """

    def __init__(self):
        address, word = ADDRESS_BITS, DATA_BITS
        super().__init__(
            "axi_lite_slave",
            (f"{address}x{word}",),
            {
                "awaddr": In(address),
                "awvalid": In(1),
                "awready": Out(1),
                "wdata": In(word),
                "wstrb": In(STROBES),
                "wvalid": In(1),
                "wready": Out(1),
                "bresp": Out(2),
                "bvalid": Out(1),
                "bready": In(1),
                "araddr": In(address),
                "arvalid": In(1),
                "arready": Out(1),
                "rdata": Out(word),
                "rresp": Out(2),
                "rvalid": Out(1),
                "rready": In(1),
                "write": Out(1),
                "write_refused": In(1),
                "read": Out(1),
                "read_data": In(word),
                "read_refused": In(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        # Address and data are taken together, when no response waits or is on its way, which takes a cycle; so the
        # engine knows a cycle before a command what the registers hold that it needs. A read is taken as the response
        # that waits leaves, too.
        written = Signal()
        m.d.sync += written.eq(self.write)
        m.d.comb += [
            self.write.eq(self.awvalid & self.wvalid & ~self.bvalid & ~written),
            self.awready.eq(self.write),
            self.wready.eq(self.write),
            self.read.eq(self.arvalid & (~self.rvalid | self.rready)),
            self.arready.eq(self.read),
        ]
        with m.If(written):
            m.d.sync += [self.bvalid.eq(1), self.bresp.eq(Mux(self.write_refused, SLVERR, OKAY))]
        with m.Elif(self.bready):
            m.d.sync += self.bvalid.eq(0)
        with m.If(self.read):
            m.d.sync += [
                self.rvalid.eq(1),
                self.rdata.eq(Mux(self.read_refused, 0, self.read_data)),
                self.rresp.eq(Mux(self.read_refused, SLVERR, OKAY)),
            ]
        with m.Elif(self.rready):
            m.d.sync += self.rvalid.eq(0)
        return m
