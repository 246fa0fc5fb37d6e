"""Which machines run, and what a seed is."""

import pytest

from golden.run import run
from scripts.regress.shares import SHARES, injection_of, schedule_of
from tb.random.configs import named
from tb.random_programs import generate

NANO = named("nano")
#: A host stops a run then; random programs are idle long before.
LIMIT = 4000


def test_enough_programs_on_machines_that_differ():
    assert sum(SHARES.values()) >= 2000
    machines = {name: named(name) for name in SHARES}
    assert {"tiny", "small"} <= set(machines)
    found = machines.values()
    assert any(config.superlanes == 1 for config in found)
    assert any((config.superlanes, config.lanes) == (3, 8) for config in found)
    assert any(config.lanes == 16 for config in found)
    assert any(not config.mxm_fp16 and config.planes == 2 for config in found)
    assert any(config.planes == 1 for config in found)
    assert any(config.spare for config in found)


def test_odd_seeds_may_fault():
    assert schedule_of(NANO, 4) == generate(NANO, 4, cycles=200)
    assert schedule_of(NANO, 5) == generate(NANO, 5, cycles=200, faulty=True)


def test_one_program_in_four_has_a_bit_error():
    drawn = {seed: injection_of(generate(NANO, seed, cycles=20)) for seed in range(8)}
    assert {seed for seed, found in drawn.items() if found} <= {2, 3}
    assert any(drawn.values())


@pytest.mark.parametrize("name", ["2x16-lean", "nano"])
def test_programs_come_to_an_end_without_errors(name: str):
    # Seed 38 of the first did not once: a queue had no word left to park with.
    for seed in (38, 39):
        schedule = schedule_of(named(name), seed)
        assert schedule.seed == seed
        result = run(schedule.program(), limit=LIMIT)
        assert result.errors == () and not result.stopped
