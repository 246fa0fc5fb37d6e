"""What Repeat adds to a word: the fields that its strides move, and words with other strides or after some issues."""

from types import MappingProxyType

import numpy as np

from arch.config import OFFSET_BITS, Config
from arch.isa.fields import Kind
from arch.isa.spec import Op, Spec
from arch.isa.table import TABLE, Word

_OFFSETS = 1 << OFFSET_BITS


def _moved(spec: Spec) -> tuple[int, int] | None:
    """Places, among an instruction's fields, of its stride and of the field that it moves."""
    names = [f.name for f in spec.fields]
    if "stride" not in names:
        return None
    return names.index("stride"), next(names.index(n) for n in ("a", "col", "row") if n in names)


_MOVED = MappingProxyType({spec.opcode: _moved(spec) for spec in TABLE})


def strides(word: Word) -> tuple[int, ...]:
    """Stride of each instruction of a word, 0 where it has none."""
    return tuple(op.values[m[0]] if (m := _MOVED[op.spec.opcode]) else 0 for op in word)


def restride(word: Word, by: tuple[int, ...]) -> Word:
    """The word with other strides."""
    return word if strides(word) == by else tuple(_with(op, stride=s) for op, s in zip(word, by, strict=True))


def advance(word: Word, issues: int) -> Word:
    """The word as it stands after some issues of Repeat; an offset wraps, a column or row may leave its range."""
    return tuple(_with(op, moved=_after(op, issues)) for op in word)


def step(first: Word, second: Word) -> tuple[int, ...] | None:
    """Strides that lead from one word to another; None if they differ in more than that."""
    if len(first) != len(second):
        return None
    found = []
    for a, b in zip(first, second, strict=True):
        if a.spec is not b.spec:
            return None
        moved = _MOVED[a.spec.opcode]
        if moved is None:
            if a.values != b.values:
                return None
            found.append(0)
            continue
        stride, at = moved
        if any(x != y for n, (x, y) in enumerate(zip(a.values, b.values, strict=True)) if n not in moved):
            return None
        by = b.values[at] - a.values[at]
        is_address = a.spec.fields[at].kind is Kind.ADDRESS
        if (is_address and a.values[at] // _OFFSETS != b.values[at] // _OFFSETS) or not a.spec.fields[stride].legal(by):
            return None
        found.append(by)
    return tuple(found)


def offsets(op: Op, n: int) -> np.ndarray:
    """Offsets in its bank that a Read or Write touches in n issues, without those that come again: int64[<= 4096]."""
    stride, at = _MOVED[op.spec.opcode] or (0, 0)
    first = op.values[at] % _OFFSETS
    return (first + np.arange(min(n, _OFFSETS)) * op.values[stride]) % _OFFSETS


def out_of_range(config: Config, word: Word, n: int) -> str | None:
    """What a run of n issues strides out of, as a phrase; None if it stays inside."""
    for op in word:
        moved = _MOVED[op.spec.opcode]
        if moved is None:
            continue
        name = op.spec.fields[moved[1]].name
        if name == "a":
            beyond = offsets(op, n) >= config.bank_words
            if beyond.any():
                return f"a strides to offset {offsets(op, n)[beyond][0]}; a bank has {config.bank_words} words"
            continue
        limit = config.superlanes if name == "col" else config.acc_rows
        first = op.values[moved[1]]
        for value in (first, first + (n - 1) * op.values[moved[0]]):
            if not 0 <= value < limit:
                return f"{name} strides to {value}; it must stay from 0 to {limit - 1}"
    return None


def _after(op: Op, issues: int) -> int | None:
    moved = _MOVED[op.spec.opcode]
    if moved is None:
        return None
    stride, at = moved
    value, by = op.values[at], issues * op.values[stride]
    if op.spec.fields[at].kind is Kind.ADDRESS:
        return value // _OFFSETS * _OFFSETS + (value + by) % _OFFSETS
    return value + by


def _with(op: Op, *, stride: int | None = None, moved: int | None = None) -> Op:
    places = _MOVED[op.spec.opcode]
    if places is None:
        return op
    values = list(op.values)
    for place, value in zip(places, (stride, moved), strict=True):
        if value is not None:
            values[place] = value
    return Op(op.spec, tuple(values))
