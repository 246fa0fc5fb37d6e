"""The recorder: first faults, counts, what belongs to which cycle."""

import numpy as np

from arch.config import preset
from arch.faults import CORRECTED_LIMIT, COUNT_LIMIT, Fault, ProgramError
from arch.queues import queues
from golden.step.log import Log

_TINY = preset("tiny")
_Q0, _Q1 = queues(_TINY)[:2]


def _log(*entries, until=100):
    log = Log(_TINY, False)
    for queue, superlane, fault, time in entries:
        log.fault(queue, superlane, fault, time)
    for cycle in range(until):
        log.settle(cycle)
    return [(f.queue, f.superlane, f.fault, f.cycle, f.count) for f in log.faults()]


def test_of_one_cycle_the_lowest_code_is_first_and_each_counts():
    assert _log((_Q0, 0, Fault.ECC, 3), (_Q0, 0, Fault.RANGE, 3), (_Q0, 0, Fault.INDEX, 3)) == [
        (0, 0, Fault.RANGE, 3, 3)
    ]


def test_the_earliest_is_first_whatever_the_order_of_reporting():
    assert _log((_Q0, 0, Fault.DRY, 9), (_Q0, 0, Fault.ECC, 4)) == [(0, 0, Fault.ECC, 4, 2)]


def test_a_superlane_is_behind_by_its_number():
    assert _log((_Q1, 1, Fault.INDEX, 3), (_Q0, 1, Fault.INDEX, 3)) == [
        (0, 1, Fault.INDEX, 4, 1),
        (1, 1, Fault.INDEX, 4, 1),
    ]
    assert _log((_Q1, 1, Fault.INDEX, 3), until=4) == []


def test_errors_are_one_of_a_kind_for_each_instruction_in_order():
    log = Log(_TINY, False)
    log.error(_Q1, 5, ProgramError.DOUBLE_DRIVE, "b", 8)
    log.error(_Q0, 5, ProgramError.UNDEFINED_STREAM, "first", 5)
    log.error(_Q0, 5, ProgramError.UNDEFINED_STREAM, "second", 6)
    log.error(_Q0, 2, ProgramError.UNDEFINED_ROW, "c", 2)
    found = [(e.cycle, e.queue, e.detail) for e in log.errors(9)]
    assert found == [(2, 0, "c"), (5, 0, "first"), (5, 1, "b")]
    assert [e.detail for e in log.errors(8)] == ["c", "first"]


def test_counters_are_copies():
    log = Log(_TINY, False)
    log.correction(_Q0, 1, 0)
    before = log.counters()
    log.settle(1)
    assert before.corrected.sum() == 0 and log.counters().corrected[0, 1] == 1
    assert isinstance(before.issued, np.ndarray)


def test_counts_saturate_where_those_of_the_hardware_do():
    log = Log(_TINY, False)
    for _ in range(CORRECTED_LIMIT + 2):
        log.correction(_Q0, 1, 0)
        log.fault(_Q0, 0, Fault.DRY, 0)
    log.correction(_Q1, 0, 0)
    log.settle(0)
    log.settle(1)
    corrected = log.counters().corrected
    assert corrected[0, 1] == CORRECTED_LIMIT == 65_535 and corrected.sum() == CORRECTED_LIMIT + 1
    assert [fault.count for fault in log.faults()] == [COUNT_LIMIT] == [255]
