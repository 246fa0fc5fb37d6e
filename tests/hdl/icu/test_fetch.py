"""Ifetch in hardware, from the command to the words on the bus: each in its cycle, as ``arch.text`` says.

What a queue takes from the bus in cycle p may issue at p + ``stages.fetch`` - 1.
"""

import random
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest
from amaranth import Module
from amaranth.hdl import Elaboratable

from arch import text
from arch.config import FETCH_WORDS, Config, Stages
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from hdl.icu.fetch import Fetcher
from hdl.icu.text import TextTap
from hdl.pipeline import join
from tests.hdl.configs import ODD, ONE, TINY
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import code_of

#: Blocks with a surplus (3 x 4), of one superlane, of one word per superlane (3 x 16).
TALL = replace(TINY, name="tall", superlanes=3, stages=Stages(operand=2, fetch=5))
CONFIGS = pytest.mark.parametrize("config", (TINY, TALL, ONE, ODD), ids=lambda c: c.name)
STREAM = 3
REF = stream_ref(Direction.WEST, STREAM)


class Slice(Elaboratable):
    """The fetcher of a queue and the taps of its slice, one above the other."""

    def __init__(self, config: Config, directions: int = 2):
        self.fetcher = Fetcher(config=config)
        self.taps = [TextTap(config=config, directions=directions) for _ in range(config.superlanes)]

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.fetcher = self.fetcher
        m.d.comb += join(self.fetcher.command, self.taps[0].command)
        for n, tap in enumerate(self.taps):
            m.submodules[f"tap_{n}"] = tap
            m.d.comb += tap.number.eq(n)
        for below, above in pairwise(self.taps):
            m.d.comb += join(below.command_up, above.command) + join(above.bus_out, below.bus_in)
        return m


@dataclass
class Found:
    """Words on the bus of superlane 0 by cycle; corrected and failed words by (cycle, superlane)."""

    bus: dict[int, int]
    corrected: dict[tuple[int, int], int]
    failed: dict[tuple[int, int], int]


def data_of(config: Config, seed: int) -> dict[tuple[int, int], int]:
    """Random words by (vector, superlane)."""
    rng = random.Random(seed)
    places = ((vector, k) for vector in range(text.vectors(config)) for k in range(config.superlanes))
    return {place: rng.getrandbits(config.word_bits) for place in places}


def fetch(config: Config, data: dict, start: int, lit: int, flips: dict | None = None, directions: int = 2) -> Found:
    """Sample a block for an Ifetch of cycle ``start``; what is not to be sampled is noise with wrong check bits."""
    dut, found, rng = Slice(config, directions), Found({}, {}, {}), random.Random(1)
    bits = config.code_bits
    due = {(start + text.sample_offset(config, v) + k, k): data[v, k] for v, k in data}
    wrong = {
        (start + text.sample_offset(config, v) + k, k): sum(1 << bit for bit in where)
        for (v, k), where in (flips or {}).items()
    }

    async def bench(ctx: Any) -> None:
        for cycle in range(start + text.span(config) + 2 * config.superlanes + config.stages.operand + 2):
            ctx.set(dut.fetcher.start, cycle == start)
            # Without the start they are noise.
            ctx.set(dut.fetcher.ref, REF if cycle == start else rng.getrandbits(6))
            ctx.set(dut.fetcher.lit, lit if cycle == start else rng.getrandbits(5))
            assert ctx.get(dut.fetcher.busy) == (start < cycle < start + text.span(config)), f"cycle {cycle}"
            for k, tap in enumerate(dut.taps):
                word = rng.getrandbits(bits)
                if (cycle, k) in due:
                    word = code_of(due[cycle, k], config.word_bits) ^ wrong.get((cycle, k), 0)
                column = tap.columns[Direction.WEST if directions == 2 else 0]
                ctx.set(column, word << STREAM * bits)
                for kind, port in ((found.corrected, tap.corrected), (found.failed, tap.failed)):
                    if ctx.get(port):
                        kind[cycle - config.stages.operand, k] = ctx.get(port)
            if ctx.get(dut.taps[0].bus_out.valid):
                found.bus[cycle] = ctx.get(dut.taps[0].bus_out.word)
            await ctx.tick()

    simulate(dut, bench)
    return found


def instruction(config: Config, data: dict, place: text.TextWord) -> int:
    """The instruction at a place of the block, lowest bytes in the first vector of its row."""
    parts = range(config.row_words)
    return sum(data[place.row * config.row_words + p, place.superlane] << p * config.word_bits for p in parts)


@CONFIGS
@pytest.mark.parametrize("dark", [0, 1])
def test_instructions_come_in_the_order_and_the_cycles_of_the_layout(config: Config, dark: int):
    lit, start = max(1, config.superlanes - dark), 3
    data = data_of(config, seed=lit)
    found = fetch(config, data, start, lit)
    block = text.block(config, lit)
    wanted = {start + place.ready - config.stages.fetch + 1: instruction(config, data, place) for place in block}
    assert len(wanted) == len(block) <= FETCH_WORDS
    assert found.bus == wanted
    # Neither dark superlanes nor the surplus are looked at: their words are noise, with wrong check bits.
    assert not found.corrected and not found.failed


def test_at_the_edge_the_direction_is_not_looked_at():
    data = data_of(TINY, seed=1)
    assert fetch(TINY, data, 0, TINY.superlanes, directions=1) == fetch(TINY, data, 0, TINY.superlanes)


@pytest.mark.parametrize("config", (TINY, TALL), ids=lambda c: c.name)
def test_every_wrong_bit_of_text_is_corrected_and_counted_and_two_are_flagged(config: Config):
    rng, bits = random.Random(2), config.code_bits
    data = data_of(config, seed=2)
    block = text.block(config)
    used = {(p.row * config.row_words + part, p.superlane) for p in block for part in range(config.row_words)}
    places = rng.sample(sorted(used), bits + 4)
    flips = {place: [bit] for bit, place in enumerate(places[:bits])}
    flips |= {place: rng.sample(range(bits), 2) for place in places[bits:]}
    found = fetch(config, data, 0, config.superlanes, flips)
    raw = dict(data)
    for place in places[bits:]:
        # The raw bytes are used.
        raw[place] ^= sum(1 << bit for bit in flips[place] if bit < config.word_bits)
    times = {(v, k): (text.sample_offset(config, v) + k, k) for v, k in places}
    assert found.corrected == {times[place]: 1 for place in places[:bits]}
    assert found.failed == {times[place]: 1 for place in places[bits:]}
    assert sorted(found.bus.values()) == sorted(instruction(config, raw, place) for place in block)
