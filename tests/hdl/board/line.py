"""A serial line to a bridge in Amaranth's simulator, down to the pins, that loses, repeats and corrupts bytes; and what
stands behind the bridge: a register file, and a memory that gives back the packets that it took."""

import random
from dataclasses import dataclass, field
from typing import Any

from hdl.board.bridge import Bridge
from hdl.board.uart import LINE_BITS
from hdl.host.axil import OKAY, SLVERR

#: Register that nobody may touch.
FORBIDDEN = 0x40


@dataclass
class Faults:
    """What happens to bytes on the line: how likely each is lost, repeated, or gets a wrong bit."""

    seed: int = 0
    lost: float = 0.0
    repeated: float = 0.0
    corrupted: float = 0.0

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)

    def through(self, byte: int) -> list[int]:
        """What comes out of the line for a byte."""
        if self._draw.random() < self.lost:
            return []
        if self._draw.random() < self.corrupted:
            byte ^= 1 << self._draw.randrange(8)
        return [byte] * (2 if self._draw.random() < self.repeated else 1)


@dataclass
class Board:
    """The bridge, its line and its bus, stepped once per clock cycle; a :class:`tb.hostlink.serial.BytePort`.

    Attributes
    ----------
    faults
        Those of the line, both ways.
    stuck
        Whether the chip takes no beat and gives none.
    limit
        Cycles after which the bench fails.
    accesses
        Registers written, in order: each must be there once.
    """

    ctx: Any
    bridge: Bridge
    faults: Faults = field(default_factory=Faults)
    stuck: bool = False
    limit: int = 400_000
    registers: dict[int, int] = field(default_factory=dict)
    accesses: list[tuple[int, int]] = field(default_factory=list)
    beats: list[tuple[int, bool]] = field(default_factory=list)
    cycle: int = 0
    _seen: list[int] = field(default_factory=list)
    _coming: list[int] = field(default_factory=list)
    _read: int | None = None
    _wrote: bool = False

    async def write(self, data: bytes) -> None:
        """Bytes to the board."""
        for byte in data:
            for sent in self.faults.through(byte):
                for bit in [0, *(sent >> n & 1 for n in range(8)), 1]:
                    for _ in range(self.bridge.divisor):
                        await self._step(bit)

    async def read(self) -> bytes:
        """Bytes from the board; none after as long a time as the board gives a frame up in."""
        for _ in range(30 * LINE_BITS * self.bridge.divisor):
            await self._step(1)
            if self._coming:
                came, self._coming = self._coming, []
                return bytes(came)
        return b""

    async def _step(self, rx: int) -> None:
        self.cycle += 1
        assert self.cycle < self.limit, "nothing may hang"
        self.ctx.set(self.bridge.rx, rx)
        self._bus()
        self._listen(self.ctx.get(self.bridge.tx))
        await self.ctx.tick()

    def _listen(self, tx: int) -> None:
        """Take the line apart: bits are looked at in their middle."""
        divisor = self.bridge.divisor
        if not self._seen and tx:
            return
        self._seen.append(tx)
        if len(self._seen) == LINE_BITS * divisor - 1:
            bits = self._seen[divisor // 2 :: divisor]
            assert bits[0] == 0 and bits[-1] == 1
            self._coming += self.faults.through(sum(bit << n for n, bit in enumerate(bits[1:9])))
            self._seen = []

    def _bus(self) -> None:
        """A cycle of the chip's ports."""
        get, put, bridge = self.ctx.get, self.ctx.set, self.bridge
        if self._read is not None and get(bridge.m_axil_rready):
            put(bridge.m_axil_rvalid, 1)
            put(bridge.m_axil_rdata, self.registers.get(self._read, 0))
            put(bridge.m_axil_rresp, SLVERR if self._read == FORBIDDEN else OKAY)
            self._read = None
        else:
            put(bridge.m_axil_rvalid, 0)
        put(bridge.m_axil_bvalid, self._wrote and get(bridge.m_axil_bready))
        put(bridge.m_axil_bresp, SLVERR if self.accesses and self.accesses[-1][0] == FORBIDDEN else OKAY)
        self._wrote = self._wrote and not get(bridge.m_axil_bready)
        reads, writes = get(bridge.m_axil_arvalid), get(bridge.m_axil_awvalid) and get(bridge.m_axil_wvalid)
        put(bridge.m_axil_arready, reads)
        put(bridge.m_axil_awready, writes)
        put(bridge.m_axil_wready, writes)
        if reads:
            self._read = get(bridge.m_axil_araddr)
        if writes:
            access = get(bridge.m_axil_awaddr), get(bridge.m_axil_wdata)
            self.accesses.append(access)
            self.registers[access[0]] = access[1]
            self._wrote = True
        self._streams()

    def _streams(self) -> None:
        get, put, bridge = self.ctx.get, self.ctx.set, self.bridge
        ready = not self.stuck and self.cycle % 3 != 0
        put(bridge.m_axis_tready, ready)
        if ready and get(bridge.m_axis_tvalid):
            self.beats.append((get(bridge.m_axis_tdata), bool(get(bridge.m_axis_tlast))))
        offered = bool(self.beats) and not self.stuck and any(last for _, last in self.beats)
        put(bridge.s_axis_tvalid, offered)
        put(bridge.s_axis_tdata, self.beats[0][0] if offered else 0)
        put(bridge.s_axis_tlast, self.beats[0][1] if offered else 0)
        if offered and get(bridge.s_axis_tready):
            self.beats.pop(0)
