"""Runs instructions through one ALU in Amaranth's own simulator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from amaranth.sim import Simulator, SimulatorContext
from numpy.typing import NDArray

from arch.config import Alu as AluConfig
from arch.isa.vxm import OPERATIONS
from arch.types import FLOAT_TYPES, INTEGER_TYPES
from hdl.vxm.standalone import StandaloneAlu
from hdl.vxm.steps import DEPTH
from tests.hdl.vxm.expected import Instruction

#: Place of an operation in the table.
NUMBER = {operation.name: n for n, operation in enumerate(OPERATIONS)}


@dataclass(frozen=True)
class Issue:
    """One instruction with its operands."""

    instruction: Instruction
    a: int
    b: int = 0
    c: int = 0


def instructions(alu: AluConfig) -> list[Instruction]:
    """Every operation, type, pair of types and saturation that an ALU has."""
    found = []
    for operation in OPERATIONS:
        for kind in operation.types:
            if kind not in alu.types or (operation.large and not alu.large):
                continue
            if operation.name == "Cast":
                found += [Instruction("Cast", kind, to) for to in alu.types]
                continue
            found.append(Instruction(operation.name, kind))
            if operation.saturates and kind in INTEGER_TYPES:
                found.append(Instruction(operation.name, kind, sat=True))
    assert any(i.type in FLOAT_TYPES for i in found) or not any(t.floating for t in alu.types)
    return found


def run(
    alu: AluConfig, issues: Sequence[Issue | None], stages: int = DEPTH, late: int | None = None
) -> NDArray[np.uint32]:
    """Results by cycle: entry n is the output ``late`` cycles (``stages`` if None) after cycle n.

    In cycle n ``issues[n]`` is issued, or, if that is None, nothing, while the operands are rubbish.
    """
    late = stages if late is None else late
    rubbish = np.random.default_rng(0).integers(0, 1 << 32, len(issues) + late)
    dut = StandaloneAlu(alu=alu, stages=stages)
    seen = np.zeros(len(issues), dtype=np.uint32)

    async def drive(ctx: SimulatorContext) -> None:
        for cycle in range(len(issues) + late):
            issue = issues[cycle] if cycle < len(issues) else None
            ctx.set(dut.valid, issue is not None)
            if issue is not None:
                what = issue.instruction
                ctx.set(dut.operation, NUMBER[what.name])
                ctx.set(dut.type, what.type.code)
                ctx.set(dut.to, what.to.code if what.to else 0)
                ctx.set(dut.sat, what.sat)
                ctx.set(dut.a, issue.a)
                ctx.set(dut.b, issue.b)
                ctx.set(dut.c, issue.c)
            else:
                ctx.set(dut.a, int(rubbish[cycle]))
            if cycle >= late:
                seen[cycle - late] = ctx.get(dut.result)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    return seen
