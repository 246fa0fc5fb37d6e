"""Every case through the front end, evaluated in the machine's arithmetic, against onnxruntime."""

import dataclasses

import numpy as np
import pytest

from arch.config import PRESETS
from compiler.frontend.load import translate
from compiler.graph import ir
from compiler.graph.evaluate import evaluate
from examples.networks.reference import run
from tests.compiler.models import CASES, Case

MACHINE = PRESETS["small"]
#: Share of the greatest result by which fp16 may differ: a case's operators each round to 11 bits.
HALF = 2.0**-9
#: Likewise for an fp32 result of a function in fp32.
SINGLE = 2.0**-22


def difference(case: Case, graph: ir.Graph) -> str:
    """What is wrong with the results of a graph, or nothing."""
    (want,), (found,) = run(case.model, case.inputs).values(), evaluate(graph, MACHINE, case.inputs).values()
    if (found.dtype, found.shape) != (want.dtype, want.shape):
        return f"{found.dtype} {found.shape} for {want.dtype} {want.shape}"
    wrong = np.count_nonzero(found != want)
    error = np.abs(found.astype(np.float64) - want.astype(np.float64)).max()
    if case.exact or not wrong:
        return f"{wrong} of {want.size} elements differ" if wrong else ""
    step = graph.outputs[0].scale
    share = HALF if case.form is None else SINGLE
    # A step in fp32 is that number only to the last bits of what it is added to.
    allowed = share * np.abs(want).max() if step is None else step * (1 + 1e-4)
    return "" if error <= allowed else f"{error} is more than {allowed}"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case_gives_what_onnxruntime_gives(case: Case):
    assert difference(case, translate(case.model)) == ""


def test_a_graph_that_errs_is_found():
    case = next(case for case in CASES if case.name == "gemm-5x13x1-qdq")
    graph = translate(case.model)
    weights = next(node.inputs[1] for node in graph.nodes if isinstance(node, ir.MatMul))
    wrong = graph.constants[weights].copy()
    wrong.flat[0] ^= 64
    broken = dataclasses.replace(graph, constants={**graph.constants, weights: wrong})
    assert "elements differ" in difference(case, broken)
