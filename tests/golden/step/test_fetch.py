"""Ifetch: text from memory through a stream into a queue."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from arch import text as layout
from arch.config import FETCH_WORDS, WORD_BYTES, Config, preset
from arch.conveyor import Direction, Hemisphere
from arch.faults import Fault
from arch.isa.table import encode
from arch.program import Program
from arch.queues import queues_by_name
from arch.timing import timing
from golden.injection import StreamInjection
from tests.golden.schedule import program, segment, text, word
from tests.golden.step.probe import errors, faults, finish

_TINY = preset("tiny")
_WIDE = dataclasses.replace(_TINY, name="wide", lanes=16, slices=16, bank_words=128)
_VXM0 = queues_by_name(_TINY)["vxm0"].index
_TALL = dataclasses.replace(_TINY, name="tall", superlanes=3)
_CONFIGS = pytest.mark.parametrize("config", [_TINY, _WIDE, _TALL], ids=lambda c: c.name)


def _rows(config: Config, words: list[int], lit: int) -> np.ndarray:
    """Memory image of a block: uint8[vectors, vector]."""
    image = np.zeros((layout.vectors(config), config.superlanes, config.lanes), np.uint8)
    for place, value in zip(layout.block(config, lit), words, strict=False):
        parts = np.frombuffer(value.to_bytes(WORD_BYTES, "little"), np.uint8).reshape(-1, config.lanes)
        image[place.row * config.row_words : (place.row + 1) * config.row_words, place.superlane] = parts
    return image.reshape(-1, config.vector)


def _program(config: Config, words: list[int], fetch: int, tail: Sequence[int] = ()) -> Program:
    """vxm0 fetches a block in cycle ``fetch`` and holds ``tail`` behind it. One slice reads the vectors of even number,
    its neighbor the odd ones, so that each passes when vxm0 samples it."""
    source, target = (queues_by_name(config)[name].site for name in ("W.mem0", "vxm0"))
    start, end = source.drive(Direction.EAST), target.sample(Direction.EAST)
    assert start is not None and end is not None
    first = fetch - timing(config).read - (end - start)
    rows, data, schedule = _rows(config, words, config.superlanes), [], {}
    again = len(rows) // 2 - 1, layout.sample_offset(config, 2)
    for parity in (0, 1):
        data.append(segment(Hemisphere.WEST, parity, 0, rows[parity::2]))
        read = (first + parity, word("Read", a=0, s="E0", stride=1))
        schedule[f"W.mem{parity}"] = [read, (read[0] + 1, word("Repeat", n=again[0], d=again[1]))]
    head = [encode(word("NOP", n=fetch)), encode(word("Ifetch", s="E0"))]
    return program(config, schedule, data, raw={"vxm0": [*head, *tail]})


def _instructions(count: int) -> list[int]:
    """Words that tell themselves apart by their immediate, then Sync."""
    words = [encode(word("Identity", type="i32", a="imm", imm=n)) for n in range(count)]
    return [*words[:-1], encode(word("Sync"))]


@_CONFIGS
def test_a_block_issues_in_order_each_word_not_before_it_is_ready(config):
    fetch = 40
    words = _instructions(FETCH_WORDS)
    result = finish(_program(config, words, fetch), trace=True)
    issued = [(t.cycle, t.word) for t in result.trace if t.queue == queues_by_name(config)["vxm0"].index][1:]
    assert [encode(w) for _, w in issued] == words
    now = fetch
    for (cycle, _), place in zip(issued, layout.block(config), strict=True):
        now = max(now + 1, fetch + place.ready)
        assert cycle == now
    # Until the first word is there, and between words that come late, the queue runs dry.
    dry = [f for f in faults(result) if f[2] is Fault.DRY]
    assert [f[3] for f in dry] == [fetch + 1] and result.errors == ()


def test_text_waits_behind_what_the_queue_holds():
    fetch, behind = 40, 90
    tail = [encode(word("NOP", n=behind - 1)), encode(word("Identity", type="i32", a="imm"))]
    result = finish(_program(_TINY, _instructions(2), fetch, tail), trace=True)
    issued = [t.cycle for t in result.trace if t.queue == _VXM0]
    assert issued == [fetch, fetch + behind, fetch + behind + 1, fetch + behind + 2]


def _overflows(pause: int, held: int, fetch: int) -> list[tuple[int, int]]:
    """(first cycle, count) of OVERFLOW if ``held`` words are there, the first of which leaves ``pause`` after the NOP
    behind the Ifetch."""
    tail = [encode(word("NOP", n=pause)), *[encode(word("NOP", n=1000))] * held]
    result = finish(_program(_TINY, _instructions(FETCH_WORDS), fetch, tail), limit=400)
    return [(f[3], f[4]) for f in faults(result) if f[2] is Fault.OVERFLOW]


def test_overflow_is_exact():
    fetch = 30
    arrivals = [fetch + place.ready - 1 for place in layout.block(_TINY)]
    for lost in (0, 1, 5, 37):
        held = _TINY.queue_depth - FETCH_WORDS + lost
        assert _overflows(1000, held, fetch) == ([(arrivals[-lost], lost)] if lost else [])


def test_a_word_that_issues_in_the_cycle_of_arrival_still_takes_its_place():
    fetch, held = 30, _TINY.queue_depth - FETCH_WORDS + 1
    arrival = fetch + layout.block(_TINY)[-1].ready - 1
    assert _overflows(arrival - fetch - 1, held, fetch) == [(arrival, 1)]
    assert _overflows(arrival - fetch - 2, held, fetch) == []


def test_fetch_busy_until_the_bus_is_free():
    span = layout.span(_TINY)
    for gap, expected in ((span - 1, 1), (span, 0)):
        raw = {"vxm0": text([(0, word("Ifetch", s="E0")), (gap, word("Ifetch", s="E0"))], end=True)}
        found = faults(finish(program(_TINY, {}, raw=raw), limit=gap + 2))
        busy = [f for f in found if f[2] is Fault.FETCH_BUSY]
        assert [(f[0], f[3]) for f in busy] == [("vxm0", gap)] * expected


def test_undefined_text_is_one_program_error():
    result = finish(program(_TINY, {}, raw={"vxm0": text([(3, word("Ifetch", s="E0"))])}), limit=300)
    assert errors(result) == [("vxm0", 3, "UNDEFINED_STREAM", "s E0")]


def test_the_surplus_of_a_block_is_not_looked_at():
    """Three superlanes: 14 rows hold 42 words, the last two superlanes of the last rows are no text."""
    config = _TALL
    surplus = layout.rows(config) * config.superlanes - FETCH_WORDS
    assert surplus == 2
    result = finish(_program(config, _instructions(FETCH_WORDS), 40))
    assert result.errors == ()


def test_an_error_in_text_is_corrected_by_the_queue():
    fetch = 40
    sampled = queues_by_name(_TINY)["vxm0"].site.sample(Direction.EAST)
    assert sampled is not None
    aim = StreamInjection(sampled, Direction.EAST, 0, 1, fetch + 1, 1 << 3)
    result = finish(_program(_TINY, _instructions(FETCH_WORDS), fetch), trace=True, injection=aim)
    issued = [encode(t.word) for t in result.trace if t.queue == _VXM0]
    assert issued[1:] == _instructions(FETCH_WORDS)
    assert result.counters.corrected[_VXM0].tolist() == [0, 1] and result.counters.corrected.sum() == 1
