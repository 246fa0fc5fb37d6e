"""The direct encoder: gaps, Repeats, barriers, text; and what it refuses."""

import pytest

from arch import text
from arch.config import preset
from arch.conveyor import Hemisphere
from arch.isa import icu, mem
from arch.isa.spec import make
from arch.isa.table import encode
from arch.queues import queues, queues_by_name
from arch.timing import timing
from golden.run import run
from tb.random.schedule import SYNC, Text, half_place, release, segments, text_rows
from tb.random_programs import CONFIGS, Entry, Schedule, ScheduleError

CONFIG = preset("tiny")
READ = (make(mem.READ, a=5, s=3, stride=1),)
NOTIFY = (make(icu.NOTIFY),)
IFETCH = (make(icu.IFETCH, s=0),)
B = timing(CONFIG).barrier


def nop(n: int) -> int:
    return encode((make(icu.NOP, n=n),))


def again(n: int, d: int) -> int:
    return encode((make(icu.REPEAT, n=n, d=d),))


def schedule(rows: dict[str, list[Entry]], memory: dict | None = None) -> Schedule:
    entries: list[tuple[Entry, ...]] = [()] * len(queues(CONFIG))
    for name, row in rows.items():
        entries[queues_by_name(CONFIG)[name].index] = tuple(row)
    return Schedule(CONFIG, 0, tuple(entries), memory or {})


def words(rows: dict[str, list[Entry]], name: str) -> tuple[int, ...]:
    return schedule(rows).program().preload[queues_by_name(CONFIG)[name].index]


def test_a_queue_without_words_parks():
    assert words({}, "vxm0") == (encode(SYNC),)


def test_gaps_are_nops_and_the_end_is_sync():
    row = [Entry(0, READ), Entry(1, READ), Entry(5, READ)]
    assert words({"E.mem0": row}, "E.mem0") == (
        encode(READ),
        encode(READ),
        nop(3),
        encode(READ),
        encode(SYNC),
    )


def test_repeats_stand_behind_their_word():
    row = [Entry(2, READ, ((3, 1), (2, 4))), Entry(15, SYNC)]
    assert words({"E.mem0": row}, "E.mem0") == (nop(2), encode(READ), again(3, 1), again(2, 4), nop(1), encode(SYNC))
    assert list(row[0].issues()) == [2, 3, 4, 5, 9, 13]
    assert row[0].end == 14


def test_a_nop_of_its_own_stays():
    row = [Entry(0, (make(icu.NOP, n=4),)), Entry(6, READ)]
    assert words({"E.mem0": row}, "E.mem0") == (nop(4), nop(2), encode(READ), encode(SYNC))


def test_a_released_queue_waits_from_its_release_on():
    rows = {"E.mem0": [Entry(0, SYNC), Entry(B + 7, READ)], "vxm0": [Entry(3, NOTIFY)]}
    assert words(rows, "E.mem0") == (encode(SYNC), nop(4), encode(READ), encode(SYNC))


def test_a_queue_parks_again_after_each_release_to_come():
    rows = {"E.mem0": [Entry(0, SYNC)], "vxm0": [Entry(3, NOTIFY), Entry(3 + 2 * B, NOTIFY)]}
    assert words(rows, "E.mem0") == (encode(SYNC),) * 3
    assert words(rows, "vxm1") == (encode(SYNC),) * 3
    result = run(schedule(rows).program(), engine="step", limit=1000)
    assert (result.faults, result.stopped) == ((), False)


def test_what_no_notify_wakes_is_left_out():
    assert words({"E.mem0": [Entry(0, SYNC), Entry(50, READ)]}, "E.mem0") == (encode(SYNC),)


@pytest.mark.parametrize(("sync", "wakes"), [(0, 3 + B), (2 + B, 3 + B), (3 + B, 20 + B), (20 + B, None)])
def test_release_takes_who_parked_in_time(sync: int, wakes: int | None):
    assert release(CONFIG, [3, 20], sync) == wakes


def test_two_words_in_one_cycle_are_refused():
    with pytest.raises(ScheduleError, match=r"^Read at cycle 1 comes before cycle 3$"):
        schedule({"E.mem0": [Entry(0, READ, ((2, 1),)), Entry(1, READ)]}).program()


def test_a_word_before_its_release_is_refused():
    with pytest.raises(ScheduleError, match=f"^Read at cycle 4 comes before cycle {B}$"):
        schedule({"E.mem0": [Entry(1, SYNC), Entry(4, READ)], "vxm0": [Entry(0, NOTIFY)]}).program()


def test_a_full_queue_is_refused():
    row = [Entry(2 * n, READ) for n in range(CONFIG.queue_depth)]
    with pytest.raises(ScheduleError, match=rf"^E.mem0 holds {CONFIG.queue_depth} words, not {2 * len(row)}$"):
        schedule({"E.mem0": row}).program()


def test_more_words_than_blocks_are_refused():
    block = Text(((Hemisphere.WEST, 0, 0), (Hemisphere.WEST, 1, 0)), extra=1, lit=2)
    row = [Entry(0, IFETCH, text=block)] + [Entry(300 + 2 * n, READ) for n in range(30)]
    with pytest.raises(ScheduleError, match=r"^E.mem0 has 20 words more than its blocks of text hold$"):
        schedule({"E.mem0": row}).program()


@pytest.mark.parametrize("name", ["tiny", "one", "3x8", "2x16"])
def test_text_lies_as_arch_says(name: str):
    config = CONFIGS[name]
    places = text.block(config)
    codes = [(n + 1) << 120 | 0x5A00 | n for n in range(len(places))]
    block = Text(((Hemisphere.WEST, 0, 0), (Hemisphere.EAST, 3, 7)), extra=1, lit=config.superlanes)
    memory = text_rows(config, block, codes)
    assert len(memory) == text.vectors(config)
    for place, code in zip(places, codes, strict=True):
        vectors = [memory[half_place(block, place.row * config.row_words + p)] for p in range(config.row_words)]
        lanes = slice(place.superlane * config.lanes, (place.superlane + 1) * config.lanes)
        assert int.from_bytes(b"".join(v[lanes] for v in vectors), "little") == code


def test_neighbors_become_one_segment_within_a_bank():
    row = bytes(range(CONFIG.vector))
    west = Hemisphere.WEST
    memory = {(west, 0, 5): row, (west, 0, 4): row, (west, 0, 7): row, (west, 1, 6): row, (west, 0, 4096): row}
    found = [(s.mem_slice, s.address, len(s.data) // len(row)) for s in segments(CONFIG, memory)]
    assert found == [(0, 4, 2), (0, 7, 1), (0, 4096, 1), (1, 6, 1)]
