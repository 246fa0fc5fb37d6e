"""Stacks of tiles under Amaranth's simulator: drive requests and reports of every cycle, against a stimulus."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from amaranth import Module
from amaranth.hdl import Elaboratable

from arch.conveyor import Direction
from arch.queues import Queue
from arch.secded import check_bits
from hdl.icu.layout import layout_of
from hdl.pipeline import join
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import Issue, Request, Stimulus, last_cycle

#: Ports by which a superlane's block hears of the one below, and of the one above.
UPWARD = (("up_out", "up_in"), ("verdict_out", "verdict_in"))
DOWNWARD = (("down_out", "down_in"),)


class Stack(Elaboratable):
    """Blocks of one kind, one above the other.

    Parameters
    ----------
    blocks
        From superlane 0 up.
    beside
        Blocks that stand beside them, with the port of theirs that feeds one of ``blocks``: (block, from, to).
    """

    def __init__(self, blocks: Sequence[Any], beside: Sequence[tuple["Stack", str, str]] = ()):
        self.blocks, self.beside = blocks, beside

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for n, block in enumerate(self.blocks):
            m.submodules[f"tile_{n}"] = block
            if hasattr(block, "number"):
                m.d.comb += block.number.eq(n)
        for below, above in zip(self.blocks, self.blocks[1:], strict=False):
            for source, target in UPWARD:
                if hasattr(below, source):
                    m.d.comb += join(getattr(below, source), getattr(above, target))
            for source, target in DOWNWARD:
                if hasattr(above, source):
                    m.d.comb += join(getattr(above, source), getattr(below, target))
        for n, (stack, source, target) in enumerate(self.beside):
            m.submodules[f"beside_{n}"] = stack
            for theirs, mine in zip(stack.blocks, self.blocks, strict=True):
                m.d.comb += getattr(mine, target).eq(getattr(theirs, source))
        return m


def port(block: Any, fault: str = "") -> Any:
    """Ports of a unit's block, in the form in which :func:`check` wants them."""
    drives = [block.drives] + [getattr(block, f"drives_{n}") for n in (3,) if hasattr(block, f"drives_{n}")]
    hits = {fault: getattr(block, "bad_map" if fault == "MAP" else "hit")} if fault else {}
    names = ("fire", "instr", "lit", "failed", "corrected")
    return SimpleNamespace(
        columns=block.columns, drives=drives, hits=hits, **{name: getattr(block, name) for name in names}
    )


def check(dut: Any, stimulus: Stimulus, ports: Mapping[Queue, Sequence[Any]]) -> int:
    """Play a stimulus under Amaranth's simulator, compare every cycle; return the requests seen.

    Parameters
    ----------
    dut
        What is simulated.
    stimulus
        What comes in.
    ports
        Of each queue, those of its blocks by superlane.
    """
    seen = 0

    async def bench(ctx: Any) -> None:
        nonlocal seen
        seen = await play(ctx, stimulus, ports)

    simulate(dut, bench)
    return seen


async def play(ctx: Any, stimulus: Stimulus, ports: Mapping[Queue, Sequence[Any]]) -> int:
    """Play a stimulus."""
    words, reports = stimulus.expected_words(), stimulus.expected_reports()
    issues = {(issue.queue, issue.time): issue for issue in stimulus.issues}
    seen = 0
    for cycle in range(last_cycle(stimulus)):
        for queue, tiles in ports.items():
            for k, tile in enumerate(tiles):
                _set(ctx, stimulus, tile, cycle - k, k, issues.get((queue, cycle - k)))
        for queue, tiles in ports.items():
            for k, tile in enumerate(tiles):
                where = f"{queue.name} superlane {k} cycle {cycle}"
                request = words.pop((cycle, queue, k), None)
                assert _request(ctx, stimulus, tile) == request, where
                seen += request is not None
                assert _report(ctx, tile) == reports.pop((cycle, queue, k), {}), where
        await ctx.tick()
    assert not words and not reports
    return seen


def _set(ctx: Any, stimulus: Stimulus, tile: Any, time: int, superlane: int, issue: Issue | None) -> None:
    ctx.set(tile.fire, issue is not None)
    ctx.set(tile.lit, superlane < stimulus.lit_at(time))
    # Without an instruction the word is noise: nothing may act on it.
    noise = stimulus.rng.getrandbits(len(tile.instr))
    ctx.set(tile.instr, layout_of(issue.queue.unit).pack_int(issue.op.encode()) if issue else noise)
    for direction in Direction:
        ctx.set(tile.columns[direction], stimulus.column(time, direction, superlane))


def _request(ctx: Any, stimulus: Stimulus, tile: Any) -> Request | None:
    """The one drive request of a tile, if any."""
    bits = stimulus.config.word_bits + check_bits(stimulus.config.word_bits)
    found = []
    for drives in tile.drives:
        for direction in Direction:
            drive = drives[direction]
            if ctx.get(drive.en):
                whole = ctx.get(drive.words)
                words = tuple(whole >> n * bits & (1 << bits) - 1 for n in range(len(drive.words) // bits))
                found.append(Request(direction, ctx.get(drive.stream), words))
    assert len(found) <= 1
    return found[0] if found else None


def _report(ctx: Any, tile: Any) -> dict[str, int]:
    values = {"failed": tile.failed, "corrected": tile.corrected, **tile.hits}
    return {name: ctx.get(value) for name, value in values.items() if ctx.get(value)}
