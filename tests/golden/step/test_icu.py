"""Rules of the queues: NOP, Repeat, Sync, Notify, Config, and their faults."""

import pytest

from arch.config import preset
from arch.faults import Fault
from arch.isa.table import encode
from arch.queues import queues
from arch.timing import timing
from tests.golden.schedule import program, text, word
from tests.golden.step.probe import faults, finish, issues

_TINY = preset("tiny")
_B = timing(_TINY).barrier
_DRAIN = timing(_TINY).drain
#: An instruction without operands and consequences but a drive.
_READ = word("Read", a="0:0", s="E0")
_SYNC = word("Sync")


def _cycles(*entries):
    """What W.mem0 issues without its last Sync, as (cycle, repeat)."""
    return [(c, r) for c, name, r in issues(program(_TINY, {"W.mem0": entries}), "W.mem0") if name == "Read"]


def _raw(*words):
    return program(_TINY, {}, raw={"W.mem0": [w if isinstance(w, int) else encode(w) for w in words]})


def test_words_issue_one_a_cycle_from_cycle_0_on():
    assert _cycles((0, _READ), (1, _READ), (2, _READ)) == [(0, 0), (1, 0), (2, 0)]


@pytest.mark.parametrize("n", [1, 2, 7])
def test_nop_n_makes_the_next_word_issue_n_later(n):
    assert issues(_raw(word("NOP", n=n), _READ, _SYNC), "W.mem0") == [(n, "Read", 0), (n + 1, "Sync", 0)]


@pytest.mark.parametrize(("n", "d"), [(1, 1), (3, 1), (1, 4), (3, 4)])
def test_repeat(n, d):
    found = issues(_raw(word("NOP", n=5), _READ, word("Repeat", n=n, d=d), _READ, _SYNC), "W.mem0")
    again = [(6 + d - 1 + i * d, "Read", i + 1) for i in range(n)]
    end = again[-1][0]
    assert found == [(5, "Read", 0), *again, (end + 1, "Read", 0), (end + 2, "Sync", 0)]


def test_repeats_in_a_row_go_on_counting():
    found = issues(_raw(_READ, word("Repeat", n=2), word("Repeat", n=2, d=3), _SYNC), "W.mem0")
    assert found == [(0, "Read", 0), (1, "Read", 1), (2, "Read", 2), (5, "Read", 3), (8, "Read", 4), (9, "Sync", 0)]


@pytest.mark.parametrize(
    ("before", "kinds"),
    [
        ((), ()),
        ((word("NOP", n=1),), ()),
        ((_READ, word("NOP", n=1)), ()),
        ((_READ, 0), (Fault.UNDEFINED,)),
        ((word("Ifetch", s="E0"),), ()),
        ((word("Config", n=2),), (Fault.CONFIG_BUSY,)),
    ],
)
def test_repeat_elsewhere_is_a_fault_and_counts_as_nop(before, kinds):
    result = finish(_raw(*before, word("Repeat", n=5), word("Repeat", n=5), _READ, _SYNC), trace=True, limit=300)
    assert faults(result) == [("W.mem0", 0, (*kinds, Fault.REPEAT)[0], len(before) - len(kinds), 2 + len(kinds))]
    reads = [t.cycle for t in result.trace if t.word[0].mnemonic == "Read"]
    assert reads[-1] == len(before) + 2


@pytest.mark.parametrize(
    "value",
    [
        0,
        0xFF,
        encode(word("Sync")) | 1 << 100,
        encode(word("Config", n=3)),
        encode(word("Permute", s="E0", map="E2", out="E4")),
    ],
)
def test_an_undefined_or_illegal_word_is_a_fault_and_counts_as_nop(value):
    result = finish(_raw(value, _READ, _SYNC), trace=True)
    assert faults(result) == [("W.mem0", 0, Fault.UNDEFINED, 0, 1)]
    assert [(t.cycle, t.word[0].mnemonic) for t in result.trace if t.queue == 0] == [(1, "Read"), (2, "Sync")]


def test_a_mem_word_of_two_parts_in_one_bank_is_undefined():
    both = (*word("Read", a="0:0", s="E0"), *word("Write", a="0:1", s="E0"))
    apart = (*word("Read", a="0:0", s="E0"), *word("Write", a="1:1", s="E0"))
    assert [f[2] for f in faults(finish(_raw(both, _SYNC)))] == [Fault.UNDEFINED]
    assert faults(finish(_raw(apart, _SYNC))) == []


