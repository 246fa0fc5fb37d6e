"""Binary to text to binary gives the same bytes, for any program; text by cycles gives what it says."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arch.config import PRESETS, Config
from arch.conveyor import Hemisphere
from arch.isa.spec import Op, Spec
from arch.isa.table import encode, specs_of
from arch.program import ROLES, Program, Region, Segment
from arch.queues import Unit, queues
from compiler.asm.assembler import assemble
from compiler.asm.disassembler import disassemble

TINY = PRESETS["tiny"]
MACHINES = [TINY, PRESETS["fpga"], dataclasses.replace(TINY, name='odd "name" ; #', superlanes=3, lanes=8, slices=8)]


def same(program: Program) -> None:
    text = disassemble(program)
    assert assemble(text).to_bytes() == program.to_bytes(), text


def draw_op(rng: random.Random, spec: Spec) -> Op:
    values = []
    for field in spec.fields:
        value = rng.randrange(1 << field.width)
        while not field.legal(field.extract(field.insert(value))):
            value = rng.randrange(1 << field.width)
        values.append(field.extract(field.insert(value)))
    return Op(spec, tuple(values))


def draw_word(rng: random.Random, unit: Unit) -> int:
    """Any word: instructions with any fields, two parts of MEM, and words that mean nothing."""
    kind = rng.random()
    if kind < 0.1:
        return rng.getrandbits(128)
    specs = {spec.mnemonic: spec for spec in specs_of(unit)}
    if kind < 0.3 and unit is Unit.MEM:
        parts = (
            draw_op(rng, specs[rng.choice(["Read", "Gather"])]),
            draw_op(rng, specs[rng.choice(["Write", "Scatter"])]),
        )
        return encode(parts)
    return encode((draw_op(rng, rng.choice(list(specs.values()))),))


def draw_program(rng: random.Random, config: Config) -> Program:
    preload = []
    for queue in queues(config):
        count = rng.choice([0, 1, 1, 5, config.queue_depth])
        preload.append(tuple(draw_word(rng, queue.unit) for _ in range(count)))
    segments, regions, offset = [], [], 0
    roles: dict[str, str] = {}
    # Up to four rows go on from here, and a region of two rows behind them must fit.
    while offset <= config.bank_words - 6:
        rows = rng.randint(1, 3)
        raw = bytes(rng.choice([0, 0, rng.randrange(256)]) for _ in range(rows * config.vector))
        segments.append(Segment(Hemisphere.EAST, 2, 4096 + offset, rng.choice([raw, bytes(len(raw))])))
        offset += rows + rng.choice([0, 0, 1])
        name = rng.choice(["x", "", "a b", 'q"\\#;', "é\n", "0:"])
        role = roles.setdefault(name, rng.choice(ROLES))
        regions.append(Region(name, role, Hemisphere.WEST, 1, offset, 2))
    meta = rng.choice(["{}", '{ "a" :\n[1, "é;#"]}', "{} "])
    return Program(config, tuple(preload), tuple(segments), tuple(regions), meta)


@given(st.integers(0, 1 << 32), st.sampled_from(MACHINES))
@settings(max_examples=25)
def test_any_program_survives(seed: int, config: Config):
    same(draw_program(random.Random(seed), config))


def test_every_instruction_survives_with_any_fields():
    rng = random.Random(1)
    for queue in {queue.unit: queue for queue in queues(TINY)}.values():
        for spec in specs_of(queue.unit):
            words = tuple(encode((draw_op(rng, spec),)) for _ in range(40))
            preload = [()] * len(queues(TINY))
            preload[queue.index] = words
            program = Program(TINY, tuple(preload))
            text = disassemble(program)
            assert ".word" not in text, text
            assert assemble(text).preload == program.preload


SOURCE = """.superlane 1
.preset tiny
.equ BASE 0:16            ; constants take sums
.equ COUNT 8
.equ WAY W2
.input x E.mem0 0:0 rows=COUNT
.output "y" W.mem1 BASE+2 rows=8
.meta "{}"
.queue E.mem0             # a section
     0: Read a=0:0 s=W0 stride=1
     1: Repeat n=COUNT-1
    20: read a=0:5 s=E3 | Write a=1:7 s=W0
.queue E.mem1 100
     0: Read a=BASE s=WAY+1 times=4 every=3 stride=2
   +20: Notify
.queue W.mem0
     1: Sync
   131: Read a=1:0 s=W1
.queue vxm3
     9: Add.i8 a=imm b=imm imm=-3 out=W4
    10: Mul.f16 a=imm b=imm imm=-1.5
    11: Cast.f32.i8 a=imm b=none imm=0.5
.data E.mem1 BASE
    iota 3 2
    i32 -7
.data E.mem1 0:22
    f16.1 1.0
.data W.mem0 1:0
    zeros 1
.queue E.mem0
    19: Write a=1:9 s=W3
"""

EXPECTED = {
    "E.mem0": [
        "0: Read a=0:0 s=W0 stride=1",
        "1: Repeat n=7",
        "8: NOP n=11",
        "19: Write a=1:9 s=W3",
        "20: Read a=0:5 s=E3 | Write a=1:7 s=W0",
        "21: Sync",
        "Sync",
    ],
    "E.mem1": [
        "0: NOP n=100",
        "100: Read a=0:16 s=W3 stride=2",
        "101: Repeat n=3 d=3",
        "110: NOP n=10",
        "120: Notify",
        "121: Sync",
        "Sync",
    ],
    "W.mem0": ["0: NOP n=1", "1: Sync", "NOP n=2", "Read a=1:0 s=W1", "Sync"],
    "vxm3": [
        "0: NOP n=9",
        "9: Add type=i8 a=imm b=imm out=W4 imm=253",
        "10: Mul type=f16 a=imm b=imm imm=48640",
        "11: Cast type=f32 to=i8 a=imm imm=1056964608",
        "12: Sync",
        "Sync",
    ],
}


def test_text_by_cycles():
    program = assemble(SOURCE.replace(".preset tiny", ".preset tiny\n.unchecked"))
    sections = disassemble(program).split("\n.queue ")[1:]
    listed = {}
    for section in sections:
        name, *lines = section.split("\n.data")[0].strip().split("\n")
        listed[name] = [" ".join(line.split()) for line in lines if line.strip()]
    assert {name: listed[name] for name in EXPECTED} == EXPECTED
    assert all(lines == ["0: Sync", "Sync"] for name, lines in listed.items() if name not in EXPECTED)
    assert [(r.name, r.role, r.address, r.rows) for r in program.regions] == [
        ("x", "input", 0, 8),
        ("y", "output", 18, 8),
    ]
    rows = {(s.hemisphere.letter, s.mem_slice, s.address): s.data for s in program.data}
    assert rows == {
        ("E", 1, 16): bytes([3, 5, 7, 9, 11, 13, 15, 17] + [0xF9] * 8 + [0xFF] * 24),
        ("E", 1, 22): bytes([0x3C] * 8),
        ("W", 0, 4096): bytes(8),
    }
    same(program)


@pytest.mark.parametrize("preset", PRESETS)
def test_an_empty_program_parks_every_queue(preset: str):
    program = assemble(f".superlane 1\n.preset {preset}\n")
    assert all(len(words) == 1 for words in program.preload)
    assert disassemble(program) == f".superlane 1\n.preset {preset}\n.exact\n"
    same(program)
