"""Sequences of rows as runs: they expand to the same sequence, and regular ones are one run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.schedule.rows import Run, runs


def expand(found: list[Run]) -> list[int]:
    """Rows of runs, which must follow each other without a gap."""
    rows: list[int] = []
    for run in found:
        assert run.first == len(rows) and run.n >= 1
        rows += [run.row + n * run.stride for n in range(run.n)]
    return rows


PIECES = st.lists(st.tuples(st.integers(0, 40), st.integers(-3, 5), st.integers(1, 9)), max_size=8)


@given(
    st.one_of(
        st.lists(st.integers(0, 5), max_size=30), PIECES.map(lambda p: [a + s * n for a, s, k in p for n in range(k)])
    )
)
def test_runs_are_the_sequence(rows: list[int]):
    assert expand(runs(rows)) == rows


@pytest.mark.parametrize(
    ("rows", "count"),
    [([], 0), ([7], 1), ([3, 3, 3], 1), (range(0, 90, 3), 1), ([0, 1, 2, 9, 10, 11], 2), ([5, 0, 1, 2, 3], 2)],
)
def test_regular_sequences_are_few_runs(rows, count: int):
    found = runs(np.array(rows, np.int64))
    assert len(found) == count and expand(found) == list(rows)
