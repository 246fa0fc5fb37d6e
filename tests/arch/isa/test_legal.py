"""What a configuration refuses: each message of `arch.isa.legal`, and that the legal neighbor is taken."""

import dataclasses
from dataclasses import dataclass

import pytest

from arch.config import Alu, Config, preset
from arch.isa.legal import banks, problem
from arch.isa.spec import Op, make
from arch.isa.table import TABLE, Word, spec_named
from arch.queues import Unit, queues, queues_by_name
from arch.types import INTEGER_TYPES, Type
from tests.arch.configs import ODD, SMALLEST, WIDE

TINY, FULL, FPGA = preset("tiny"), preset("full"), preset("fpga")
MIXED = dataclasses.replace(SMALLEST, alus=(Alu(types=INTEGER_TYPES), Alu(), Alu(large=True), Alu()))


def op(text: str, unit: Unit) -> Op:
    """Instruction of a spelling such as "Read a=0:5 s=E3"; what is not given takes its default."""
    mnemonic, *rest = text.split()
    spec = spec_named(mnemonic, unit)
    assert spec is not None, text
    pairs = [part.split("=") for part in rest]
    return make(spec, **{name: spec.by_name[name].parse(value) for name, value in pairs})


@dataclass(frozen=True)
class Case:
    """A word that a queue refuses, the message, and a word that differs where it matters and is taken."""

    config: Config
    queue: str
    bad: str
    message: str
    good: str | None


