"""A hosted chip whose chip is played, and a link to it through its AXI ports, both in Amaranth's simulator."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from amaranth import Module

from arch.config import Config
from hdl.chip import chip_ports
from hdl.host.axil import OKAY, STROBES
from hdl.host.top import HostedChip
from hdl.looped import LINKS
from hdl.seam import Block
from tb.hostlink.link import AccessRefusedError
from tests.hdl.simulate import simulate

ALL_BYTES = (1 << STROBES) - 1


class PlayedChip(Block):
    """Ports of a chip and nothing inside: the bench drives what a chip would."""

    def __init__(self, config: Config):
        ports = {name: member for name, member in chip_ports(config).items() if name != LINKS}
        super().__init__("played_chip", (), ports)

    def body(self, platform: Any) -> Module:
        return Module()


class PlayedTop(HostedChip):
    """The top around a chip that is played, which is ``inner``."""

    def __init__(self, config: Config):
        super().__init__(config=config, looped=True)
        self.inner = PlayedChip(config)

    def chip(self) -> Any:
        return self.inner


@dataclass
class SimulatedLink:
    """A :class:`tb.hostlink.link.HostLink` in Amaranth's simulator; every cycle that passes goes through ``tick``.

    Attributes
    ----------
    sent
        Beats under way to the chip: (data, last), or None for a cycle without.
    received
        Beats that have come.
    takes
        Whether the output is taken.
    limit
        Cycles after which the bench fails.
    """

    ctx: Any
    top: PlayedTop
    sent: list[tuple[int, bool] | None] = field(default_factory=list)
    received: list[tuple[int, bool]] = field(default_factory=list)
    takes: bool = True
    limit: int = 5_000
    cycle: int = 0
    running: bool = False
    starting: bool = False
    words: list[tuple[int, int]] = field(default_factory=list)

    async def tick(self, cycles: int = 1) -> None:
        """Let cycles pass: streams move; the chip counts from behind the start pulse on, and is idle when told so."""
        ctx, top, chip = self.ctx, self.top, self.top.inner
        for _ in range(cycles):
            self.cycle += 1
            assert self.cycle < self.limit, "nothing may hang"
            beat = self.sent[0] if self.sent else None
            ctx.set(top.s_axis_tvalid, beat is not None)
            ctx.set(top.s_axis_tdata, beat[0] if beat else 0)
            ctx.set(top.s_axis_tlast, bool(beat and beat[1]))
            ctx.set(top.m_axis_tready, self.takes)
            if self.sent and (beat is None or ctx.get(top.s_axis_tready)):
                self.sent.pop(0)
            if ctx.get(top.m_axis_tvalid) and self.takes:
                self.received.append((ctx.get(top.m_axis_tdata), bool(ctx.get(top.m_axis_tlast))))
            if ctx.get(chip.text.valid):
                self.words.append((ctx.get(chip.text.queue), ctx.get(chip.text.word)))
            starts, self.starting = self.starting, bool(ctx.get(chip.start))
            await ctx.tick()
            if starts:
                self.running = True
                ctx.set(chip.cycle, 0)
            elif self.running:
                ctx.set(chip.cycle, ctx.get(chip.cycle) + 1)

    def end(self) -> None:
        """The program has ended."""
        self.running = False
        self.ctx.set(self.top.inner.idle, 1)

    async def write_raw(self, address: int, data: int, strobes: int = ALL_BYTES) -> int:
        """Response to a write, unaligned and of a part of the bytes if asked for."""
        ctx, top = self.ctx, self.top
        for name, value in (("awaddr", address), ("wdata", data), ("wstrb", strobes), ("awvalid", 1), ("wvalid", 1)):
            ctx.set(getattr(top, f"s_axil_{name}"), value)
        await self._taken("awready")
        ctx.set(top.s_axil_awvalid, 0)
        ctx.set(top.s_axil_wvalid, 0)
        return await self._response("bvalid", "bready", lambda: ctx.get(top.s_axil_bresp))

    async def read(self, offset: int) -> int:
        """Value of a register."""
        ctx, top = self.ctx, self.top
        ctx.set(top.s_axil_araddr, offset)
        ctx.set(top.s_axil_arvalid, 1)
        await self._taken("arready")
        ctx.set(top.s_axil_arvalid, 0)
        answer = lambda: (ctx.get(top.s_axil_rresp), ctx.get(top.s_axil_rdata))  # noqa: E731
        response, data = await self._response("rvalid", "rready", answer)
        if response != OKAY:
            assert data == 0
            raise AccessRefusedError(f"read of {offset:#05x} refused")
        return data

    async def write(self, offset: int, value: int) -> None:
        """Set a register."""
        if await self.write_raw(offset, value) != OKAY:
            raise AccessRefusedError(f"write of {offset:#05x} refused")

    async def send(self, packet: bytes) -> None:
        """Hand a packet over."""
        lanes = self.top.config.lanes
        parts = [packet[n : n + lanes] for n in range(0, len(packet), lanes)]
        self.sent += [(int.from_bytes(part, "little"), n == len(parts) - 1) for n, part in enumerate(parts)]

    async def receive(self) -> bytes:
        """The next packet."""
        while not any(last for _, last in self.received):
            await self.tick()
        size = next(n for n, (_, last) in enumerate(self.received) if last) + 1
        packet, self.received = self.received[:size], self.received[size:]
        return b"".join(data.to_bytes(self.top.config.lanes, "little") for data, _ in packet)

    async def _taken(self, ready: str) -> None:
        while not self.ctx.get(getattr(self.top, f"s_axil_{ready}")):
            await self.tick()
        await self.tick()

    async def _response(self, valid: str, ready: str, answer: Callable[[], Any]) -> Any:
        while not self.ctx.get(getattr(self.top, f"s_axil_{valid}")):
            await self.tick()
        found = answer()
        self.ctx.set(getattr(self.top, f"s_axil_{ready}"), 1)
        await self.tick()
        self.ctx.set(getattr(self.top, f"s_axil_{ready}"), 0)
        return found


def play(config: Config, bench: Callable[[SimulatedLink], Awaitable[None]]) -> None:
    """Run a bench on a top whose chip is played."""
    top = PlayedTop(config)

    async def whole(ctx: Any) -> None:
        await bench(SimulatedLink(ctx, top))

    simulate(top, whole)
