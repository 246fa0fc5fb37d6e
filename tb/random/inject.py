"""A random bit error in what a program's instructions read or store, so that somebody meets it."""

from random import Random

from arch import effects
from arch.isa.table import is_icu
from arch.queues import Unit, queues
from golden.injection import Injection, MemoryInjection, StreamInjection
from golden.run import run
from tb.random.schedule import Schedule

#: Chance of two wrong bits instead of one, and of an error in a stored word where there is a choice.
_DOUBLE, _STORED = 0.4, 0.3
#: Instructions that store what comes, errors and all.
_STORING = ("Write", "Scatter")


def injection(schedule: Schedule) -> Injection | None:
    """Error for a program, the same one each time; None if the machine has no check bits, the program reads nothing, or
    the error would have it do what no program may (a map or text that is wrong can)."""
    rng, config = Random(schedule.seed), schedule.config
    issues = [
        (queue, op, cycle)
        for queue, row in zip(queues(config), schedule.entries, strict=True)
        for entry in row
        if not isinstance(entry.word, int) and not is_icu(entry.word)
        for op in entry.word
        for cycle in entry.issues()
        if effects.samples(config, queue, op)
    ]
    if not issues or not config.features.ecc:
        return None
    queue, op, issue = rng.choice(issues)
    superlane = rng.randrange(config.superlanes)
    mask = sum(1 << n for n in rng.sample(range(config.code_bits), 1 + (rng.random() < _DOUBLE)))
    if queue.unit is Unit.MEM and op.mnemonic in _STORING and rng.random() < _STORED:
        assert queue.hemisphere is not None
        found: Injection = MemoryInjection(queue.hemisphere, queue.number, superlane, issue + superlane, mask)
    else:
        use = rng.choice(effects.samples(config, queue, op))
        stream, cycle = use.stream + rng.randrange(use.width), issue + use.offset + superlane
        found = StreamInjection(use.position or 0, use.direction, stream, superlane, cycle, mask)
    return None if run(schedule.program(), injection=found).errors else found
