"""Folding keeps every issue where it is, whatever runs overlap, and finds the runs that are there."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arch.config import PRESETS
from arch.isa.mem import READ
from arch.isa.spec import make
from arch.isa.table import Word
from compiler.asm.assembler import assemble
from compiler.asm.fold import FARTHEST, CollisionError, fold, weave
from compiler.asm.line import Line
from compiler.asm.phases import phases
from compiler.asm.schedule import Item
from compiler.asm.strides import advance, restride

TINY = PRESETS["tiny"]
NO_PHASES = phases(TINY, {})


def read(offset: int, stride: int = 0) -> Word:
    return (make(READ, a=offset, s=0, stride=stride),)


def issues(items: list[Item]) -> dict[int, Word]:
    """What issues when, strides aside."""
    found = {}
    for item in items:
        for n in range(item.n):
            cycle = item.cycle + n * item.every
            assert cycle not in found
            found[cycle] = restride(advance(item.word, n), (0,))
    return found


runs = st.builds(
    lambda cycle, offset, stride, n, every: Item(cycle, read(offset, stride), n, every),
    st.integers(0, 60),
    st.integers(0, 100),
    st.sampled_from([0, 0, 1, 2, -1]),
    st.integers(1, 9),
    st.integers(1, 7),
)


@given(st.lists(runs, max_size=8))
def test_folding_keeps_every_issue(items: list[Item]):
    cycles = [item.cycle + n * item.every for item in items for n in range(item.n)]
    if len(set(cycles)) < len(cycles):
        try:
            weave(items)
        except CollisionError as error:
            assert cycles.count(error.cycle) > 1
            return
        raise AssertionError("two words in one cycle went unnoticed")
    wanted = {}
    for item in items:
        wanted |= issues([item])
    folded = fold(weave(items))
    assert issues(folded) == wanted
    assert all(before.last < after.cycle for before, after in pairwise(folded))
    line = Line.of(0, NO_PHASES, folded)
    found = {cycle: line.where(cycle) for cycle in wanted}
    assert {c: restride(advance(run[0].word, run[1]), (0,)) for c, run in found.items() if run} == wanted
    assert [line.free(cycle) for cycle in range(200)] == [cycle not in wanted for cycle in range(200)]


@given(st.lists(runs, max_size=5), runs)
def test_inserting_is_folding_anew(items: list[Item], more: Item):
    try:
        line = Line.of(0, NO_PHASES, fold(weave(items)))
        wanted = issues(weave([*items, more]))
    except CollisionError:
        return
    longer = line.insert(more)
    assert longer is not None
    assert issues(list(longer.items())) == wanted
    assert longer.at == sorted(set(longer.at)) and longer.entries[-1].soft
    collision = Item(more.cycle, read(7))
    assert longer.insert(collision) is None


def test_runs_are_found():
    def count(*items: Item) -> list[tuple[int, int, int]]:
        return [(i.cycle, i.n, i.every) for i in fold(weave(items))]

    assert count(*(Item(n, read(n)) for n in range(9))) == [(0, 9, 1)]
    assert count(*(Item(5 * n, read(0)) for n in range(9))) == [(0, 9, 5)]
    assert count(*(Item(n, read(n * n)) for n in range(3))) == [(0, 1, 1), (1, 2, 1)]
    # The second of a pair begins the better run.
    assert count(Item(0, read(0)), Item(1, read(1)), Item(5, read(2)), Item(9, read(3))) == [(0, 1, 1), (1, 3, 4)]
    assert count(Item(0, read(0, 1), 4), Item(4, read(4, 1), 4)) == [(0, 8, 1)]
    # The offset wraps within its bank; a run never leaves the bank.
    assert count(Item(0, read(4094, 1), 2, 2), Item(4, read(0))) == [(0, 3, 2)]
    assert count(Item(0, read(4094)), Item(2, read(4096))) == [(0, 1, 1), (2, 1, 1)]


def test_words_of_a_line():
    line = Line.of(0, NO_PHASES, fold(weave([Item(3, read(0, 1), 4, 2), Item(200_000, read(1))])))
    names = [entry.word[0].mnemonic for entry in line.entries]
    assert names == ["NOP", "Read", "Repeat", "NOP", "NOP", "NOP", "NOP", "Read", "Sync"]
    assert line.at == [0, 3, 4, 10, 65545, 131080, 196615, 200000, 200001]


@pytest.mark.parametrize(("every", "words"), [(FARTHEST, 1), (FARTHEST + 1, 3)])
def test_no_run_is_wider_than_a_repeat_can_say(every: int, words: int):
    run = Item(5, read(7, 2), 3, every)
    apart = [Item(5 + number * every, read(7 + 2 * number)) for number in range(3)]
    for items in ([run], apart):
        folded = fold(weave(items))
        assert len(folded) == words
        assert issues(folded) == issues(apart)


def test_a_line_of_the_text_may_repeat_farther_apart_than_a_repeat():
    text = ".superlane 1\n.preset tiny\n.data E.mem0 0:0\nzeros 3\n.queue E.mem0\n"
    program = assemble(f"{text}2: Read a=0:0 s=E0 stride=1 times=3 every={FARTHEST + 2}\n")
    assert (
        program.to_bytes()
        == assemble(text + "".join(f"{2 + n * (FARTHEST + 2)}: Read a=0:{n} s=E0\n" for n in range(3))).to_bytes()
    )
