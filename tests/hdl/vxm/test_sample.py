"""The operand stage of an ALU: every element of every width from every stream, every wrong bit of each of its words."""

import random
from dataclasses import replace
from typing import Any

import pytest

from arch.config import Config, Stages, preset
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from hdl.vxm.sample import MOST, Sample
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import code_of

_TINY = replace(preset("tiny"), streams=8)
CONFIGS = pytest.mark.parametrize(
    "config",
    (_TINY, replace(_TINY, name="wide", lanes=16, slices=16, streams=16, stages=Stages(operand=2))),
    ids=lambda c: c.name,
)


@CONFIGS
def test_every_wrong_bit_of_every_word(config: Config):
    dut, late, rng = Sample(config=config), config.stages.operand, random.Random(config.lanes)
    bits = config.code_bits
    # By cycle: width, first stream, direction, and which bits of which word of the element are wrong.
    work = [(width, place, way, 0, 0) for width in (1, 2, 4) for way in Direction for place in range(0, 8, width)]
    for bit in range(bits):
        for width in (1, 2, 4):
            place = rng.randrange(config.streams // width) * width
            work.append((width, place, rng.choice(list(Direction)), rng.randrange(width), 1 << bit))
    for _ in range(40):
        width = rng.choice([1, 2, 4])
        place = rng.randrange(config.streams // width) * width
        double = sum(1 << bit for bit in rng.sample(range(bits), 2))
        work.append((width, place, rng.choice(list(Direction)), rng.randrange(width), double))
    wanted: list[tuple[int, int, int]] = []

    async def bench(ctx: Any) -> None:
        for cycle in range(len(work) + late):
            if cycle < len(work):
                width, place, way, number, error = work[cycle]
                words = [rng.getrandbits(config.word_bits) for _ in range(config.streams)]
                codes = [code_of(word, config.word_bits) for word in words]
                codes[place + number] ^= error
                # Words beside the element are wrong, too: nobody looks at them.
                codes = [c if place <= n < place + width else c ^ 0b11 for n, c in enumerate(codes)]
                ctx.set(dut.columns[way], sum(code << n * bits for n, code in enumerate(codes)))
                ctx.set(dut.columns[1 - way], rng.getrandbits(bits * config.streams))
                ctx.set(dut.en, 1)
                ctx.set(dut.ref, stream_ref(way, place))
                ctx.set(dut.w8, width == 1)
                ctx.set(dut.w16, width == 2)
                if error.bit_count() == 2:
                    words[place + number] ^= error & (1 << config.word_bits) - 1
                elements = 0
                for lane in range(config.lanes):
                    for n in range(width):
                        byte = words[place + n] >> 8 * lane & 0xFF
                        elements |= byte << 8 * (MOST * lane + n)
                wanted.append((elements, int(error.bit_count() == 1), int(error.bit_count() == 2)))
            else:
                ctx.set(dut.en, 0)
            if cycle >= late:
                seen = ctx.get(dut.elements), ctx.get(dut.corrected), ctx.get(dut.failed)
                assert seen == wanted[cycle - late], f"cycle {cycle}: {work[cycle - late]}"
            await ctx.tick()

    simulate(dut, bench)
