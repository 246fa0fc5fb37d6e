"""The link over a simulated chip's AXI ports, driven by cocotbext-axi: drivers that others wrote."""

from typing import Any

from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamSink,
    AxiStreamSource,
)

from arch.host import STEP
from tb.hostlink.link import AccessRefusedError


class AxiLink:
    """A :class:`tb.hostlink.link.HostLink` to a ``HostedChip`` under cocotb.

    Parameters
    ----------
    dut
        Handle of the chip, its clock running.

    Attributes
    ----------
    source, sink
        Ends of the two streams, for benches that pause them or send what they should not.
    """

    def __init__(self, dut: Any) -> None:
        self._master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)

    async def read(self, offset: int) -> int:
        """Value of a register."""
        answer = await self._master.read(offset, STEP)
        if answer.resp != AxiResp.OKAY:
            raise AccessRefusedError(f"read of {offset:#05x} refused")
        return int.from_bytes(answer.data, "little")

    async def write(self, offset: int, value: int) -> None:
        """Set a register."""
        await self.write_bytes(offset, value.to_bytes(STEP, "little"))

    async def write_bytes(self, offset: int, data: bytes) -> None:
        """Write any bytes, as only a bench would."""
        answer = await self._master.write(offset, data)
        if answer.resp != AxiResp.OKAY:
            raise AccessRefusedError(f"write of {offset:#05x} refused")

    async def send(self, packet: bytes) -> None:
        """Hand a packet over."""
        await self.source.send(packet)

    async def receive(self) -> bytes:
        """The next packet."""
        return bytes((await self.sink.recv()).tdata)
