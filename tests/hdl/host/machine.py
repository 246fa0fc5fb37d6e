"""What the command engine talks to, in Python: a memory behind streams that take their time, queues, and reports.

Written from ``docs/architecture.md`` and ``arch``, not from the engine: a command that comes a cycle too early or too
late finds another vector, or none.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Direction, Hemisphere, hops, mem_site, mxm_site
from arch.host import registers
from arch.isa.mem import READ, WRITE
from arch.isa.table import decode, encode
from arch.queues import queues
from arch.secded import check_bits, rows
from arch.timing import timing
from hdl.host.engine import Engine


def codeword(config: Config, data: int) -> int:
    """A word with its check bits."""
    check = sum((data & mask).bit_count() % 2 << n for n, mask in enumerate(rows(config.word_bits)))
    assert check < 1 << check_bits(config.word_bits)
    return data | check << config.word_bits


@dataclass
class FakeChip:
    """The engine's surroundings, stepped once per cycle.

    Attributes
    ----------
    memory
        Codewords by (queue index, address), a list over the superlanes.
    loaded
        (queue, word) of the text that came.
    sent
        Beats to put on the input: (data, last), or None for a cycle without.
    received
        Beats (data, last) that the engine has handed out.
    ready
        Whether the output is taken in a cycle.
    recorded
        (queue, superlane) with a report; the engine is told a cycle after it has asked.
    """

    dut: Engine
    config: Config
    memory: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    loaded: list[tuple[int, int]] = field(default_factory=list)
    sent: list[tuple[int, bool] | None] = field(default_factory=list)
    received: list[tuple[int, bool]] = field(default_factory=list)
    ready: Any = None
    recorded: frozenset[tuple[int, int]] = frozenset()
    events: list[int] = field(default_factory=list)
    cycle: int = 0
    _asked: tuple[int, int] = (-1, -1)
    _driven: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    _reads: dict[int, tuple[int, list[int]]] = field(default_factory=dict)
    _down: dict[int, int] = field(default_factory=dict)

    async def step(self, ctx: Any) -> None:
        """One cycle."""
        dut, c = self.dut, self.config
        beat = self.sent[0] if self.sent else None
        ctx.set(dut.s_valid, beat is not None)
        ctx.set(dut.s_data, beat[0] if beat else 0)
        ctx.set(dut.s_last, bool(beat and beat[1]))
        ctx.set(dut.m_ready, self.ready() if self.ready else 1)
        ctx.set(dut.host_taken.valid, self.cycle in self._down)
        ctx.set(dut.host_taken.word, self._down.pop(self.cycle, 0))
        select = registers(c)["SELECT"]
        at = ctx.get(dut.select)
        place = select.field("queue").extract(at), select.field("superlane").extract(at)
        ctx.set(dut.recorded, self._asked in self.recorded)
        self._asked = place

        self._host(ctx)
        self._command(ctx)
        if ctx.get(dut.text.valid):
            self.loaded.append((ctx.get(dut.text.queue), ctx.get(dut.text.word)))
        if ctx.get(dut.event):
            self.events.append(ctx.get(dut.event))
        if (beat is None and self.sent) or ctx.get(dut.s_ready):
            self.sent = self.sent[1:]
        if ctx.get(dut.m_valid) and ctx.get(dut.m_ready):
            self.received.append((ctx.get(dut.m_data), bool(ctx.get(dut.m_last))))
        moves, value = ctx.get(dut.select_en), ctx.get(dut.select_next)
        await ctx.tick()
        if moves:
            ctx.set(dut.select, value)
        self.cycle += 1

    def _host(self, ctx: Any) -> None:
        """The edge: superlane k drives its word k cycles after superlane 0, whatever the port holds by then."""
        c, host = self.config, self.dut.host
        vector, side = ctx.get(self.dut.host_vector), ctx.get(host.side)
        if ctx.get(host.en):
            self._driven[self.cycle, side] = []
        for (start, _), words in self._driven.items():
            k = self.cycle - start
            if k == len(words) < c.superlanes:
                words.append(codeword(c, vector >> k * c.word_bits & ((1 << c.word_bits) - 1)))
        if ctx.get(host.take):
            assert self.cycle in self._reads, "nothing arrives in this cycle"
            read_side, words = self._reads.pop(self.cycle)
            assert read_side == side
            for k, word in enumerate(words):
                when = self.cycle + 2 * k + 1
                assert when not in self._down, "two words meet on the way down"
                self._down[when] = word

    def _command(self, ctx: Any) -> None:
        """A queue's instruction, executed a cycle after the command."""
        c, command = self.config, self.dut.command
        if not ctx.get(command.valid):
            return
        queue = queues(c)[ctx.get(command.queue)]
        word = decode(ctx.get(command.word), queue.unit)
        assert word is not None and len(word) == 1 and encode(word) == ctx.get(command.word)
        (op,), side = word, queue.hemisphere
        assert side is not None
        edge, mem, here = mxm_site(c, side), mem_site(c, side, queue.number), (queue.index, op["a"])
        there = Direction.EAST if side is Hemisphere.WEST else Direction.WEST
        if op.spec is WRITE:
            distance = hops(c, edge, mem, there)
            assert distance is not None
            assert (self.cycle - distance, int(side)) in self._driven, "no vector meets this Write"
            self.memory[here] = self._driven[self.cycle - distance, int(side)]
        else:
            assert op.spec is READ
            distance = hops(c, mem, edge, Direction(1 - there))
            assert distance is not None and here in self.memory, "a Read of what nobody stored"
            self._reads[self.cycle + 1 + timing(c).read + distance] = (int(side), self.memory[here])


def beats(config: Config, data: bytes) -> list[tuple[int, bool] | None]:
    """A packet."""
    parts = [data[n : n + config.lanes] for n in range(0, len(data), config.lanes)]
    return [(int.from_bytes(part, "little"), n == len(parts) - 1) for n, part in enumerate(parts)]


def noise(seed: int, size: int) -> bytes:
    """Random bytes."""
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8).tobytes()


def place(config: Config, side: Hemisphere, mem_slice: int, bank: int, offset: int) -> int:
    """Register ``PLACE``."""
    return registers(config)["PLACE"].pack(
        hemisphere=int(side), mem_slice=mem_slice, address=bank << OFFSET_BITS | offset
    )
