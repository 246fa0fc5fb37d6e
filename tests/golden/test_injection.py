"""Injections that a machine does not have."""

import dataclasses
import re

import pytest

from arch.config import preset
from arch.conveyor import Direction, Hemisphere
from arch.features import Features
from golden.injection import InjectionError, MemoryInjection, StreamInjection, check

_TINY = preset("tiny")
_STREAM = StreamInjection(3, Direction.EAST, 4, 1, 5, 1)
_MEMORY = MemoryInjection(Hemisphere.WEST, 3, 1, 5, 1)


def test_good_ones_pass():
    check(_TINY, _STREAM)
    check(_TINY, _MEMORY)
    check(_TINY, dataclasses.replace(_STREAM, mask=(1 << 39) - 1, cycle=1))


def test_without_check_bits_there_are_none_to_flip():
    bare = dataclasses.replace(_TINY, features=Features(ecc=False))
    for found in (_STREAM, _MEMORY):
        with pytest.raises(InjectionError, match=r"^an injection needs a machine with check bits \(features\.ecc\)$"):
            check(bare, found)


@pytest.mark.parametrize(
    ("injection", "change", "message"),
    [
        (_STREAM, {"position": _TINY.positions}, f"injection position must be from 0 to {_TINY.positions - 1}, not 7"),
        (_STREAM, {"stream": 32}, "injection stream must be from 0 to 31, not 32"),
        (_STREAM, {"direction": 2}, "injection direction must be from 0 to 1, not 2"),
        (_STREAM, {"superlane": -1}, "injection superlane must be from 0 to 1, not -1"),
        (_STREAM, {"mask": 0}, f"injection mask must be from 1 to {(1 << 39) - 1}, not 0"),
        (_STREAM, {"mask": 1 << 39}, f"injection mask must be from 1 to {(1 << 39) - 1}, not {1 << 39}"),
        (_STREAM, {"cycle": 0}, "injection cycle must be at least its superlane (1), not 0"),
        (_MEMORY, {"mem_slice": 4}, "injection mem_slice must be from 0 to 3, not 4"),
        (_MEMORY, {"hemisphere": 2}, "injection hemisphere must be from 0 to 1, not 2"),
        (_MEMORY, {"cycle": "x"}, "injection cycle must be at least its superlane (1), not 'x'"),
    ],
)
def test_others_are_refused(injection, change, message):
    with pytest.raises(InjectionError, match=f"^{re.escape(message)}$"):
        check(_TINY, dataclasses.replace(injection, **change))
