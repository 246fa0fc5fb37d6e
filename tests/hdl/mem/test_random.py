"""MEM tile against a walk through random words: Read, Gather, Write and Scatter, two parts a word, every cycle.

What is stored are codewords with wrong bits in many of them, which must come back as they are; maps are corrected.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from arch.config import OFFSET_BITS, Config, Stages
from arch.conveyor import Direction
from arch.faults import Fault
from arch.isa.fields import stream_direction, stream_number, stream_ref
from arch.isa.legal import problem
from arch.isa.mem import GATHER, READ, SCATTER, WRITE
from arch.isa.spec import Op, make
from arch.queues import queues_by_name
from arch.timing import timing
from hdl.icu.layout import layout_of
from hdl.mem.tile import CODES, MemTile
from tests.hdl.configs import ODD, ONE, TINY
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import code_of

SLOW = replace(TINY, name="slow", streams=8, bank_words=16, stages=Stages(operand=3, mem_access=3))
CONFIGS = pytest.mark.parametrize(
    "config",
    (replace(TINY, bank_words=16), replace(ONE, streams=8), replace(ODD, streams=16), SLOW),
    ids=lambda c: c.name,
)
#: Faults that come up, both parts of a word apart.
RANGE, INDEX = (tuple(n for n, code in enumerate(CODES) if code is fault) for fault in (Fault.RANGE, Fault.INDEX))


@dataclass
class Walk:
    """What a tile should do.

    Attributes
    ----------
    memory
        Codewords by address; an address that is not there is undefined.
    driven
        (direction, stream, codeword) by cycle in which the tile hands it over; None for a word that nobody defined.
    reports
        (hits, failed, corrected) by cycle.
    """

    config: Config
    memory: dict[int, int] = field(default_factory=dict)
    driven: dict[int, tuple[Direction, int, int | None]] = field(default_factory=dict)
    reports: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def issue(
        self, cycle: int, ops: tuple[Op, ...], words: dict[tuple[Direction, int], tuple[int, int]], lit: bool
    ) -> None:
        """Execute a word; ``words`` are (data, wrong bits) by stream. The read part sees what was stored before."""
        hits = failed = corrected = 0
        stored: tuple[int, int] | None = None
        for op in ops:
            reads = op.spec in (READ, GATHER)
            address, fits = self._address(op, words, lit)
            if lit and op.spec in (GATHER, SCATTER):
                count = words[_way(op["map"])][1].bit_count()
                failed, corrected = failed + (count == 2), corrected + (count == 1)
            if lit and not fits:
                hits |= 1 << (RANGE if op.spec in (READ, WRITE) else INDEX)[not reads]
            if reads:
                value = self.memory.get(address) if lit and fits else 0
                self.driven[cycle + timing(self.config).read - 1] = (*_way(op["s"]), value)
            elif lit and fits:
                data, wrong = words[_way(op["s"])]
                stored = address, code_of(data, self.config.word_bits) ^ wrong
        if stored is not None:
            self.memory[stored[0]] = stored[1]
        if hits or failed or corrected:
            self.reports[cycle + self.config.stages.operand] = hits, failed, corrected

    def _address(self, op: Op, words: dict, lit: bool) -> tuple[int, bool]:
        """Address of a part, and whether it is one that it may touch."""
        if op.spec in (READ, WRITE):
            return op["a"], op["a"] % (1 << OFFSET_BITS) < self.config.bank_words
        data, wrong = words[_way(op["map"])]
        if wrong.bit_count() == 2:
            data ^= wrong & (1 << self.config.word_bits) - 1
        entry = data & 0xFFFF
        bank, offset = entry >> OFFSET_BITS & 1, entry % (1 << OFFSET_BITS)
        named = op["banks"] >> bank & 1 and entry >> OFFSET_BITS + 1 == 0
        return entry, bool(named and op["lo"] <= offset <= op["hi"])


def _way(ref: int) -> tuple[Direction, int]:
    return stream_direction(ref), stream_number(ref)


def random_word(rng: random.Random, config: Config) -> tuple[Op, ...]:
    """A word that the queue lets through; of linear addresses some are out of range, as a Repeat makes them."""

    def ref() -> int:
        return stream_ref(Direction(rng.randrange(2)), rng.randrange(config.streams))

    def part(linear: Any, indexed: Any) -> Op:
        if rng.random() < 0.5:
            return make(linear, a=rng.randrange(2) << OFFSET_BITS | rng.randrange(config.bank_words), s=ref())
        lo = rng.randrange(config.bank_words)
        hi = rng.randrange(lo, config.bank_words)
        return make(indexed, map=ref(), s=ref(), banks=rng.choice([1, 2, 3]), lo=lo, hi=hi)

    while True:
        read, write = part(READ, GATHER), part(WRITE, SCATTER)
        word = rng.choice([(read,), (write,), (read, write)])
        if problem(config, queues_by_name(config)["W.mem0"], word) is None:
            break
    if config.bank_words < 1 << OFFSET_BITS and rng.random() < 0.15:
        word = tuple(op.replace(a=op["a"] | config.bank_words) if op.spec in (READ, WRITE) else op for op in word)
    return word


def random_streams(rng: random.Random, config: Config, word: tuple[Op, ...]) -> dict:
    """(data, wrong bits) of every stream; maps name addresses that mostly fit."""
    bits = config.code_bits
    ways = [(direction, n) for direction in Direction for n in range(config.streams)]
    found = {way: (rng.getrandbits(config.word_bits), 0) for way in ways}
    for op in word:
        if op.spec in (GATHER, SCATTER):
            bank = rng.choice([n for n in range(2) if op["banks"] >> n & 1] * 8 + [0, 1])
            offset = rng.choice([rng.randint(op["lo"], op["hi"])] * 6 + [op["lo"] - 1, op["hi"] + 1]) % (
                1 << OFFSET_BITS
            )
            above = rng.choice([0] * 9 + [1, 2, 4])
            entry = above << OFFSET_BITS + 1 | bank << OFFSET_BITS | offset
            data = found[_way(op["map"])][0] & ~0xFFFF | entry
            found[_way(op["map"])] = data, 0
    for way in ways:
        wrong = sum(1 << bit for bit in rng.sample(range(bits), rng.choice([0, 0, 1, 2])))
        found[way] = found[way][0], wrong
    return found


@CONFIGS
def test_random_words(config: Config):
    rng, walk, dut = random.Random(config.name), Walk(config), MemTile(config=config)
    bits, layout, count = config.code_bits, layout_of(queues_by_name(config)["W.mem0"].unit), 400
    flips, seen = 0, 0

    async def bench(ctx: Any) -> None:
        nonlocal flips, seen
        for cycle in range(count + timing(config).read + config.stages.operand):
            fires, lit, word = cycle < count and rng.random() < 0.85, rng.random() < 0.9, random_word(rng, config)
            streams = random_streams(rng, config, word)
            mask, flip = rng.getrandbits(bits), fires and rng.random() < 0.1
            for direction in Direction:
                column = sum(
                    (code_of(data, config.word_bits) ^ wrong) << n * bits
                    for (way, n), (data, wrong) in streams.items()
                    if way == direction
                )
                ctx.set(dut.columns[direction], column)
            ctx.set(dut.fire, fires)
            ctx.set(dut.lit, lit)
            ctx.set(dut.instr, layout.pack_int(_encoded(word)))
            ctx.set(dut.flip_en, flip)
            ctx.set(dut.flip, mask)
            if fires:
                before = dict(walk.memory)
                walk.issue(cycle, word, streams, lit)
                for address in [a for a, value in walk.memory.items() if flip and before.get(a, -1) != value]:
                    walk.memory[address] ^= mask
                    flips += 1
            wanted = walk.driven.get(cycle)
            for direction, drive in zip(Direction, dut.drives, strict=True):
                assert ctx.get(drive.en) == (wanted is not None and wanted[0] == direction), f"cycle {cycle}"
                if wanted is not None and wanted[0] == direction:
                    assert ctx.get(drive.stream) == wanted[1]
                    if wanted[2] is not None:
                        assert ctx.get(drive.words) == wanted[2], f"cycle {cycle}"
                        seen += wanted[2] != 0
            report = ctx.get(dut.hit), ctx.get(dut.failed), ctx.get(dut.corrected)
            assert report == walk.reports.get(cycle, (0, 0, 0)), f"cycle {cycle}"
            await ctx.tick()

    simulate(dut, bench)
    assert seen > 20 and flips > 5
    hits = [report[0] for report in walk.reports.values()]
    assert all(any(hit >> n & 1 for hit in hits) for n in range(len(CODES)))


def _encoded(word: tuple[Op, ...]) -> int:
    value = 0
    for op in word:
        value |= op.encode()
    return value


@pytest.mark.parametrize("spec", [GATHER, SCATTER], ids=lambda s: s.mnemonic)
@pytest.mark.parametrize("lanes", [4, 16])
def test_every_wrong_bit_of_a_map_is_corrected_and_counted(spec: Any, lanes: int):
    config = replace(TINY, lanes=lanes, slices=lanes, streams=16)
    dut, bits = MemTile(config=config), config.code_bits
    op = make(spec, map=stream_ref(Direction.EAST, 2), s=stream_ref(Direction.WEST, 5), banks=2, lo=9, hi=9)
    word = code_of(0xC0FFEE << 16 | 1 << OFFSET_BITS | 9, config.word_bits)
    late = config.stages.operand

    async def bench(ctx: Any) -> None:
        ctx.set(dut.lit, 1)
        ctx.set(dut.fire, 1)
        ctx.set(dut.instr, layout_of(queues_by_name(config)["W.mem0"].unit).pack_int(op.encode()))
        for n in range(bits + late):
            ctx.set(dut.columns[0], (word ^ (1 << n if n < bits else 0)) << 2 * bits)
            if n >= late:
                assert (ctx.get(dut.corrected), ctx.get(dut.failed), ctx.get(dut.hit)) == (1, 0, 0), f"bit {n - late}"
            await ctx.tick()

    simulate(dut, bench)
