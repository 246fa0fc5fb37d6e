"""What a host does is written down step by step, and read again with the answers of a simulator."""

import numpy as np
import pytest

from arch.conveyor import Direction
from arch.queues import queues
from golden.injection import StreamInjection
from golden.step.chip import Machine
from tb.replay.record import Record, row_of, size_of
from tb.replay.stimulus import answers, outputs, stimulus
from tests.hdl.configs import TINY
from tests.tb import programs

CYCLES = 50


def started():
    program = programs.copy(TINY)
    return program, Machine(program).state()


def test_steps_of_a_run():
    program, start = started()
    steps = stimulus(program, start, CYCLES)
    words = sum(map(len, program.preload))
    # Reset, then a word of text in each step.
    assert steps.rows[0]["rst"] == 1
    assert steps.rows[2]["rst"] == 0
    assert [row.get("text__word") for row in steps.rows[2 : 2 + words]] == [w for q in program.preload for w in q]
    stored = [row["host_vector"] for row in steps.rows if "host_vector" in row]
    data = b"".join(segment.data for segment in program.data)
    assert stored[1:] == [int.from_bytes(data[n : n + TINY.vector], "little") for n in range(0, len(data), TINY.vector)]
    # The start comes two cycles before cycle 0.
    assert [row.get("start") for row in steps.rows[steps.first - 2 : steps.first + 1]] == [1, 0, None]
    # The program runs, then every fault record and every counter is read.
    count = len(queues(TINY))
    assert len(steps.rows) == steps.first + CYCLES + count * TINY.superlanes + count
    assert not any(steps.rows[steps.first + 1 : steps.first + CYCLES])


def test_an_injection_is_armed():
    program, start = started()
    steps = stimulus(program, start, CYCLES, StreamInjection(3, Direction.WEST, 5, 1, 9, 6))
    armed = {name: value for name, value in steps.rows[steps.first - 2].items() if name.startswith("armed__")}
    assert armed == {
        "armed__stream_en": 1,
        "armed__position": 3,
        "armed__ref": 1 << 5 | 5,
        "armed__superlane": 1,
        "armed__cycle": 9,
        "armed__mask": 6,
    }


def test_a_host_reads_what_was_shown():
    program, start = started()
    names, steps = outputs(TINY), len(stimulus(program, start, CYCLES).rows)
    assert set(names) == {
        "cycle", "idle", "issued", "waited", "report__code", "report__first", "report__count", "report__fixed",
    }  # fmt: skip
    count = len(queues(TINY))
    shown = [dict.fromkeys(names, 0) for _ in range(steps)]
    # The fault record that is read last, and the counters of the last queue.
    shown[-count - 1] |= {"report__code": 7, "report__first": 30, "report__count": 2, "report__fixed": 1}
    shown[-1] |= {"issued": 4, "waited": 9}
    reports, counters = answers(program, start, CYCLES, shown)
    assert reports == {(count - 1, TINY.superlanes - 1): (7, 30, 2, 1)}
    assert counters == {n: (4, 9) if n == count - 1 else (0, 0) for n in range(count)}


@pytest.mark.parametrize(("bits", "size"), [(1, 1), (8, 1), (9, 2), (17, 4), (33, 8), (65, 12), (128, 16), (129, 20)])
def test_sizes_are_those_of_a_model(bits: int, size: int):
    assert size_of(bits) == size


def test_values_of_a_variable():
    names = ((("top", "a"), 3), (("top.b", "c"), 40))
    record = Record(names, np.stack([row_of((5, 1 << 39), (3, 40)), row_of((2, 7), (3, 40))]))
    assert list(record.numbers(("top", "a"))) == [5, 2]
    assert list(record.numbers(("top.b", "c"))) == [1 << 39, 7]
    with pytest.raises(ValueError, match=r"top\.c must be one of the variables recorded"):
        list(record.numbers(("top", "c")))
