"""Whatever the text, the assembler either makes a program or refuses with AssemblyError; and it comes to an end."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from arch.config import PRESETS
from compiler.asm.assembler import assemble
from compiler.asm.disassembler import disassemble
from compiler.asm.errors import AssemblyError
from tests.compiler.asm.test_round_trip import SOURCE

WORDS = tuple(
    word
    for line in (
        "0: 40: +1: -1: A: 4194303: 99999999999999999999: .queue .data .input .equ .exact .unchecked .preset .config",
        ".meta .word E.mem0 W.mem3 vxm0 vxm15 E.sxm.permute E.mxm0.weights E.c2c0 tiny small 0:0 1:127 0:4095 0 1 -1",
        "Read Write Gather Scatter Repeat Sync Notify Config NOP Ifetch Add.i8 Cast.f32.i8 Permute LW ABC.f16 a=0:0",
        "a=E0 a=imm a=0:A s=E0 s=W31 n=1 n=65535 d=65535 stride=-1 times=4000 every=70000 imm=1e9 imm=-1 map=E2 out=W0",
        'hex zeros iota permute f16 i32 nan inf 1e-3 | ; # " "{}" {} [ { rows=1 rows=99999999999999999999 A x = 65535',
    )
    for word in line.split()
)


def attempt(text: str) -> None:
    try:
        program = assemble(text)
    except AssemblyError as error:
        assert str(error)
        return
    assert assemble(disassemble(program)).to_bytes() == program.to_bytes()


@given(st.text(max_size=200))
@settings(max_examples=100)
def test_garbage(text: str):
    attempt(text)
    attempt(f".superlane 1\n.preset tiny\n.queue E.mem0\n{text}")


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=7), max_size=12))
@settings(max_examples=150)
def test_heaps_of_known_words(lines: list[list[str]]):
    attempt("\n".join([".superlane 1", ".preset tiny", *map(" ".join, lines)]))


LINES = SOURCE.split("\n")


@given(st.data())
@settings(max_examples=150)
def test_mutated_text(data: st.DataObject):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "swap", "word", "char", "cut", "twice"]))
        if how == "drop":
            del lines[at]
        elif how == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif how == "word":
            words = lines[at].split() or [""]
            words[data.draw(st.integers(0, len(words) - 1))] = data.draw(st.sampled_from(WORDS))
            lines[at] = " ".join(words)
        elif how == "char" and lines[at]:
            place = data.draw(st.integers(0, len(lines[at]) - 1))
            lines[at] = lines[at][:place] + data.draw(st.characters()) + lines[at][place + 1 :]
        elif how == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        else:
            lines.insert(at, lines[at])
        lines = lines or [""]
    text = "\n".join(lines)
    attempt(text)
    attempt(text.replace(".preset tiny", ".preset tiny\n.unchecked"))


LEAVES = st.none() | st.integers() | st.text(max_size=3)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)))
@settings(max_examples=60)
def test_configurations_of_garbage(record: object):
    attempt(f".superlane 1\n.config {json.dumps(record)}\n")


@given(st.data())
@settings(max_examples=100)
def test_configurations_with_a_wrong_field(data: st.DataObject):
    record = json.loads(PRESETS["tiny"].to_json())
    name = data.draw(st.sampled_from(sorted(record)))
    record[name] = data.draw(st.sampled_from([None, -1, 0, 1, 2.5, "x", [], {}, [[]], True, 10**30]))
    attempt(f".superlane 1\n.config {json.dumps(record)}\n")
