"""The ALU against the golden numerics: every operation and type, in the right cycle, in any mix."""

import numpy as np
import pytest

from arch.config import Alu
from tests.hdl.vxm.bench import Issue, instructions, run
from tests.hdl.vxm.expected import Instruction, expected
from tests.hdl.vxm.operands import operands

LARGE = Alu(large=True)
#: Operands of each operation and type.
COUNT = 40


def check(alu: Alu, rng: np.random.Generator, chosen: list[Instruction], count: int, stages: int = 8) -> None:
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
