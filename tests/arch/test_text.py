"""Instruction text: no two words meet on the bus, whatever the machine; the published rate at full size."""

import dataclasses
import itertools

import pytest

from arch import text
from arch.config import preset
from tests.arch.configs import SMALLEST

EVERY = [(superlanes, lanes) for superlanes in range(1, 21) for lanes in (4, 8, 16)]


def machine(superlanes: int, lanes: int):
    return dataclasses.replace(SMALLEST, superlanes=superlanes, lanes=lanes, streams=32, slices=16)


def arrivals(config, start: int = 0) -> list[int]:
    """Cycles in which the bus moves a word: that of superlane k arrives 2k after its sampling (docs/architecture)."""
    vectors = range(-(-40 // config.superlanes) * (16 // config.lanes))
    return [
        start + text.sample_offset(config, vector) + 2 * superlane
        for vector in vectors
        for superlane in range(config.superlanes)
    ]


@pytest.mark.parametrize(("superlanes", "lanes"), EVERY)
def test_no_two_words_meet_on_the_bus(superlanes, lanes):
    config = machine(superlanes, lanes)
    cycles = arrivals(config)
    assert len(cycles) == text.vectors(config) * superlanes
    assert len(set(cycles)) == len(cycles)


@pytest.mark.parametrize(("superlanes", "lanes"), EVERY)
def test_nor_do_those_of_two_blocks_from_span_on(superlanes, lanes):
    config = machine(superlanes, lanes)
    first, span = set(arrivals(config)), text.span(config)
    for later in (0, 1, 2, superlanes, 2 * superlanes + 1):
        assert first.isdisjoint(arrivals(config, span + later))
    vectors = [text.sample_offset(config, n) for n in range(text.vectors(config))]
    assert max(vectors) < span, "a block is sampled before the next one may be asked for"


@pytest.mark.parametrize(("superlanes", "lanes"), EVERY)
def test_a_block_is_forty_instructions_in_the_order_in_which_they_are_whole(superlanes, lanes):
    config = machine(superlanes, lanes)
    block, words = text.block(config), config.row_words
    assert len(block) == 40
    ready = [word.ready for word in block]
    assert ready == sorted(set(ready)), "one at a time"
    for word in block:
        parts = [text.sample_offset(config, word.row * words + part) for part in range(words)]
        assert word.ready == max(parts) + 2 * word.superlane + config.stages.fetch
        assert 0 <= word.superlane < superlanes and 0 <= word.row < text.rows(config)
    assert len({(word.row, word.superlane) for word in block}) == 40
    # What is left over is the part that arrives last.
    all_of_it = itertools.product(range(text.rows(config)), range(superlanes))
    surplus = set(all_of_it) - {(word.row, word.superlane) for word in block}
    for row, superlane in surplus:
        last = text.sample_offset(config, row * words + words - 1)
        assert last + 2 * superlane + config.stages.fetch > ready[-1]


def test_at_full_size_one_instruction_arrives_per_cycle():
    """Published: 16 bytes per queue and cycle."""
    full = preset("full")
    ready = [word.ready for word in text.block(full)]
    assert ready == list(range(ready[0], ready[0] + 40))
    assert text.span(full) == 40
    assert text.vectors(full) == 2


def test_full_and_tiny_spelled_out():
    assert [(w.row, w.superlane, w.ready) for w in text.block(preset("full"))[:4]] == [
        (0, 0, 3),
        (1, 0, 4),
        (0, 1, 5),
        (1, 1, 6),
    ]
    tiny = preset("tiny")
    assert (text.rows(tiny), text.vectors(tiny), text.span(tiny)) == (20, 80, 160)
    # Vectors in pairs, 2S = 4 apart; an instruction takes four vectors, so two pairs.
    assert [text.sample_offset(tiny, n) for n in range(6)] == [0, 1, 4, 5, 8, 9]
    assert [(w.row, w.superlane, w.ready) for w in text.block(tiny)[:3]] == [(0, 0, 8), (0, 1, 10), (1, 0, 16)]


@pytest.mark.parametrize(("superlanes", "lanes"), [(2, 4), (3, 8), (20, 16), (7, 16)])
def test_dark_superlanes_hold_no_text(superlanes, lanes):
    config = machine(superlanes, lanes)
    for lit in range(1, superlanes + 1):
        block = text.block(config, lit)
        assert all(word.superlane < lit for word in block)
        assert len(block) == min(40, text.rows(config) * lit)
        assert [w.ready for w in block] == sorted(w.ready for w in block)
    assert text.block(config, superlanes) == text.block(config)
