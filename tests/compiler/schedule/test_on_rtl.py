"""Compiled cases in the hardware: predicted cycles, and the bits of the graph's evaluation.

One of each kind; the networks of `examples` run by ``make sim`` and ``make accuracy ARGS=--chip``. ``SUPERLANE_CASES``
names others, or ``all``.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from arch.config import preset
from compiler.frontend.load import translate
from compiler.graph.evaluate import evaluate
from compiler.schedule import host
from compiler.schedule.interface import interface
from compiler.schedule.program import compile_graph
from scripts import rtl
from tb import verilator
from tests.compiler.models import CASES

pytestmark = [pytest.mark.rtl, pytest.mark.slow]

SMALL = preset("small")
KINDS = "gemm-2x65x33-qdq conv-odd-qdq conv-groups-qdq maxpool-qdq softmax-qdq gemm-33x16x32-fp16 attention-fp16"
NAMES = frozenset(os.environ.get("SUPERLANE_CASES", KINDS).split())


@pytest.mark.parametrize("case", [case for case in CASES if case.name in NAMES or "all" in NAMES], ids=lambda c: c.name)
def test_hardware_takes_the_predicted_cycles_and_gives_the_graph_s_bits(case, tmp_path: Path):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    graph = translate(case.model)
    made = compile_graph(graph, SMALL)
    known = interface(made.program)
    assert known is not None
    packed = {name: host.pack(SMALL, one, case.inputs[name]) for name, one in known.inputs.items()}
    outcome, _ = rtl.simulate(made.program, packed, tmp_path)
    assert outcome.cycles == made.cycles and not outcome.faults
    for name, wanted in evaluate(graph, SMALL, case.inputs).items():
        found = host.unpack(SMALL, known.outputs[name], outcome.regions[name])
        assert (found.dtype, found.tobytes()) == (wanted.dtype, np.ascontiguousarray(wanted).tobytes())
