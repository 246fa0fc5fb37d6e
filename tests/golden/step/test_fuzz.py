"""Any words at all: the engine reports, it never breaks, and it says the same twice."""

import random

import numpy as np
import pytest

from arch.config import BANKS, OFFSET_BITS, WORD_BYTES, Config, preset
from arch.conveyor import Hemisphere
from arch.isa import legal
from arch.isa.spec import Op
from arch.isa.table import encode, specs_of
from arch.program import Program
from arch.queues import Queue, queues
from tests.golden.schedule import segment
from tests.golden.step.probe import finish


def _legal_word(config: Config, queue: Queue, rng: random.Random) -> int:
    """A random word that the queue takes."""
    while True:
        spec = rng.choice(specs_of(queue.unit))
        values = tuple(
            rng.randint(f.minimum, min(f.maximum, 6)) if f.name in ("n", "d") else rng.randint(f.minimum, f.maximum)
            for f in spec.fields
        )
        word = (Op(spec, values),)
        if all(f.legal(v) for f, v in zip(spec.fields, values, strict=True)) and not legal.problem(config, queue, word):
            return encode(word)


def _program(config: Config, seed: int) -> Program:
    rng = random.Random(seed)
    preload = []
    for queue in queues(config):
        words = [_legal_word(config, queue, rng) for _ in range(30)]
        if rng.random() < 0.2:
            words[rng.randrange(30)] = rng.getrandbits(8 * WORD_BYTES)
        preload.append(tuple(words))
    numbers = np.random.default_rng(seed)
    data = [
        segment(side, n, bank << OFFSET_BITS, numbers.integers(0, 256, (config.bank_words, config.vector)))
        for side in Hemisphere
        for n in range(config.slices)
        for bank in range(BANKS)
    ]
    return Program(config, tuple(preload), tuple(data))


@pytest.mark.parametrize(("name", "seed"), [("tiny", 0), ("fpga", 1)])
def test_random_words(name, seed):
    made = _program(preset(name), seed)
    first, second = (finish(made, limit=120, trace=True) for _ in range(2))
    assert len(first.trace) > 200 and first.faults and first.errors
    assert (first.faults, first.errors, first.trace) == (second.faults, second.errors, second.trace)
    assert np.array_equal(first.memory, second.memory)
