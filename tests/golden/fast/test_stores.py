"""Which addresses runs store to, against going through all of their issues."""

import random

from arch.config import OFFSET_BITS, preset
from arch.isa.mem import READ, SCATTER, WRITE
from arch.isa.spec import make
from arch.isa.table import Word, encode
from arch.queues import queues_by_name
from golden.fast.lane import Runs
from golden.fast.stores import Stores
from golden.fast.words import WordTable

TINY = preset("tiny")
_OFFSETS = 1 << OFFSET_BITS


def _word(rng: random.Random) -> Word:
    """A word that stores, most of them to addresses that others store to."""
    if rng.random() < 0.1:
        low = rng.randrange(40)
        return (make(SCATTER, s=0, map=1, banks=rng.randint(1, 3), lo=low, hi=low + rng.randrange(8)),)
    bank, offset = rng.randrange(2), rng.randrange(48)
    write = make(WRITE, a=bank << OFFSET_BITS | offset, s=0, stride=rng.choice([-3, -1, 0, 1, 2, 5]))
    return (make(READ, a=1 - bank << OFFSET_BITS, s=1), write) if rng.random() < 0.3 else (write,)


def _touched(word: Word, repeat: int, n: int) -> list[set[tuple[int, int]]]:
    """Banks and offsets of each of n issues."""
    op = word[-1]
    if op.spec is SCATTER:
        banks = [bank for bank in range(2) if op["banks"] >> bank & 1]
        return [{(bank, offset) for bank in banks for offset in range(op["lo"], op["hi"] + 1)}] * n
    bank, first = divmod(op["a"], _OFFSETS)
    return [{(bank, (first + (repeat + step) * op["stride"]) % _OFFSETS)} for step in range(n)]


def test_what_is_stored_where_and_when():
    rng = random.Random(1)
    queue, answers = queues_by_name(TINY)["W.mem1"].index, []
    for _ in range(20):
        words, runs = WordTable(TINY), Runs()
        stores, cycle, seen = Stores(words, runs), 0, []
        for _ in range(30):
            word, n, d = _word(rng), rng.choice([1, 1, 4, 9]), rng.randint(1, 3)  # strides wrap, some of them
            cycle += rng.randrange(20)
            repeat = rng.choice([0, 0, 1, 7])
            run = runs.add(words.lookup(queue, encode(word)), queue, cycle, 1, 1, repeat)
            stores.add(queue, run)
            for grown in (False, True):
                if grown:  # The Repeat of a word comes later.
                    runs.n[run], runs.d[run] = n, d
                new = enumerate(_touched(word, repeat, runs.n[run]))
                issues = seen + [(cycle + step * runs.d[run], touched) for step, touched in new]
                bank, offset = rng.randrange(2), rng.choice([rng.randrange(60), _OFFSETS - 2])
                first = rng.randrange(cycle + 1)
                last = first + rng.randrange(1, 120)
                wanted = any(first <= at < last and (bank, offset) in touched for at, touched in issues)
                assert stores.written(queue, bank, offset, first, last) == wanted
                answers.append(wanted)
            seen, cycle = issues, cycle + n * d
        assert not stores.written(queue + 1, 0, 0, 0, cycle)
    assert 50 < sum(answers) < len(answers) - 50
