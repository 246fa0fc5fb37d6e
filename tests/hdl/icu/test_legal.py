"""Legality in hardware against ``arch.isa`` on mutated words."""

import random
from dataclasses import replace
from functools import reduce
from itertools import product
from operator import or_

import pytest

from arch.config import Alu, Config, preset
from arch.conveyor import Direction
from arch.isa.fields import SOURCE_BITS, Kind, stream_operand, stream_ref
from arch.isa.legal import problem
from arch.isa.spec import OPCODE_BITS
from arch.isa.table import decode, encode, specs_of
from arch.queues import Queue, Unit, queues, queues_by_name
from arch.types import Type
from hdl.icu.layout import WORD_BITS, layout_of
from hdl.icu.legal import Legal, place_of, sample_op, used_bits, variant
from tests.hdl.configs import SMALL_CONFIGS
from tests.hdl.simulate import simulate

QUEUES = (
    *("W.mem0", "W.mxm0.weights", "E.mxm0.weights", "E.mxm0.activations", "W.mxm0.accumulators"),
    *("vxm0", "vxm7", "vxm13", "W.sxm.distribute1", "E.sxm.transpose0", "W.sxm.shift_north", "W.sxm.shift_south"),
    *("E.sxm.permute", "W.sxm.rotate", "E.c2c0"),
)
#: VXM with ALUs that lack types, and links of more than one queue.
MIXED = replace(
    SMALL_CONFIGS[0],
    name="mixed",
    alus=tuple(Alu(types=(Type.I8, Type.I32, Type.F16)[n % 3 :], large=n % 2 == 1) for n in range(16)),
    c2c_links=16,
    streams=16,
)
CONFIGS = (*SMALL_CONFIGS, MIXED)
#: Words of every combination of a few values that are tried, at the most.
MOST = 2000


def expected(config: Config, queue: Queue, value: int) -> bool:
    word = decode(value, queue.unit)
    return word is not None and problem(config, queue, word) is None


def mutated(config: Config, queue: Queue, count: int) -> list[int]:
    """Legal words, words with some fields drawn anew, words with a flipped bit, and noise."""
    rng = random.Random(count)
    words = []
    ops = [op for spec in specs_of(queue.unit) if (op := sample_op(config, queue, spec)) is not None]
    for _ in range(count):
        often = rng.choice((0.1, 0.35))
        op = rng.choice(ops)
        parts = [op]
        if queue.unit is Unit.MEM and op.spec.units and rng.random() < 0.5:
            other = [o for o in ops if o.spec.units and (o.spec.opcode & 3 != 0) != (op.spec.opcode & 3 != 0)]
            parts = sorted((op, rng.choice(other)), key=lambda o: o.spec.opcode)
        value = 0
        for part in parts:
            value |= part.encode()
            for spec_field in part.spec.fields:
                if rng.random() < often:
                    drawn = rng.choice((0, 1, 2, rng.getrandbits(spec_field.width), spec_field.maximum))
                    value = value & ~spec_field.mask | spec_field.insert(drawn)
        if rng.random() < 0.2:
            value ^= 1 << rng.randrange(WORD_BITS)
        words.append(value)
    return words


def combinations(config: Config, queue: Queue) -> list[int]:
    """Every instruction with every field at 0, at 1, as in a legal one, or at what else a VXM operand may be: what the
    rules between fields tell apart; as many as time allows."""
    words = []
    for spec in specs_of(queue.unit):
        base = sample_op(config, queue, spec)
        choices = []
        for spec_field in spec.fields:
            values = [0, 1, 3] if base is None else [0, 1, base[spec_field.name]]
            if spec_field.kind is Kind.TYPE:
                values = list(range(len(Type)))
            elif spec_field.kind is Kind.OPERAND:
                values = [*range(1 << SOURCE_BITS), *(stream_operand(ref) for ref in (2, 4, 12, 16, 38))]
            elif spec_field.kind is Kind.OUT:
                values += [stream_ref(Direction.WEST, n) << 1 | 1 for n in (1, 2, 4, 8, 16)]
            choices.append(list(dict.fromkeys(values)))
        for values in product(*choices):
            word = spec.opcode
            for spec_field, value in zip(spec.fields, values, strict=True):
                word |= spec_field.insert(value)
            words.append(word)
    return words if len(words) <= MOST else random.Random(1).sample(words, MOST)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
@pytest.mark.parametrize("name", QUEUES)
def test_words_taken_are_those_of_the_table(config: Config, name: str):
    queue = queues_by_name(config)[name]
    dut = Legal(config=config, queue=queue)
    words = mutated(config, queue, 600) + combinations(config, queue)
    verdicts = [expected(config, queue, word) for word in words]
    assert 0.03 < sum(verdicts) / len(verdicts) < 0.97

    async def bench(ctx):
        ctx.set(dut.place, place_of(config, queue))
        for word, verdict in zip(words, verdicts, strict=True):
            ctx.set(dut.word, word)
            assert bool(ctx.get(dut.ok)) == verdict, hex(word)

    simulate(dut, bench)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_queues_of_one_variant_and_place_take_the_same_words(config: Config):
    twins: dict[tuple[str, int], list[Queue]] = {}
    for queue in queues(config):
        twins.setdefault((variant(config, queue), place_of(config, queue)), []).append(queue)
    assert len(twins) < len(queues(config))
    for first, *others in twins.values():
        words = mutated(config, first, 40)
        for other in others:
            assert [expected(config, other, w) for w in words] == [expected(config, first, w) for w in words]


@pytest.mark.parametrize("config", (*CONFIGS, preset("fpga")), ids=lambda c: c.name)
def test_bits_outside_the_mask_are_in_no_word_that_is_taken(config: Config):
    """And each within it is set in some: fields run over all their values."""
    for queue in {variant(config, queue): queue for queue in queues(config)}.values():
        words = mutated(config, queue, 150) + combinations(config, queue)
        taken = [word for word in words if expected(config, queue, word)]
        used = used_bits(config, queue)
        assert not any(word & ~used for word in taken)
        assert any(word & ~used for word in words)
        fields = [f for spec in specs_of(queue.unit) if sample_op(config, queue, spec) for f in spec.fields]
        assert used == reduce(or_, (f.mask for f in fields), (1 << OPCODE_BITS) - 1)


def test_packed_words_keep_every_field():
    config = SMALL_CONFIGS[0]
    for name in QUEUES:
        queue = queues_by_name(config)[name]
        layout = layout_of(queue.unit)
        for spec in specs_of(queue.unit):
            op = sample_op(config, queue, spec)
            if spec.units and op is not None:
                const = layout.layout(spec).from_bits(layout.pack_int(encode((op,))))
                assert {f.name: const[f.name] for f in spec.fields} == op.asdict()
