"""Legality in hardware against ``arch.isa`` on mutated words."""

import random
from itertools import product

import pytest

from arch.config import Config, preset
from arch.isa.legal import problem
from arch.isa.table import decode, encode, specs_of
from arch.queues import Queue, Unit, queues_by_name
from hdl.icu.layout import WORD_BITS, layout_of
from hdl.icu.legal import UNITS, Legal, sample_op
from tests.hdl.configs import SMALL_CONFIGS
from tests.hdl.simulate import simulate

QUEUES = ("W.mem0", "W.mxm0.weights", "E.mxm0.weights", "E.mxm0.activations", "W.mxm0.accumulators")


def expected(config: Config, queue: Queue, value: int) -> bool:
    word = decode(value, queue.unit)
    return word is not None and problem(config, queue, word) is None


def mutated(config: Config, queue: Queue, count: int) -> list[int]:
    """Legal words, words with some fields drawn anew, words with a flipped bit, and noise."""
    rng = random.Random(count)
    words = []
    for _ in range(count):
        often = rng.choice((0.1, 0.35))
        spec = rng.choice(specs_of(queue.unit))
        op = sample_op(config, queue, spec)
        parts = [op]
        if queue.unit is Unit.MEM and spec.units and rng.random() < 0.5:
            other = [s for s in specs_of(queue.unit) if s.units and (s.opcode & 3 != 0) != (spec.opcode & 3 != 0)]
            parts = sorted((op, sample_op(config, queue, rng.choice(other))), key=lambda o: o.spec.opcode)
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
    """Every instruction with every field at 0, at 1 or as in a legal one: what the rules between fields tell apart."""
    words = []
    for spec in specs_of(queue.unit):
        base = sample_op(config, queue, spec)
        choices = [dict.fromkeys((0, 1, base[spec_field.name])) for spec_field in spec.fields]
        for values in product(*choices):
            word = spec.opcode
            for spec_field, value in zip(spec.fields, values, strict=True):
                word |= spec_field.insert(value)
            words.append(word)
    return words


@pytest.mark.parametrize("config", SMALL_CONFIGS, ids=lambda c: c.name)
@pytest.mark.parametrize("name", QUEUES)
def test_words_taken_are_those_of_the_table(config: Config, name: str):
    queue = queues_by_name(config)[name]
    dut = Legal(config=config, queue=queue)
    words = mutated(config, queue, 1000) + combinations(config, queue)
    verdicts = [expected(config, queue, word) for word in words]
    assert 0.1 < sum(verdicts) / len(verdicts) < 0.9

    async def bench(ctx):
        for word, verdict in zip(words, verdicts, strict=True):
            ctx.set(dut.word, word)
            assert bool(ctx.get(dut.ok)) == verdict, hex(word)

    simulate(dut, bench)


def test_a_unit_without_hardware_is_refused():
    config = preset("tiny")
    with pytest.raises(ValueError, match=r"vxm0 must be a queue of MEM or MXM: .* does not exist yet"):
        Legal(config=config, queue=queues_by_name(config)["vxm0"])


def test_packed_words_keep_every_field():
    config = SMALL_CONFIGS[0]
    for name in QUEUES:
        queue = queues_by_name(config)[name]
        layout = layout_of(queue.unit)
        for spec in specs_of(queue.unit):
            if spec.units:
                op = sample_op(config, queue, spec)
                const = layout.layout(spec).from_bits(layout.pack_int(encode((op,))))
                assert {f.name: const[f.name] for f in spec.fields} == op.asdict()


def test_units_are_those_of_the_queues():
    assert {queues_by_name(SMALL_CONFIGS[0])[name].unit for name in QUEUES} == set(UNITS)
