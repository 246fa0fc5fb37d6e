"""The ledger against a simulation of every stream register in every cycle."""

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Direction
from compiler.schedule.ledger import Ledger, Times

CONFIG = preset("tiny")


def conflicts(values: list[tuple[int, int, list[int]]], direction: Direction) -> bool:
    """Whether values (cycle and position of the drive, positions of the samples) spoil each other on one stream.

    Each register is followed cycle by cycle: it takes what its upstream neighbor held, unless it is driven.
    """
    step, count = direction.step, CONFIG.positions
    order = range(count) if step > 0 else range(count - 1, -1, -1)
    drives: dict[tuple[int, int], list[int]] = {}
    samples: dict[tuple[int, int], list[int]] = {}
    for number, (cycle, position, ends) in enumerate(values):
        drives.setdefault((cycle, position), []).append(number)
        for end in ends:
            samples.setdefault((cycle + (end - position) * step, end), []).append(number)
    if any(len(found) > 1 for found in drives.values()):
        return True
    held: dict[int, int | None] = dict.fromkeys(order)
    for cycle in range(max(at for at, _ in [*samples, *drives]) + 1):
        before = dict(held)
        for place in order:
            driven = drives.get((cycle, place))
            held[place] = driven[0] if driven else before.get(place - step)
            if any(held[place] != number for number in samples.get((cycle, place), [])):
                return True
    return False


@pytest.mark.parametrize("direction", list(Direction))
def test_streams_are_free_just_where_nobody_is_disturbed(direction: Direction):
    random = np.random.default_rng(7)
    answers = [0, 0]
    for _ in range(150):
        ledger, values = Ledger(CONFIG), []
        for _ in range(12):
            places = np.sort(random.choice(CONFIG.positions, 2, replace=False))[:: direction.step]
            start, end = map(int, places)
            times = Times(int(random.integers(0, 12)), int(random.integers(1, 4)), int(random.integers(1, 4)))
            new = [(times.first + n * times.every, start, [end]) for n in range(times.n)]
            free = ledger.free_streams(direction, start, end, times)
            assert free[1:].all(), "other streams are not concerned"
            assert bool(free[0]) == (not conflicts([*values, *new], direction))
            answers[int(free[0])] += 1
            if free[0]:
                values += new
                ledger.mark(direction, 0, start, times, sampled=False)
                ledger.mark(direction, 0, end, times.shifted((end - start) * direction.step), sampled=True)
    assert min(answers) > 200


def test_what_is_taken_back_was_never_there():
    ledger, times = Ledger(CONFIG), Times(3, 4, 2)
    ledger.mark(Direction.EAST, 1, 2, times, sampled=False)
    assert not ledger.free_streams(Direction.EAST, 0, 5, Times(1, 1))[1]
    ledger.unmark(Direction.EAST, 1, 2, times, sampled=False)
    assert ledger.free_streams(Direction.EAST, 0, 5, Times(1, 1)).all()


def test_slots_and_parts_of_memory_words():
    ledger = Ledger(CONFIG)
    ledger.take_slots(3, Times(10, 3, 5))
    assert ledger.slots_taken(3, Times(5, 6), 12).tolist() == [True] * 11 + [True]
    assert ledger.slots_taken(3, Times(11, 4), 3).tolist() == [False, True, True]
    ledger.free_slots(3, Times(10, 3, 5))
    assert not ledger.slots_taken(3, Times(0, 30), 4).any()
    ledger.take_parts(0, Times(20, 2), 0b01, write=False)
    assert ledger.parts_taken(0, Times(20, 1), 2, 0b10, write=False).all(), "a word has one read part"
    assert ledger.parts_taken(0, Times(20, 1), 1, 0b01, write=True).all(), "its parts must not share a bank"
    assert not ledger.parts_taken(0, Times(20, 2), 1, 0b10, write=True).any()
    ledger.free_parts(0, Times(20, 2), write=False)
    assert not ledger.parts_taken(0, Times(20, 1), 1, 0b01, write=True).any()


def test_all_starts_at_once_are_as_one_by_one():
    random = np.random.default_rng(2)
    for _ in range(300):
        ledger, taken = Ledger(CONFIG), random.integers(0, 60, 4).tolist()
        for cycle in taken:
            ledger.take_slots(2, Times(cycle, 1))
        times, starts = Times(int(random.integers(9)), *random.integers(1, 9, 2).tolist()), int(random.integers(1, 20))
        wanted = [bool(set(taken) & times.shifted(n).cycles()) for n in range(starts)]
        assert ledger.slots_taken(2, times, starts).tolist() == wanted


def test_it_grows():
    ledger = Ledger(CONFIG)
    far = Times(1 << 17, 5)
    ledger.reach(far.last + 4)
    ledger.take_slots(1, far)
    assert ledger.slots_taken(1, far, 4).all() and ledger.free_streams(Direction.WEST, 5, 2, far).all()
