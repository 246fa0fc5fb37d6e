"""The CRC of the serial line's frames."""

from typing import Any

from amaranth import Module
from amaranth.lib.crc.catalog import CRC32_ETHERNET
from amaranth.lib.wiring import In, Out

from arch.serial import CRC_BYTES
from hdl.seam import Block

_BYTEWISE = CRC32_ETHERNET(data_width=8)


class Crc(Block):
    """CRC-32 of bytes, that of Ethernet and zlib; one byte per cycle, latency 1.

    Members
    -------
    start : In(1)
        Begin anew.
    valid, data : In
        A byte.
    value : Out(32)
        CRC of the bytes up to the cycle before.
    match : Out(1)
        The last four of them were the CRC of those before, lowest byte first.
    """

    def __init__(self):
        ports = {"start": In(1), "valid": In(1), "data": In(8), "value": Out(8 * CRC_BYTES), "match": Out(1)}
        super().__init__("serial_crc", (), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.processor = processor = _BYTEWISE.create()
        m.d.comb += [
            processor.start.eq(self.start),
            processor.valid.eq(self.valid),
            processor.data.eq(self.data),
            self.value.eq(processor.crc),
            self.match.eq(processor.match_detected),
        ]
        return m
