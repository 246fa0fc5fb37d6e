"""What programs do with their cycles."""

import numpy as np
import pytest

from arch.config import preset
from arch.isa.table import is_icu
from arch.queues import Unit, queues
from compiler.schedule.program import compile_graph
from golden.run import run
from scripts.bench import gemm
from scripts.bench.shares import USES, shares

SMALL = preset("small")
WORKS = {Unit.MXM_ACTIVATIONS: "MXM", Unit.MXM_ACCUMULATORS: "MXM", Unit.VXM: "VXM"}


@pytest.mark.parametrize("size", [(40, 30, 13), (128, 64, 128)])
def test_uses_are_those_of_the_golden_model_s_trace(size: tuple[int, int, int]):
    program = compile_graph(gemm.network(*size), SMALL).program
    rows = sum(region.rows for region in program.regions if region.name == "x")
    ran = run(program, {"x": np.zeros((rows, SMALL.vector), np.uint8)}, trace=True)
    best = ["idle"] * ran.cycles
    for entry in ran.trace:
        if not is_icu(entry.word):
            use = WORKS.get(queues(SMALL)[entry.queue].unit, "movement")
            best[entry.cycle] = min(best[entry.cycle], use, key=USES.index)
    found = shares(program)
    assert found == {use: best.count(use) for use in USES}
    assert sum(found.values()) == ran.cycles and found["MXM"] >= size[0] / 4
