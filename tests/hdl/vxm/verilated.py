"""Runs many instructions through one exported ALU under Verilator: a million a second or so, against a thousand."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from arch.config import Alu
from hdl.vxm.standalone import StandaloneAlu
from hdl.vxm.steps import DEPTH
from tb import harness, verilator
from tests.hdl.vxm.bench import NUMBER
from tests.hdl.vxm.expected import Bits, Instruction


@cache
def build(alu: Alu, stages: int = DEPTH) -> harness.Harness:
    """Simulator of an ALU, built unless it is there already."""
    try:
        return harness.build(StandaloneAlu(alu=alu, stages=stages))
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


def run(alu: Alu, instruction: Instruction, a: Bits, b: Bits, c: Bits, stages: int = DEPTH) -> NDArray[np.uint32]:
    """Results of one instruction with many operands, one after the other in each cycle, ``stages`` cycles late."""
    model, count = build(alu, stages), len(a)
    records = np.zeros((count + stages, harness.size(model.inputs)), np.uint32)
    fixed = {"valid": 1, "operation": NUMBER[instruction.name], "type": instruction.type.code, "sat": instruction.sat}
    fixed["to"] = instruction.to.code if instruction.to else 0
    for name, value in {**fixed, "a": a, "b": b, "c": c & 0xFF}.items():
        records[:count, model.inputs[name].first] = value
    return model.run(records)[stages:, model.outputs["result"].first]
