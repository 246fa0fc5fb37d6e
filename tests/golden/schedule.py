"""Programs by hand: words at cycles, gaps filled with NOP, every queue ended with Sync."""

from collections.abc import Mapping, Sequence

import numpy as np

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.isa.fields import parse_stream
from arch.isa.icu import NOP, SYNC
from arch.isa.spec import Op, make
from arch.isa.table import TABLE, Word, encode
from arch.program import Program, Region, Segment
from arch.queues import queues, queues_by_name

Schedule = Mapping[str, Sequence[tuple[int, Word]]]

_SPECS = {spec.mnemonic: spec for spec in TABLE}


def op(mnemonic: str, unit: str = "", **fields: int | str) -> Op:
    """Instruction of field values; strings are spelled as in program text. ``unit`` "sxm" picks the SXM's Select."""
    spec = next(s for s in TABLE if s.mnemonic == mnemonic and (not unit or s.units[0].value.startswith(unit)))
    values = {name: spec.by_name[name].parse(v) if isinstance(v, str) else v for name, v in fields.items()}
    return make(spec, **values)


def word(mnemonic: str, unit: str = "", **fields: int | str) -> Word:
    """Word of one instruction."""
    return (op(mnemonic, unit, **fields),)


def address(bank: int, offset: int) -> int:
    """Address of a MEM word."""
    return bank << OFFSET_BITS | offset


def text(entries: Sequence[tuple[int, Word]], *, end: bool = True) -> tuple[int, ...]:
    """Words of a queue that issue in the given cycles. A Repeat must be followed by the cycle after its last issue."""
    words: list[int] = []
    now = 0
    for cycle, item in entries:
        assert cycle >= now, f"cycle {cycle} is over: the queue is at {now}"
        if cycle > now:
            words.append(encode((make(NOP, n=cycle - now),)))
        words.append(encode(item))
        now = cycle + 1
        if item[0].mnemonic == "Repeat":
            now = cycle + item[0]["n"] * item[0]["d"]
        if item[0].mnemonic == "NOP":
            now = cycle + item[0]["n"]
    if end:
        words.append(encode((make(SYNC),)))
    return tuple(words)


def program(
    config: Config,
    schedule: Schedule,
    data: Sequence[Segment] = (),
    regions: Sequence[Region] = (),
    raw: Mapping[str, Sequence[int]] | None = None,
) -> Program:
    """Program of a schedule; queues that it does not name only Sync. ``raw`` replaces whole preloads by words."""
    preload = {name: text(entries) for name, entries in schedule.items()}
    preload.update({name: tuple(words) for name, words in (raw or {}).items()})
    unknown = set(preload) - set(queues_by_name(config))
    assert not unknown, f"no queues {unknown}"
    rows = tuple(preload.get(queue.name, text(())) for queue in queues(config))
    return Program(
        config, rows, tuple(sorted(data, key=lambda s: (s.hemisphere, s.mem_slice, s.address))), tuple(regions)
    )


def segment(side: Hemisphere, mem_slice: int, place: int, rows: np.ndarray) -> Segment:
    """Initial memory of uint8[rows, vector]."""
    return Segment(side, mem_slice, place, np.ascontiguousarray(rows, np.uint8).tobytes())


def stream_of(name: str) -> int:
    """Stream reference of a name."""
    ref = parse_stream(name)
    assert ref is not None
    return ref
