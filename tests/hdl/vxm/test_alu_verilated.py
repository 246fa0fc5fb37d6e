"""The exported ALU under Verilator: all operands where they are few, very many where they are not."""

import numpy as np
import pytest

from arch.config import Alu
from tests.hdl.vxm.bench import instructions
from tests.hdl.vxm.expected import Instruction, expected
from tests.hdl.vxm.operands import operands
from tests.hdl.vxm.verilated import run

pytestmark = [pytest.mark.rtl, pytest.mark.slow]

LARGE = Alu(large=True)
ALL = instructions(LARGE)
UNARY = ("Identity", "Latch", "Not", "Neg", "Abs", "ReLU", "Tanh", "Exp", "RSqrt", "Cast")
#: Random operands of each instruction.
COUNT = 300_000


def compare(instruction: Instruction, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    """Run and compare every result."""
    seen = run(LARGE, instruction, a, b, c)
    wanted = expected(instruction, a, b, c)
    wrong = np.flatnonzero(seen != wanted)
    first = [f"a={a[n]:#x} b={b[n]:#x} c={c[n]:#x}: {seen[n]:#x} instead of {wanted[n]:#x}" for n in wrong[:5]]
    assert not len(wrong), f"{instruction}: {len(wrong)} of {len(a)} wrong: {'; '.join(first)}"


@pytest.mark.parametrize("instruction", [i for i in ALL if i.name in UNARY and i.type.bytes == 2], ids=str)
def test_every_operand_of_16_bits(instruction: Instruction) -> None:
    a = np.arange(1 << 16, dtype=np.uint32)
    compare(instruction, a, np.zeros_like(a), np.zeros_like(a))


@pytest.mark.parametrize("instruction", [i for i in ALL if i.type.bytes == 1], ids=str)
def test_every_pair_of_8_bits(instruction: Instruction) -> None:
    both = np.arange(1 << 16, dtype=np.uint32)
    a, b = both & 0xFF, both >> 8
    if instruction.name == "Cast":
        # Offsets of both signs, so that they meet the limits of every type.
        b = np.zeros_like(a) if instruction.to and instruction.to.floating else (b.view(np.int32) - 128).view(np.uint32)
    compare(instruction, a, b, both & 3)


@pytest.mark.parametrize("instruction", [i for i in ALL if i.type.bytes > 1], ids=str)
def test_many_operands(instruction: Instruction) -> None:
    compare(instruction, *operands(np.random.default_rng(COUNT), instruction, COUNT))
