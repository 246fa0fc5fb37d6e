"""The ALU against the golden numerics: every operation and type, in the right cycle, in any mix."""

import numpy as np
import pytest

from arch.config import Alu, preset
from arch.types import FLOAT_TYPES, INTEGER_TYPES, Type
from hdl.vxm.control import DEPTH
from hdl.vxm.lane import Lane
from tests.hdl.vxm.bench import Issue, instructions, run
from tests.hdl.vxm.expected import Instruction, expected
from tests.hdl.vxm.operands import operands

LARGE = Alu(large=True)
#: Operands of each operation and type.
COUNT = 40

#: Kinds of ALUs beside the one that has all, with the stages of each.
KINDS = {
    "plain": (Alu(), DEPTH),
    "fpga": (preset("fpga").alus[0], DEPTH + 3),
    "integers": (Alu(types=INTEGER_TYPES), DEPTH),
    "bytes": (Alu(types=(Type.I8, Type.U8)), DEPTH + 1),
    "floats": (Alu(types=FLOAT_TYPES, large=True), DEPTH),
    "fp16": (Alu(types=(Type.F16,), large=True), DEPTH),
    "fp32": (Alu(types=(Type.I8, Type.I32, Type.F32), large=True), DEPTH),
}


def check(alu: Alu, rng: np.random.Generator, chosen: list[Instruction], count: int, stages: int = DEPTH) -> None:
    """Run each instruction with its operands, all shuffled, gaps between them; compare every cycle."""
    issues: list[Issue | None] = []
    wanted: list[int] = []
    for instruction in chosen:
        a, b, c = operands(rng, instruction, count)
        results = expected(instruction, a, b, c)
        issues += [Issue(instruction, *map(int, row)) for row in zip(a, b, c, strict=True)]
        wanted += map(int, results)
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


def test_a_lone_result_comes_after_its_stages_and_stays() -> None:
    add = Instruction("Add", Type.I32)
    before, after = Issue(add, 1, 2), Issue(add, 30, 40)
    for stages in (DEPTH, DEPTH + 4):
        # With a zero in place of the latency, what is seen is the output of each cycle.
        seen = run(LARGE, [before, *[None] * 20, after, *[None] * 20], stages, late=0)
        assert list(seen) == [0] * stages + [3] * 21 + [70] * (41 - 20 - stages)


def test_stages_are_checked() -> None:
    with pytest.raises(ValueError, match=r"stages must be at least 8, not 7"):
        Lane(alu=LARGE, stages=DEPTH - 1)
