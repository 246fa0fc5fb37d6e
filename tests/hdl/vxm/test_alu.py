"""The ALU against the golden numerics: every operation and type, in the right cycle, in any mix."""

import numpy as np
import pytest

from arch.config import Alu
from arch.types import Type
from tests.hdl.vxm.bench import Issue, instructions, run
from tests.hdl.vxm.expected import Instruction, expected
from tests.hdl.vxm.operands import corners, near, pairs

LARGE = Alu(large=True)
#: Operands of each operation and type.
COUNT = 40


def operands(rng: np.random.Generator, instruction: Instruction, count: int) -> tuple[np.ndarray, ...]:
    """Operands that suit an instruction, as three arrays."""
    a, b = pairs(rng, instruction.type, count)
    name = instruction.name
    if name == "Cast":
        a = np.resize(rng.permutation(np.array(corners(instruction.type), dtype=np.uint32)), count)
        a[count // 2 :] = near(rng, instruction.type, count - count // 2)
        b = near(rng, Type.I32, count) * (rng.integers(0, 2, count).astype(np.uint32))
        b *= np.uint32(not (instruction.to and instruction.to.floating))
    elif name in ("Shl", "Shr"):
        b[::2] = rng.integers(0, 2 * instruction.type.bits, b[::2].shape)
    elif name in ("Mask", "Select"):
        b[::2] &= np.uint32(0xFFFFFF00)
    elif name in ("Exp", "Tanh", "RSqrt") and instruction.type is Type.F32:
        a[1::2] = (
            (rng.uniform(-110, 110, a[1::2].shape) * rng.uniform(0, 1, a[1::2].shape) ** 4)
            .astype(np.float32)
            .view(np.uint32)
        )
        a[1::2] &= np.uint32(0x7FFFFFFF if name == "RSqrt" else 0xFFFFFFFF)
    c = rng.integers(0, 2, count).astype(np.uint32) * rng.integers(1, 256, count).astype(np.uint32)
    return a, b, c


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
