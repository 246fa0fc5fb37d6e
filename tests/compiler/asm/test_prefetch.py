"""Programs larger than their queues: on the golden model every instruction issues in the cycle that was written."""

import dataclasses

import numpy as np
import pytest

from arch.config import PRESETS, Config
from arch.isa.table import decode, is_icu
from arch.program import Program
from arch.queues import Unit, queues
from compiler.asm.builder import Builder
from compiler.asm.errors import AssemblyError
from golden.run import run

TINY, SMALL = PRESETS["tiny"], PRESETS["small"]
WIDE = dataclasses.replace(TINY, name="wide", lanes=16, slices=16)
SINGLE = dataclasses.replace(TINY, name="single", superlanes=1, bank_words=512)


def value(cycle: int) -> int:
    """A different immediate in each cycle, so that nothing folds and no two words are mixed up."""
    return cycle * 2654435761 % (1 << 32)


def busy(config: Config, alus: int, every: int, cycles: int) -> Builder:
    builder = Builder(config)
    for alu in range(alus):
        for cycle in range(alu, cycles, every):
            builder.at(cycle, f"vxm{alu}", "Add", type="u32", a="imm", b="imm", imm=value(cycle))
    return builder


def issued(program: Program) -> set[tuple[int, int, int]]:
    """Cycle, queue and immediate of all that the VXM issued; the run has neither faults nor program errors."""
    result = run(program, trace=True)
    assert not result.faults and not result.errors and not result.stopped
    vxm = {queue.index for queue in queues(program.config) if queue.unit is Unit.VXM}
    return {(e.cycle, e.queue, e.word[0]["imm"]) for e in result.trace if e.queue in vxm and not is_icu(e.word)}


def written(builder: Builder) -> set[tuple[int, int, int]]:
    return {(item.cycle, q, item.word[0]["imm"]) for q, items in builder.schedule.items.items() for item in items}


@pytest.mark.parametrize(
    ("config", "alus", "every", "cycles"),
    [
        (TINY, 1, 10, 1000),
        (TINY, 3, 14, 1400),
        (SMALL, 3, 6, 600),
        (WIDE, 4, 4, 500),
        (SINGLE, 1, 20, 1200),
    ],
    ids=lambda v: getattr(v, "name", None),
)
def test_everything_issues_when_it_is_written(config: Config, alus: int, every: int, cycles: int):
    builder = busy(config, alus, every, cycles)
    program = builder.build()
    assert sum(len(words) == config.queue_depth for words in program.preload) == alus
    assert issued(program) == written(builder)


def test_queues_that_read_text_fetch_text_of_their_own():
    shallow = dataclasses.replace(SMALL, name="shallow", queue_depth=48, slices=8)
    builder = busy(shallow, 8, 8, 2800)
    program = builder.build()
    reading = [len(program.preload[queue.index]) for queue in queues(shallow) if queue.unit is Unit.MEM]
    assert max(reading) == shallow.queue_depth
    assert issued(program) == written(builder)


def test_text_goes_through_the_gaps_of_repeats_and_past_the_programs_streams():
    narrow = dataclasses.replace(TINY, name="narrow", streams=8)
    builder = busy(narrow, 2, 12, 1200)
    vxm = written(builder)
    for side, way in (("W", "E"), ("E", "W")):
        for number in range(4):
            # Every slice reads again and again: no gap is as long as a block.
            builder.run(number, f"{side}.mem{number}", "Read", 24, 50 + number, a="0:0", s=f"{way}{number}")
            builder.data(f"{side}.mem{number}", "0:0", np.zeros((1, narrow.vector), dtype=np.uint8))
    program = builder.build()
    assert issued(program) == vxm
    names = {op.mnemonic for words in program.preload[:4] for value in words for op in decode(value, Unit.MEM) or ()}
    assert names == {"Read", "Repeat", "NOP", "Sync"}


def test_memory_that_the_program_names_is_left_alone():
    builder = busy(TINY, 1, 10, 1000)
    taken = {"E": range(0, 128), "W": range(0, 80)}
    for side, offsets in taken.items():
        for number in range(4):
            for bank in (0, 1):
                place = f"{bank}:{offsets[0]}"
                builder.region(f"{side}{number}{bank}", "output", f"{side}.mem{number}", place, len(offsets))
    program = builder.build()
    for segment in program.data:
        assert segment.hemisphere.letter == "W" and segment.address % 4096 >= 80
    assert issued(program) == written(builder)


def test_fewer_superlanes_lit_make_shorter_blocks():
    builder = Builder(SMALL)
    builder.at(0, "vxm1", "Identity", type="i8", a="imm")
    builder.at(20, "vxm1", "Config", n=2)
    builder.notify(21, "vxm1")
    for cycle in range(100, 1500, 12):
        builder.at(cycle, "vxm0", "Add", type="u32", a="imm", b="imm", imm=value(cycle))
    builder.sync(1, "vxm0")
    program = builder.build()
    got = {(cycle, imm) for cycle, _, imm in issued(program) if cycle >= 100}
    assert got == {(cycle, value(cycle)) for cycle in range(100, 1500, 12)}


@pytest.mark.parametrize(
    ("every", "cycles", "message"),
    [
        (
            5,
            1000,
            r"test_prefetch.py:\d+:1: vxm0 cycle 525: the queue runs dry behind its first 96 words: the queue has no "
            r"room for more text before cycle 483, and would have to fetch it by 459",
        ),
        (
            1,
            200,
            r"test_prefetch.py:\d+:1: vxm0 cycle 96: the queue runs dry behind its first 96 words: no cycle from 0 "
            r"to 53 is free for an Ifetch",
        ),
    ],
)
def test_what_cannot_be_sustained_is_refused(every: int, cycles: int, message: str):
    config = TINY if every > 1 else SMALL
    with pytest.raises(AssemblyError, match=f"^{message}$"):
        busy(config, 1, every, cycles).build()


def test_without_free_memory_it_is_refused():
    builder = busy(TINY, 1, 10, 1000)
    for side in "EW":
        for number in range(4):
            for bank in (0, 1):
                builder.region(f"{side}{number}{bank}", "output", f"{side}.mem{number}", f"{bank}:0", 128)
    message = r"no Ifetch from cycle \d+ to \d+ finds free Reads, a free stream and free memory for its text$"
    with pytest.raises(AssemblyError, match=message):
        builder.build()
