"""The ALU against the golden numerics: every operation and type, in the right cycle, in any mix."""

from itertools import product

import numpy as np
import pytest

from arch.config import Alu, preset
from arch.isa.vxm import COMPARISONS
from arch.transcendental import F16, F32
from arch.types import FLOAT_TYPES, INTEGER_TYPES, Type
from hdl.vxm.lane import Lane
from hdl.vxm.steps import DEPTH, STEPS, choosing_stages
from tests.hdl.vxm.bench import Issue, instructions, run
from tests.hdl.vxm.expected import Instruction, expected
from tests.hdl.vxm.operands import operands

LARGE, FPGA = Alu(large=True), preset("fpga")
#: Operands of each operation and type.
COUNT = 40

#: Kinds of ALUs beside the one that has all, with the stages of each.
KINDS = {
    "plain": (Alu(), DEPTH),
    "fpga": (FPGA.alus[0], FPGA.stages.alu - choosing_stages(FPGA.stages.alu)),
    "the same, deeper": (FPGA.alus[0], DEPTH + 4),
    "integers": (Alu(types=INTEGER_TYPES), STEPS),
    "bytes": (Alu(types=(Type.I8, Type.U8)), DEPTH + 1),
    "floats": (Alu(types=FLOAT_TYPES, large=True), DEPTH + 2),
    "fp16": (Alu(types=(Type.F16,), large=True), DEPTH + 6),
    "fp32": (Alu(types=(Type.I8, Type.I32, Type.F32), large=True), DEPTH + 3),
    "large, a register behind each step": (LARGE, STEPS),
    "large, a register behind each step but one": (LARGE, STEPS - 1),
    "large, further registers": (LARGE, STEPS + 2),
}


#: What the rules for floats tell apart.
SPECIAL = {
    fmt.name: [s | m for m in (0, 1, fmt.one, fmt.inf - 1, fmt.inf, fmt.nan | 1) for s in (0, fmt.sign)]
    for fmt in (F16, F32)
}


def check(alu: Alu, rng: np.random.Generator, chosen: list[Instruction], count: int, stages: int = DEPTH) -> None:
    """Run each instruction with operands that suit it."""
    work = [(instruction, *operands(rng, instruction, count)) for instruction in chosen]
    compare(alu, rng, work, stages)


def compare(alu: Alu, rng: np.random.Generator, work: list[tuple], stages: int = DEPTH) -> None:
    """Run instructions with arrays of operands, all shuffled, gaps between them; compare every cycle."""
    issues: list[Issue] = []
    wanted: list[int] = []
    for instruction, a, b, c in work:
        issues += [Issue(instruction, *map(int, row)) for row in zip(a, b, c, strict=True)]
        wanted += map(int, expected(instruction, a, b, c))
    order = rng.permutation(len(issues))
    stream: list[Issue | None] = []
    answers: list[int] = []
    for index in order:
        stream.append(issues[index])
        answers.append(wanted[index])
        for _ in range(int(rng.integers(0, 3)) * (rng.random() < 0.1)):
            # The output holds.
            stream.append(None)
            answers.append(wanted[index])
    seen = run(alu, stream, stages)
    wrong = [
        f"cycle {n}: {issue.instruction} a={issue.a:#010x} b={issue.b:#010x} c={issue.c:#04x}: "
        f"{got:#010x} instead of {want:#010x}"
        if issue
        else f"cycle {n}: {got:#010x} not held"
        for n, (issue, got, want) in enumerate(zip(stream, seen, answers, strict=True))
        if got != want
    ]
    assert not wrong, f"{len(wrong)} of {len(stream)} wrong:\n" + "\n".join(wrong[:20])


@pytest.mark.parametrize("part", range(4))
def test_every_instruction_back_to_back(part: int) -> None:
    check(LARGE, np.random.default_rng(part), instructions(LARGE)[part::4], COUNT)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_alu(name: str) -> None:
    alu, stages = KINDS[name]
    chosen = instructions(alu)
    check(alu, np.random.default_rng(9), chosen, max(2, 1000 // len(chosen)), stages)


@pytest.mark.parametrize("kind", FLOAT_TYPES, ids=lambda k: k.value)
def test_special_floats_against_each_other(kind: Type) -> None:
    a, b = np.array(list(product(SPECIAL[kind.value], repeat=2)), dtype=np.uint32).T
    binary = ("Add", "Sub", "Mul", "Min", "Max", *COMPARISONS)
    compare(LARGE, np.random.default_rng(2), [(Instruction(name, kind), a, b, a) for name in binary])


@pytest.mark.parametrize("stages", [DEPTH, STEPS])
def test_exp_of_both_signs(stages: int) -> None:
    """Random bits are hardly ever numbers whose exponential is neither one nor out of range."""
    rng = np.random.default_rng(5)
    alu = Alu(types=(Type.F32,), large=True)
    a = rng.uniform(-20, 20, 200).astype(np.float32).view(np.uint32)
    compare(alu, rng, [(Instruction("Exp", Type.F32), a, a, a)], stages)


def test_offsets_bring_casts_back_into_range() -> None:
    limits = [s * (2.0**n + d) for n in (7, 8, 15, 16, 31, 32, 33) for d in (-0.5, 0, 0.5) for s in (1, -1)]
    offsets = [0, 1, -1, 1 << 7, -(1 << 7), 1 << 15, -(1 << 15), (1 << 31) - 1, -(1 << 31)]
    pairs = list(product(limits, offsets))
    a = np.array([x for x, _ in pairs], dtype=np.float32).view(np.uint32)
    b = np.array([n for _, n in pairs], dtype=np.int32).view(np.uint32)
    compare(LARGE, np.random.default_rng(3), [(Instruction("Cast", Type.F32, to), a, b, a) for to in INTEGER_TYPES])


def test_a_lone_result_comes_after_its_stages_and_stays() -> None:
    add = Instruction("Add", Type.I32)
    before, after = Issue(add, 1, 2), Issue(add, 30, 40)
    for stages in range(DEPTH, STEPS + 2):
        # With a zero in place of the latency, what is seen is the output of each cycle.
        seen = run(LARGE, [before, *[None] * 20, after, *[None] * 20], stages, late=0)
        assert list(seen) == [0] * stages + [3] * 21 + [70] * (41 - 20 - stages)


def test_stages_are_checked() -> None:
    with pytest.raises(ValueError, match=r"stages must be at least 8, not 7"):
        Lane(alu=LARGE, stages=DEPTH - 1)