CASES = [
    Case(TINY, "E.mem0", "Config n=3", "n must be at most 2 superlanes, not 3", "Config n=2"),
    Case(TINY, "E.mem0", "Read a=1:128 s=E0", "a must have an offset below 128, not 128", "Read a=1:127 s=E0"),
    Case(TINY, "E.mem0", "Write a=0:4095 s=E0", "a must have an offset below 128, not 4095", "Write a=0:0 s=E0"),
    Case(
        TINY,
        "E.mem0",
        "Gather map=E0 s=E1 banks=1 lo=5 hi=4",
        "lo and hi must be offsets below 128 in order, not 5 and 4",
        "Gather map=E0 s=E1 banks=1 lo=5 hi=5",
    ),
    Case(
        TINY,
        "E.mem0",
        "Scatter map=E0 s=E1 banks=3 lo=0 hi=128",
        "lo and hi must be offsets below 128 in order, not 0 and 128",
        "Scatter map=E0 s=E1 banks=3 lo=0 hi=127",
    ),
    Case(
        TINY,
        "E.mem0",
        "Read a=1:0 s=E0 | Write a=1:1 s=E1",
        "read part and write part use one bank",
        "Read a=1:0 s=E0 | Write a=0:1 s=E1",
    ),
    Case(
        TINY,
        "E.mem0",
        "Gather map=E0 s=E0 banks=3 hi=1 | Write a=0:1 s=E1",
        "read part and write part use one bank",
        "Gather map=E0 s=E0 banks=2 hi=1 | Write a=0:1 s=E1",
    ),
    Case(SMALLEST, "E.mem0", "Read a=0:0 s=E8", "s takes 1 streams from E8; there are 8", "Read a=0:0 s=E7"),
    Case(
        TINY,
        "vxm0",
        "Add type=i16 a=E1 b=imm",
        "a must be a stream that is a multiple of 2, not E1",
        "Add type=i8 a=E1 b=imm",
    ),
    Case(
        TINY,
        "vxm0",
        "Add type=f32 a=E0 b=W6",
        "b must be a stream that is a multiple of 4, not W6",
        "Add type=f32 a=E0 b=W8",
    ),
    Case(
        TINY,
        "vxm0",
        "Cast type=i8 to=i32 a=E0 out=E2",
        "out must be a stream that is a multiple of 4, not E2",
        "Cast type=i8 to=i16 a=E0 out=E2",
    ),
    Case(
        TINY,
        "E.mxm0.activations",
        "ABC form=i8i8 s=W0",
        "s is W0: no westward stream can reach E.mxm0.activations",
        "ABC form=i8i8 s=E0",
    ),
    Case(
        TINY,
        "W.mxm0.activations",
        "ABC form=i8i8 s=E0",
        "s is E0: no eastward stream can reach W.mxm0.activations",
        "ABC form=i8i8 s=W0",
    ),
    Case(
        TINY,
        "E.mxm0.accumulators",
        "ACC type=i32 mode=write row=0 out=E0",
        "out is E0: no eastward stream can leave E.mxm0.accumulators",
        "ACC type=i32 mode=write row=0 out=W0",
    ),
    Case(
        WIDE,
        "E.mxm0.weights",
        "LW s=E8 col=0",
        "s must be a stream that is a multiple of 16, not E8",
        "LW s=E16 col=0",
    ),
    Case(TINY, "vxm0", "And type=f16 a=E0 b=imm", "And has no type f16", "And type=i16 a=E0 b=imm"),
    Case(TINY, "vxm0", "ReLU type=u8 a=E0", "ReLU has no type u8", "ReLU type=i8 a=E0"),
    Case(TINY, "vxm0", "Exp type=i8 a=E0", "Exp has no type i8", "Exp type=f16 a=E0"),
    Case(MIXED, "vxm0", "Add type=f32 a=E0 b=imm", "vxm0 has no type f32", "Add type=i32 a=E0 b=imm"),
    Case(FPGA, "vxm0", "Add type=f16 a=E0 b=imm", "vxm0 has no type f16", "Add type=f32 a=E0 b=imm"),
    Case(FPGA, "vxm0", "Ifetch s=E0", "this machine's queues fetch no text", None),
    Case(FPGA, "W.mem0", "Gather s=E0 map=E1 banks=1 lo=0 hi=1", "this machine's MEM has no Gather", "Read a=0 s=E0"),
    Case(
        FPGA, "W.mem0", "Scatter s=E0 map=E1 banks=1 lo=0 hi=1", "this machine's MEM has no Scatter", "Write a=0 s=E0"
    ),
    Case(FPGA, "vxm0", "Cast type=f32 to=f16 a=E0", "vxm0 has no type f16", "Cast type=f32 to=i8 a=E0"),
    Case(TINY, "vxm1", "Tanh type=f32 a=E0", "Tanh needs a large ALU, and vxm1 is none", None),
    Case(
        TINY, "vxm0", "Add type=f32 sat=1 a=E0 b=imm", "sat is for integers, not f32", "Add type=i32 sat=1 a=E0 b=imm"
    ),
    Case(TINY, "vxm0", "Add type=i8 a=none b=imm", "Add needs operand a", "Add type=i8 a=imm b=imm"),
    Case(TINY, "vxm0", "Add type=i8 a=imm b=none", "Add needs operand b", "Add type=i8 a=imm b=imm"),
    Case(
        TINY, "vxm0", "Select type=i8 a=E0 b=imm c=none", "Select needs operand c", "Select type=i8 a=E0 b=imm c=self"
    ),
    Case(
        TINY,
        "vxm0",
        "Cast type=i32 to=f32 a=E0 b=imm",
        "b is for casts to integers, not to f32",
        "Cast type=f32 to=i8 a=E0 b=imm",
    ),
    Case(
        TINY,
        "vxm0",
        "Select type=i8 a=E0 b=E1 c=E2",
        "c must be N, E, S, W, self or imm, not a stream",
        "Select type=i8 a=E0 b=E1 c=E",
    ),
    Case(TINY, "vxm0", "Add type=i8 a=N b=imm", "vxm0 has no neighbor N", "Add type=i8 a=S b=imm"),
    Case(TINY, "vxm15", "Add type=i8 a=imm b=E", "vxm15 has no neighbor E", "Add type=i8 a=imm b=W"),
    Case(ODD, "vxm4", "Identity type=i8 a=S", "vxm4 has no neighbor S", "Identity type=i8 a=N"),
    Case(
        TINY,
        "E.mxm0.weights",
        "IW from=buffer s=E4",
        "IW from the buffer takes no s, col or stride",
        "IW from=streams s=E4",
    ),
    Case(TINY, "E.mxm0.weights", "IW from=buffer col=1", "IW from the buffer takes no s, col or stride", None),
    Case(TINY, "E.mxm0.weights", "IW from=buffer stride=-1", "IW from the buffer takes no s, col or stride", None),
    Case(TINY, "E.mxm0.weights", "LW s=E0 col=2", "col must be below 2, not 2", "LW s=E0 col=1"),
    Case(TINY, "E.mxm0.weights", "IW from=streams s=E0 col=31", "col must be below 2, not 31", None),
    Case(TINY, "E.mxm0.activations", "ABC form=i8i8 s=E0 half=1", "half is for f16", "ABC form=f16 s=E0 half=1"),
    Case(TINY, "E.mxm1.activations", "ABC form=f16 s=E0", "fp16 is commanded by the even plane's queues", None),
    Case(FPGA, "E.mxm0.activations", "ABC form=f16 s=E0", "this machine's MXM has no fp16", "ABC form=u8u8 s=E0"),
    Case(
        TINY,
        "E.mxm0.accumulators",
        "ACC type=i16 mode=write row=0 keep=1",
        "type must be i32 or f32, not i16",
        "ACC type=f32 mode=write row=0 keep=1",
    ),
    Case(
        FPGA,
        "E.mxm0.accumulators",
        "ACC type=f32 mode=write row=0 keep=1",
        "this machine's MXM has no fp16",
        "ACC type=i32 mode=write row=0 keep=1",
    ),
    Case(
        TINY,
        "E.mxm1.accumulators",
        "ACC type=f32 mode=add row=0 keep=1",
        "fp16 is commanded by the even plane's queues",
        "ACC type=i32 mode=add row=0 keep=1",
    ),
    Case(
        TINY,
        "E.mxm0.accumulators",
        "ACC type=i32 mode=add row=16 keep=1",
        "row must be below 16, not 16",
        "ACC type=i32 mode=add row=15 keep=1",
    ),
    Case(
        TINY,
        "E.mxm0.accumulators",
        "ACC type=i32 mode=read row=0 keep=1 out=W0",
        "ACC read must emit and cannot keep",
        "ACC type=i32 mode=read row=0 out=W0",
    ),
    Case(TINY, "E.mxm0.accumulators", "ACC type=i32 mode=read row=0", "ACC read must emit and cannot keep", None),
    Case(
        TINY,
        "E.mxm0.accumulators",
        "ACC type=i32 mode=write row=0",
        "ACC must keep, emit or both",
        "ACC type=i32 mode=write row=0 keep=1 out=W0",
    ),
    Case(TINY, "E.sxm.shift_north", "Shift n=8 s=E0 out=E0", "n must be below 8, not 8", "Shift n=7 s=E0 out=E0"),
    Case(
        TINY,
        "E.sxm.shift_north",
        "Select n=8 s=E0 mask=E1 out=E0",
        "n must be below 8, not 8",
        "Select n=0 s=E0 mask=E1 out=E0",
    ),
    Case(
        TINY,
        "E.sxm.shift_north",
        "Shift n=1 s=E0",
        "a north shift must drive a stream",
        "Shift n=1 s=E0 out=W3",
    ),
    Case(TINY, "E.sxm.rotate", "Rotate n=3 s=E0 out=E16", "Rotate 3 needs 9 lanes; there are 4", None),
    Case(WIDE, "E.sxm.rotate", "Rotate n=4 s=E0 out=E8", "out must be a stream that is a multiple of 16, not E8", None),
    Case(TINY, "E.c2c0", "Send link=0 s=E0", "link must be one of 2, 3, not 0", "Send link=3 s=E0"),
    Case(TINY, "W.c2c0", "Receive link=2 s=E0", "link must be one of 0, 1, not 2", "Receive link=1 s=E0"),
    Case(WIDE, "E.c2c1", "Deskew link=5", "link must be one of 6, 7, not 5", "Deskew link=6"),
]


