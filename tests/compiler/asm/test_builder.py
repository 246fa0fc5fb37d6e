"""The builder against the text form, and random programs built again from what they issued."""

from pathlib import Path

import numpy as np
import pytest

from arch.config import PRESETS
from arch.isa.table import is_icu
from arch.queues import queues
from compiler.asm.assembler import assemble, assemble_file
from compiler.asm.builder import Builder
from compiler.asm.errors import AssemblyError
from compiler.asm.strides import advance
from golden.run import run
from tb.random_programs import generate
from tests.compiler.asm.test_round_trip import same

TINY = PRESETS["tiny"]

TEXT = """.superlane 1
.preset tiny
.input x E.mem0 0:0 rows=8
.output y W.mem0 0:0 rows=8
.meta "{}"
.queue E.mem0
0: Read a=0:0 s=W0 stride=1 times=8
40: Read a=0:3 s=W1 | Write a=1:0 s=E8
41: Sync
.queue W.mem0
5: Write a=0:0 s=W0 stride=1 times=8
.queue W.mem1
36: Read a=1:4 s=E8
.queue vxm0
30: Notify
50: Notify
.data W.mem1 1:4
permute 7 6 5 4 3 2 1 0
"""


def built() -> Builder:
    b = Builder(TINY)
    b.region("x", "input", "E.mem0", "0:0", 8)
    b.region("y", "output", "W.mem0", 0, 8)
    b.run(0, "E.mem0", "Read", 8, a=0, s="W0", stride=1)
    b.word(40, "E.mem0", b.op("E.mem0", "Read", a="0:3", s="W1"), b.op("E.mem0", "Write", a="1:0", s="E8"))
    b.sync(41, "E.mem0")
    b.run(5, "W.mem0", "Write", 8, a="0:0", s="W0", stride="1")
    b.at(36, "W.mem1", "Read", a="1:4", s="E8")
    b.notify(30, "vxm0")
    b.notify(50, "vxm0")
    b.data("W.mem1", "1:4", b.permute_map(np.arange(TINY.vector)[::-1]))
    b.meta({})
    return b


def test_the_builder_makes_what_the_text_makes():
    text = TEXT.replace("5: Write", f"{ARRIVAL}: Write").replace("36: Read", f"{FED}: Read")
    b = Builder(TINY)
    b.schedule = built().schedule
    for items in b.schedule.items.values():
        for n, item in enumerate(items):
            moved = {5: ARRIVAL, 36: FED}.get(item.cycle, item.cycle)
            items[n] = type(item)(moved, item.word, item.n, item.every, item.where)
    program = b.build()
    assert program.to_bytes() == assemble(text).to_bytes()
    x = np.arange(8 * TINY.vector, dtype=np.uint8).reshape(8, -1)
    result = run(program, {"x": x})
    assert np.array_equal(result.region("y"), x) and not result.faults and not result.errors


#: From E.mem0 to W.mem0: the Read's latency and the hops across the VXM. And the Read whose data are at E.mem0 at 40.
ARRIVAL = 3 + TINY.vxm_hops
FED = 40 - 3 - TINY.vxm_hops


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_are_built_again_from_their_issues(seed: int):
    original = generate(TINY, seed, cycles=250).program()
    same(original)
    first = run(original, _inputs(original), trace=True)
    b = Builder(TINY, checked=False)
    for segment in original.data:
        rows = np.frombuffer(segment.data, dtype=np.uint8).reshape(-1, TINY.vector)
        b.data(f"{segment.hemisphere.letter}.mem{segment.mem_slice}", segment.address, rows)
    names = [queue.name for queue in _queues()]
    for r in original.regions:
        b.region(r.name, r.role, f"{r.hemisphere.letter}.mem{r.mem_slice}", r.address, r.rows)
    last = {entry.queue: entry.cycle for entry in first.trace}
    for entry in first.trace:
        ends = entry.word[0].mnemonic == "Sync" and entry.cycle == last[entry.queue]
        if entry.word[0].mnemonic != "Ifetch" and not ends:
            b.word(entry.cycle, names[entry.queue], *advance(entry.word, entry.repeat))
    again = b.build()
    second = run(again, _inputs(again), trace=True)
    assert not second.faults and not second.errors
    assert _issues(second) == _issues(first)


def _inputs(program):
    sizes: dict[str, int] = {}
    for region in program.regions:
        if region.role != "output":
            sizes[region.name] = sizes.get(region.name, 0) + region.rows
    return {name: np.full((rows, TINY.vector), 7, dtype=np.uint8) for name, rows in sizes.items()}


def _queues():
    return queues(TINY)


def _issues(result) -> set:
    """Cycle, queue and fields of every instruction of the units; strides do not matter."""
    found = set()
    for entry in result.trace:
        if not is_icu(entry.word):
            word = advance(entry.word, entry.repeat)
            fields = [(op.mnemonic, *(x for x in op.asdict().items() if x[0] != "stride")) for op in word]
            found.add((entry.cycle, entry.queue, *fields))
    return found


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda b: b.at(0, "E.mem7", "Read", a=0, s=0), "this machine has no queue 'E.mem7'"),
        (lambda b: b.at(0, "E.mem0", "Red", a=0), "E.mem0: E.mem0 has no instruction 'Red'; it has NOP, .*"),
        (lambda b: b.at(0, "E.mem0", "Read", a=0, s=1.5), "E.mem0: s must be a stream .*, not 1.5"),
        (lambda b: b.data("vxm0", 0, np.zeros((1, 8), np.uint8)), "vxm0 is no MEM slice"),
        (
            lambda b: b.data("E.mem0", 0, np.zeros((1, 8))),
            r"data of E.mem0 must be uint8\[rows, 8\], not float64\[1, 8\]",
        ),
        (lambda b: b.data("E.mem0", "9", np.zeros((1, 8), np.uint8)), None),
        (lambda b: b.region("x", "both", "E.mem0", 0, 1) or b.build(), "region 'x' must have a role of .*"),
        (lambda b: b.region("x", "input", "E.mem0", 0, -1) or b.build(), "region 'x' must have at least 1 row, not -1"),
        (lambda b: b.run(0, "E.mem0", "Read", 0, a=0, s=0) or b.build(), "E.mem0 cycle 0: a run must have at least .*"),
    ],
)
def test_mistakes_name_the_callers_line(call, message: str | None):
    b = Builder(TINY)
    if message is None:
        call(b)
        return
    with pytest.raises(AssemblyError, match=rf"^test_builder.py:\d+:1: {message}$"):
        call(b)


def test_a_field_named_by_a_python_word_takes_an_underscore():
    op = Builder(TINY).op("E.mxm0.weights", "IW", from_="streams", s="E0", col=1)
    assert op.asdict() == {"from": 1, "s": 0, "col": 1, "stride": 0}


def test_the_manuals_first_example_runs_as_it_says():
    manual = (Path(__file__).parents[3] / "docs" / "assembler.md").read_text(encoding="utf-8")
    program = assemble(manual.split("```")[1])
    x = np.random.default_rng(1).integers(0, 256, (32, program.config.vector), dtype=np.uint8)
    result = run(program, {"x": x})
    assert np.array_equal(result.region("y"), x) and not result.faults and not result.errors


def test_files(tmp_path):
    path = tmp_path / "p.sl"
    path.write_text(".superlane 1\n.preset tiny\n")
    assert assemble_file(path).config == TINY
    path.write_bytes("\ufeff.superlane 1\r\n.preset tiny\r\n".encode())
    assert assemble_file(path).config == TINY
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(AssemblyError, match=r"not a text in UTF-8$"):
        assemble_file(path)
