"""Bit errors for random programs: repeatable, of one bit or two, and somebody meets them."""

from arch.faults import Fault
from arch.queues import queues
from golden.run import run
from tb.random.configs import named
from tb.random.generate import generate
from tb.random.inject import injection
from tb.random.schedule import Schedule

NANO = named("nano")


def test_most_errors_are_met():
    met, doubles = 0, 0
    for seed in range(12):
        schedule = generate(NANO, seed, cycles=60)
        found = injection(schedule)
        assert found == injection(schedule)
        if found is None:
            continue
        assert found.mask.bit_count() in (1, 2)
        result = run(schedule.program(), injection=found)
        assert result.errors == ()
        ecc = any(entry.fault is Fault.ECC for entry in result.faults)
        if found.mask.bit_count() == 1:
            assert not ecc
        met += bool(result.counters.corrected.any()) or ecc
        doubles += ecc
    assert met >= 6
    assert doubles >= 1


def test_nothing_to_meet():
    assert injection(Schedule(NANO, 0, ((),) * len(queues(NANO)), {})) is None
