"""What a program leaves free of memory, to the last offset."""

import pytest

from arch.config import OFFSET_BITS, preset
from arch.conveyor import Hemisphere
from arch.isa.table import Word
from arch.program import Region, Segment
from arch.queues import queues_by_name
from compiler.asm.reserve import Memory
from compiler.asm.schedule import Item
from tests.golden.schedule import word

TINY = preset("tiny")
SLICE = queues_by_name(TINY)["E.mem1"]
LAST = TINY.bank_words - 1


def free(*items: Item) -> dict[int, list[int]]:
    """Offsets of each bank of the slice that nobody uses, by asking for one row at a time until there is none."""
    memory, found = Memory(TINY), {0: [], 1: []}
    for item in items:
        memory.add(SLICE, item)
    while place := memory.find(SLICE, 1):
        memory.take(SLICE, *place, 1)
        found[place[0]].append(place[1])
    return {bank: sorted(offsets) for bank, offsets in found.items()}


def indexed(mnemonic: str, banks: int, lo: int, hi: int) -> Word:
    """A Gather or Scatter over some banks and a range of offsets, both ends included."""
    return word(mnemonic, map="E0", s="E1", banks=banks, lo=lo, hi=hi)


@pytest.mark.parametrize("mnemonic", ["Gather", "Scatter"])
@pytest.mark.parametrize(("lo", "hi"), [(0, LAST), (0, LAST - 1), (1, LAST), (5, 5), (0, 0), (LAST, LAST)])
def test_a_range_of_addresses_includes_both_its_ends(mnemonic: str, lo: int, hi: int):
    whole = list(range(TINY.bank_words))
    outside = whole[:lo] + whole[hi + 1 :]
    assert free(Item(0, indexed(mnemonic, 0b11, lo, hi))) == {0: outside, 1: outside}
    assert free(Item(0, indexed(mnemonic, 0b01, lo, hi))) == {0: outside, 1: whole}
    assert free(Item(0, indexed(mnemonic, 0b10, lo, hi))) == {0: whole, 1: outside}


def test_strides_take_what_they_touch_and_nothing_beyond_the_bank():
    read = word("Read", a=f"1:{LAST - 4}", s="E0", stride=2)
    assert free(Item(0, read, n=4))[1] == [n for n in range(TINY.bank_words) if n not in (LAST - 4, LAST - 2, LAST)]
    assert free(Item(0, read))[1] == [n for n in range(TINY.bank_words) if n != LAST - 4]


def test_rows_are_found_where_they_fit_highest_first():
    memory = Memory(TINY)
    memory.add_place(Segment(Hemisphere.EAST, 1, 1 << OFFSET_BITS | 10, bytes(2 * TINY.vector)))
    memory.add_place(Region("x", "input", Hemisphere.EAST, 1, TINY.bank_words - 3, 2))
    assert memory.find(SLICE, TINY.bank_words - 12) == (1, 12)
    assert memory.find(SLICE, TINY.bank_words - 11) == (0, TINY.bank_words - 3 - (TINY.bank_words - 11)), (
        "not in bank 1"
    )
    assert memory.find(SLICE, TINY.bank_words - 3) == (0, 0)
    assert memory.find(SLICE, TINY.bank_words - 2) is None
    assert memory.find(SLICE, TINY.bank_words + 1) is None
