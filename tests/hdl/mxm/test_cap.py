"""Rounding of whole sums, and the cap that does it: every value in its cycle, int32 untouched."""

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from arch.config import Config, Stages, preset
from arch.transcendental import F32
from hdl.mxm.cap import Cap
from hdl.mxm.fixed import LIMB, UNIT_EXPONENT, limb_bits
from hdl.mxm.supercell import SUM_BITS
from tests.hdl.mxm.exact import rounded
from tests.hdl.simulate import simulate

TINY = preset("tiny")
CONFIGS = [replace(TINY, name=f"round {n}", stages=Stages(mxm_round=n)) for n in (1, 2, 3, 4, 6)]
FULL = replace(preset("full"), name="full, 4 lanes", lanes=4)


def hard_sums(rng: random.Random, config: Config, count: int) -> list[int]:
    """Sums in units of 2**-48: any size, ends of the range, ties and their neighbors, of both signs."""
    most = config.superlanes * config.lanes // 2 * (2 ** (2 * LIMB) - 1)
    found = [0, 1, -1, 2, -2, most, -most]
    for size in range(1, most.bit_length()):
        found += [1 << size, -(1 << size), (1 << size) - 1, 1 - (1 << size), -(1 << size) - 1]
    while len(found) < count:
        size = rng.randrange(26, most.bit_length())
        # A number of 24 bits and a half, and what is just beside it.
        tie = (rng.getrandbits(24) | 1 << 23) * 2 + 1 << max(size - 25, 0)
        found += [sign * (tie + beside) for sign in (1, -1) for beside in (-1, 0, 1)]
        found.append(rng.getrandbits(size) * rng.choice([1, -1]))
    return [total for total in found if abs(total) <= most]


def cut(rng: random.Random, config: Config, total: int) -> tuple[int, int]:
    """Limbs of a sum, of which the lower one may be of any size that limbs can have."""
    top = (1 << limb_bits(config) - 1) - 1
    carry = rng.choice([0, 0, -1, rng.randrange(-(top >> LIMB), (top >> LIMB) + 1)])
    low, high = total % (1 << LIMB) + (carry << LIMB), (total >> LIMB) - carry
    if abs(low) > top or abs(high) > top:
        low, high = total % (1 << LIMB), total >> LIMB
    return low, high


@pytest.mark.parametrize("config", [*CONFIGS, FULL], ids=lambda c: c.name)
def test_sums_are_rounded_once_and_in_time(config: Config):
    rng = random.Random(config.name)
    dut, bits, upper = Cap(config=config), limb_bits(config), limb_bits(config) - SUM_BITS
    totals = hard_sums(rng, config, 2000 if config in (TINY, FULL) else 800)
    lanes, late = config.lanes, config.stages.mxm_round - 1
    vectors = [totals[n : n + lanes] for n in range(0, len(totals) - lanes + 1, lanes)]
    wanted: dict[int, list[int]] = {}

    async def bench(ctx: Any) -> None:
        checked = 0
        for cycle in range(len(vectors) + late):
            # Every fifth cycle carries int32, every seventh nothing.
            paired = cycle < len(vectors) and cycle % 7 and cycle % 5
            integers = cycle < len(vectors) and cycle % 7 and not paired
            words = [rng.getrandbits(SUM_BITS) for _ in range(2 * lanes)]
            uppers, infinite = [rng.getrandbits(upper) for _ in range(2 * lanes)], [0, 0]
            if paired:
                wanted[cycle] = []
                for n, total in enumerate(vectors[cycle]):
                    limbs = [limb & (1 << bits) - 1 for limb in cut(rng, config, total)]
                    for side, limb in enumerate(limbs):
                        words[side * lanes + n], uppers[side * lanes + n] = limb & 0xFFFFFFFF, limb >> SUM_BITS
                    plus, minus = (rng.random() < 0.03 for _ in range(2))
                    infinite = [infinite[0] | plus << n, infinite[1] | minus << n]
                    special = F32.nan if plus and minus else F32.inf if plus else F32.inf | F32.sign if minus else None
                    number = rounded(total * Fraction(2) ** UNIT_EXPONENT)
                    wanted[cycle].append(number if special is None else special)
            elif integers:
                wanted[cycle] = words
            for side, port in enumerate((dut.even, dut.odd)):
                ctx.set(port.valid, bool(paired or integers))
                ctx.set(port.paired, bool(paired))
                ctx.set(port.infinite, infinite[side])
                for n in range(lanes):
                    at = side * lanes + n
                    ctx.set(port.sums[n * SUM_BITS : (n + 1) * SUM_BITS], words[at])
                    ctx.set(port.upper[n * upper : (n + 1) * upper], uppers[at])
            expected = wanted.get(cycle - late, [])
            for side, port in enumerate((dut.even_down, dut.odd_down)):
                numbers = expected[side * lanes : (side + 1) * lanes]
                assert ctx.get(port.valid) == bool(numbers), f"cycle {cycle}"
                seen = ctx.get(port.sums)
                if numbers:
                    got = [seen >> n * SUM_BITS & 0xFFFFFFFF for n in range(lanes)]
                    assert got == numbers, f"cycle {cycle}, {vectors[cycle - late]}"
                    checked += 1
            await (ctx.tick() if dut.clocked else ctx.delay(1e-6))
        assert checked > len(vectors) * 3 // 4

    simulate(dut, bench)


def test_a_cap_needs_fp16():
    with pytest.raises(ValueError, match="mxm_fp16 must be True for a cap"):
        Cap(config=replace(TINY, mxm_fp16=False))