def word(config: Config, queue: str, text: str) -> Word:
    return tuple(op(part, queues_by_name(config)[queue].unit) for part in text.split(" | "))


def judge(config: Config, queue: str, text: str) -> str | None:
    return problem(config, queues_by_name(config)[queue], word(config, queue, text))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.config.name}-{c.queue}-{c.bad}")
def test_what_a_machine_lacks_is_refused(case):
    assert judge(case.config, case.queue, case.bad) == case.message
    if case.good:
        assert judge(case.config, case.queue, case.good) is None


@pytest.mark.parametrize(("number", "takes"), [(0, False), (1, True)])
def test_types_are_those_of_the_single_alu(number, takes):
    found = judge(MIXED, f"vxm{number}", "Add type=f32 a=E0 b=imm")
    assert found == (None if takes else "vxm0 has no type f32")


def test_an_operand_reads_what_its_alu_has_no_type_for():
    """A Cast offset is i32 and a mask u8 whatever the ALU computes with."""
    config = dataclasses.replace(MIXED, alus=(Alu(types=(Type.I8, Type.F32)),) * 4)
    assert judge(config, "vxm0", "Cast type=f32 to=i8 a=E0 b=W4") is None
    assert judge(config, "vxm0", "Mask type=f32 a=E0 b=W3") is None


@pytest.mark.parametrize("spec", [s for s in TABLE if s.units], ids=lambda s: f"{s.opcode:02x}-{s.mnemonic}")
def test_a_queue_takes_the_instructions_of_its_unit_only(spec):
    instruction = Op(spec, tuple(f.default or f.minimum for f in spec.fields))
    for queue in queues(FULL):
        found = problem(FULL, queue, (instruction,))
        wrong_unit = f"{spec.mnemonic} is no instruction of {queue.name}"
        assert (found == wrong_unit) == (queue.unit not in spec.units)


def test_every_queue_takes_every_icu_instruction():
    for text in ("NOP n=1", "Sync", "Notify", "Config n=1", "Repeat n=1"):
        assert all(problem(WIDE, q, (op(text, q.unit),)) is None for q in queues(WIDE))


def test_text_reaches_every_queue_by_some_stream():
    for config in (TINY, WIDE, ODD, FULL):
        for queue in queues(config):
            found = [problem(config, queue, (op(f"Ifetch s={way}0", queue.unit),)) for way in "EW"]
            assert None in found
            at_the_edge = queue.name[2:5] == "mxm"
            assert sum(f is not None for f in found) == at_the_edge
    bad = op("Ifetch s=W0", Unit.MEM)
    queue = queues_by_name(TINY)["E.mxm0.weights"]
    assert problem(TINY, queue, (bad,)) == "s is W0: no westward stream can reach E.mxm0.weights"


def test_banks_of_the_parts():
    assert [banks(op(text, Unit.MEM)) for text in ("Read a=0:1 s=E0", "Write a=1:1 s=E0")] == [1, 2]
    assert banks(op("Gather map=E0 s=E0 banks=3 hi=0", Unit.MEM)) == 3
    assert banks(op("Scatter map=E0 s=E0 banks=2 hi=0", Unit.MEM)) == 2
