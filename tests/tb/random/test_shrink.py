"""Shrinking finds the few words that a failure needs."""

import pytest

from arch.faults import Fault
from arch.isa import icu
from arch.isa.table import decode, encode
from arch.program import Program
from arch.queues import Unit, queues
from golden.run import run
from tb.random_programs import CONFIGS, Schedule, generate, shrink

CONFIG = CONFIGS["tiny"]


def has(program: Program, mnemonic: str) -> bool:
    """Whether a preload holds such a word."""
    for queue, codes in zip(queues(program.config), program.preload, strict=True):
        words = [decode(code, queue.unit) for code in codes]
        if any(word and any(op.mnemonic == mnemonic for op in word) for word in words):
            return True
    return False


def size(schedule: Schedule) -> int:
    """Words besides the Syncs that end the queues."""
    return sum(entry.mnemonic != "Sync" for _, entry in schedule.flat())


def test_one_word_is_left_where_one_word_fails():
    schedule = generate(CONFIG, 1, cycles=120)
    assert size(schedule) > 100
    small = shrink(schedule, lambda program: has(program, "Transpose"))
    assert [entry.mnemonic for _, entry in small.flat()] == ["Transpose"]
    assert all(entry.repeats == () for _, entry in small.flat())
    assert not any(any(data) for data in small.memory.values())


def test_two_words_are_left_where_two_must_meet():
    schedule = generate(CONFIG, 2, cycles=120)
    small = shrink(schedule, lambda program: has(program, "Transpose") and has(program, "LW"))
    assert sorted(entry.mnemonic for _, entry in small.flat()) == ["LW", "Transpose"]


def test_a_repetition_that_matters_stays():
    def repeats(program: Program) -> bool:
        icu_words = [decode(code, queues(CONFIG)[0].unit) for row in program.preload for code in row]
        return any(word and word[0].spec is icu.REPEAT and word[0]["n"] >= 4 for word in icu_words)

    small = shrink(generate(CONFIG, 3, cycles=120), repeats)
    ((_, entry),) = small.flat()
    assert len(entry.repeats) == 1
    assert entry.repeats[0][0] in range(4, 8)


def test_a_fault_in_the_golden_model_shrinks_to_its_cause():
    def absent(program: Program) -> bool:
        return any(f.fault is Fault.ABSENT for f in run(program, engine="step", limit=600).faults)

    wanted = {Unit.MEM, Unit.C2C}
    drawn = (generate(CONFIG, s, cycles=40, faulty=True, units=wanted, fetches=0) for s in range(40))
    small = shrink(next(s for s in drawn if absent(s.program())), absent, trials=80)
    assert [entry.mnemonic for _, entry in small.flat()] == ["Receive"]


def test_what_must_stay_legal_stays_legal():
    def clean(program: Program) -> bool:
        result = run(program, engine="step", limit=600)
        return not result.errors and not result.faults

    # The Transpose needs its Reads; without `legal` it would be left alone, as above.
    wanted = {Unit.MEM, Unit.SXM_TRANSPOSE}
    drawn = (generate(CONFIG, s, cycles=40, units=wanted, fetches=0) for s in range(40))
    schedule = next(s for s in drawn if has(s.program(), "Transpose"))
    small = shrink(schedule, lambda program: has(program, "Transpose"), legal=clean, trials=40)
    assert size(small) < size(schedule)
    assert clean(small.program())
    assert has(small.program(), "Transpose")


def test_the_number_of_trials_is_kept():
    asked = []

    def fails(program: Program) -> bool:
        asked.append(program)
        return True

    shrink(generate(CONFIG, 1, cycles=60), fails, trials=5)
    assert len(asked) == 6  # the first one asks about the program itself


def test_a_program_that_does_not_fail_is_refused():
    with pytest.raises(ValueError, match=r"^the program to shrink must fail, and it does not$"):
        shrink(generate(CONFIG, 1, cycles=20), lambda program: False)


def test_the_shrunk_program_can_be_encoded():
    small = shrink(generate(CONFIG, 4, cycles=80), lambda program: has(program, "ABC"))
    assert encode(small.flat()[0][1].word) in {code for row in small.program().preload for code in row}  # type: ignore