def test_a_dry_queue_faults_in_every_cycle_and_never_ends():
    result = finish(_raw(_READ), limit=40)
    assert result.stopped and result.cycles == 40
    assert faults(result) == [("W.mem0", 0, Fault.DRY, 1, 39)]


def test_the_count_of_faults_saturates():
    assert faults(finish(_raw(), limit=1000)) == [("W.mem0", 0, Fault.DRY, 0, 255)]


@pytest.mark.parametrize("last", [0, 9])
def test_idle_comes_the_drain_after_the_last_sync(last):
    result = finish(program(_TINY, {"W.mem0": [(last, _SYNC)]} if last else {}, raw={}))
    assert not result.stopped and result.cycles == last + 1 + _DRAIN


def test_parked_cycles_are_counted_until_idle():
    result = finish(program(_TINY, {"W.mem0": [(4, _READ)]}))
    parked = result.counters.parked
    assert parked[0] == result.cycles - 6 and (parked[1:] == result.cycles - 1).all()


def test_notify_releases_who_is_parked_in_time():
    names = ["W.mem1", "W.mem2", "W.mem3"]
    # Notify at 20: a Sync at 20 + B - 1 is in time, one a cycle later is not.
    syncs = dict(zip(names, (0, 20 + _B - 1, 20 + _B), strict=True))
    schedule = {"W.mem0": [(20, word("Notify"))]}
    raw = {n: text([(s, _SYNC)]) for n, s in syncs.items()}
    result = finish(program(_TINY, schedule, raw=raw), trace=True)
    by_name = {n: [t.cycle for t in result.trace if queues(_TINY)[t.queue].name == n] for n in names}
    assert by_name["W.mem1"] == [0, 20 + _B]
    assert by_name["W.mem2"] == [20 + _B - 1, 20 + _B]
    assert by_name["W.mem3"] == [20 + _B]


def test_the_notifier_does_not_park_but_is_released_if_it_does():
    raw = {"W.mem0": [encode(w) for w in (word("Notify"), _READ, _SYNC, _READ, _SYNC)]}
    found = issues(program(_TINY, {}, raw=raw), "W.mem0")
    assert [c for c, *_ in found] == [0, 1, 2, _B, _B + 1]


def test_several_notifies_under_way():
    raw = {"W.mem1": [encode(w) for w in (_SYNC, _SYNC, _SYNC)]}
    schedule = {"W.mem0": [(3, word("Notify")), (4, word("Notify"))]}
    # Released at 3 + B, it parks at once and is not parked by 4 + B - 1 + 1 of its own Sync's cycle.
    found = [c for c, *_ in issues(program(_TINY, schedule, raw=raw), "W.mem1", limit=200)]
    assert found == [0, 3 + _B, 4 + _B]


def test_a_notify_under_way_keeps_the_chip_from_being_idle():
    found = finish(program(_TINY, {"W.mem0": [(0, word("Notify"))]}), limit=5 * (_DRAIN + _B))
    # All others are released and have nothing left: they run dry.
    assert found.stopped and {f[2] for f in faults(found)} == {Fault.DRY}
    assert {f[3] for f in faults(found)} == {_B}


def _everybody(first):
    """Raw preloads in which every queue parks, is released once and parks again."""
    raw = {q.name: [encode(_SYNC), encode(_SYNC)] for q in queues(_TINY)}
    raw["W.mem0"] = [encode(w) for w in first]
    return raw


def test_config_takes_effect_at_the_next_release():
    wait = word("NOP", n=3)
    first = (wait, word("Config", n=1), word("Notify"), _READ, _SYNC, _READ, _SYNC)
    result = finish(program(_TINY, {}, raw=_everybody(first)))
    assert faults(result) == []
    # The Read of never written memory: before the release both superlanes are looked at, after it only the lit one.
    assert [e.cycle for e in result.errors] == [5, 4 + _B]


def test_config_while_another_queue_runs_is_a_fault_and_takes_effect():
    first = (word("Config", n=1), word("Notify"), _SYNC, _READ, _SYNC)
    result = finish(program(_TINY, {}, raw=_everybody(first)))
    assert faults(result) == [("W.mem0", 0, Fault.CONFIG_BUSY, 0, 1)]


def test_the_first_of_two_faults_is_the_earlier_and_both_count():
    result = finish(_raw(word("NOP", n=4), 0, word("Repeat", n=1), _SYNC))
    assert faults(result) == [("W.mem0", 0, Fault.UNDEFINED, 4, 2)]
