"""The operand stage: every word corrected, counted or flagged; dark superlanes; latency."""

import random
from dataclasses import replace
from typing import Any

import pytest

from arch.config import Config, Stages
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from hdl.operand import Operand
from tests.hdl.configs import TINY
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import code_of

#: The published width with few streams; two stages.
WIDE = replace(TINY, name="wide", lanes=16, slices=16, streams=16, stages=Stages(operand=2))
CASES = [(TINY, 1, 2), (TINY, 4, 2), (TINY, 2, 1), (WIDE, 8, 2), (WIDE, 16, 1)]


def cycles_of(rng: random.Random, config: Config, width: int, directions: int) -> list[dict[str, Any]]:
    """What comes in by cycle: first every single wrong bit, one word of the group each time, then anything."""
    bits, found = config.code_bits, []
    for n in range(bits + 60):
        single = n < bits
        first = rng.randrange(config.streams // width) * width
        wrong = [0] * width
        if single:
            wrong[rng.randrange(width)] = 1 << n
        else:
            wrong = [sum(1 << b for b in rng.sample(range(bits), rng.choice([0, 0, 1, 2]))) for _ in range(width)]
        found.append(
            {
                "fire": single or rng.random() < 0.7,
                "lit": single or rng.random() < 0.8,
                "way": rng.randrange(directions),
                "first": first,
                "words": [rng.getrandbits(config.word_bits) for _ in range(width)],
                "wrong": wrong,
            }
        )
    return found


@pytest.mark.parametrize(("config", "width", "directions"), CASES, ids=lambda case: str(getattr(case, "name", case)))
def test_words_are_corrected_counted_and_flagged_in_time(config: Config, width: int, directions: int):
    rng, bits = random.Random(width), config.code_bits
    dut, late = Operand(config=config, width=width, directions=directions), config.stages.operand
    mask = (1 << config.word_bits) - 1
    incoming = cycles_of(rng, config, width, directions)
    wanted: list[tuple[int, int | None, int, int]] = []
    for c in incoming:
        counts = [error.bit_count() for error in c["wrong"]]
        live = c["fire"] and c["lit"]
        words = [w if n < 2 else w ^ e & mask for w, e, n in zip(c["words"], c["wrong"], counts, strict=True)]
        data = sum(word << n * config.word_bits for n, word in enumerate(words)) if live else 0
        wanted.append((c["fire"], data if c["fire"] else None, live * counts.count(1), live * counts.count(2)))

    async def bench(ctx: Any) -> None:
        held = 0
        for n in range(len(incoming) + late):
            if n < len(incoming):
                c = incoming[n]
                ctx.set(dut.fire, c["fire"])
                ctx.set(dut.lit, c["lit"])
                ctx.set(dut.ref, stream_ref(Direction(c["way"]), c["first"]))
                for way in range(directions):
                    column = rng.getrandbits(bits * config.streams)
                    if way == c["way"]:
                        for k, (word, error) in enumerate(zip(c["words"], c["wrong"], strict=True)):
                            at = (c["first"] + k) * bits
                            column &= ~((1 << bits) - 1 << at)
                            column |= (code_of(word, config.word_bits) ^ error) << at
                    ctx.set(dut.columns[way], column)
            if n >= late:
                valid, data, corrected, failed = wanted[n - late]
                # Without an instruction the data stay.
                held = held if data is None else data
                assert (ctx.get(dut.valid), ctx.get(dut.corrected), ctx.get(dut.failed)) == (valid, corrected, failed)
                if any(fires for fires, *_ in wanted[: n - late + 1]):
                    assert ctx.get(dut.data) == held, f"cycle {n}"
            else:
                assert not ctx.get(dut.valid)
            await ctx.tick()

    simulate(dut, bench)
