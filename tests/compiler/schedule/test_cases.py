"""Compiled models on the golden model: bit for bit what their graphs say, in exactly the predicted cycles."""

from dataclasses import replace

import numpy as np
import pytest

from arch.config import Config, preset
from arch.isa.icu import NOP
from arch.isa.spec import make
from arch.isa.table import decode, encode
from arch.queues import queues
from compiler.frontend.load import translate
from compiler.graph.evaluate import evaluate
from compiler.schedule.program import compile_graph
from tests.compiler.models import CASES
from tests.compiler.schedule import table
from tests.compiler.schedule.judge import REFUSED, RIGHT, WRONG, complaints, execute, outcome

BY_NAME = {case.name: case for case in CASES}
#: Cases that cover the kinds of nodes in little time, and the machine for each.
FAST = (
    ("gemm-1x30x13-qdq", "tiny"),
    ("gemm-2x65x33-qoperator", "small"),
    ("gemm-33x32x32-signed", "small"),
    ("gemm-3x64x40-per-tensor", "full"),
    ("gemm-2x65x33-fp16", "small"),
    ("perceptron-40-qdq", "small"),
    ("residual-6-qdq", "small"),
    ("conv-pixel-1x1-qdq", "small"),
    ("conv-odd-signed", "small"),
    ("conv-stride-qoperator", "small"),
    ("conv-groups-qdq", "small"),
    ("conv-wide-qdq", "small"),
    ("maxpool-qdq", "small"),
    ("globalaveragepool-qdq", "small"),
    ("pooled-1-qdq", "small"),
    ("sigmoid-qdq", "small"),
    ("relu-3x30-fp16", "small"),
    ("chain-fp16", "small"),
    ("gathered-fp16", "small"),
    ("counted-fp16", "small"),
)


@pytest.mark.parametrize(("name", "machine"), FAST)
def test_a_case_is_right_to_the_bit_and_to_the_cycle(name: str, machine: str):
    found = outcome(translate(BY_NAME[name].model), preset(machine), BY_NAME[name].inputs)
    assert (found.status, found.reason) == (RIGHT, "")


@pytest.mark.slow
def test_no_case_is_wrong_and_the_page_is_up_to_date():
    rows = table.measure()
    assert [name for name, row in rows.items() if row["small"].status != RIGHT] == []
    assert [f"{name}: {one.reason}" for name, row in rows.items() for one in row.values() if one.status == WRONG] == []
    if not table.PAGE.exists():
        pytest.skip(f"there is no docs/{table.PAGE.name} yet: python -m tests.compiler.schedule.table writes it")
    assert table.PAGE.read_text(encoding="utf-8") == table.page(rows)


def test_what_errs_is_found():
    case = BY_NAME["gemm-5x13x1-qdq"]
    graph = translate(case.model)
    compiled = compile_graph(graph, preset("small"))
    wanted = evaluate(graph, compiled.program.config, case.inputs)
    assert complaints(compiled, execute(compiled, case.inputs), wanted) == []
    # A weight that differs, a cycle more than predicted, and an instruction that is missing.
    (segment, *others) = (s for s in compiled.program.data if any(s.data))
    flipped = replace(segment, data=bytes(byte ^ 0x55 for byte in segment.data))
    data = tuple(sorted((flipped, *others), key=lambda s: (s.hemisphere, s.mem_slice, s.address)))
    broken = replace(compiled, program=replace(compiled.program, data=data))
    assert "elements differ" in " ".join(complaints(broken, execute(broken, case.inputs), wanted))
    late = replace(compiled, facts=replace(compiled.facts, cycles=compiled.cycles + 1))
    assert "cycles" in " ".join(complaints(late, execute(late, case.inputs), wanted))
    preload = _without_abc(compiled.program.config, compiled.program.preload)
    lost = replace(compiled, program=replace(compiled.program, preload=preload))
    assert "program error" in " ".join(complaints(lost, execute(lost, case.inputs), wanted))


def _without_abc(config: Config, preload: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Queues' words with the first ABC replaced by a wait of one cycle."""
    found = [list(words) for words in preload]
    for queue in queues(config):
        for n, value in enumerate(found[queue.index]):
            word = decode(value, queue.unit)
            if word is not None and word[0].mnemonic == "ABC":
                found[queue.index][n] = encode((make(NOP, n=1),))
                return tuple(map(tuple, found))
    raise AssertionError("there is no ABC")


def test_what_does_not_fit_is_refused_in_a_line():
    case = BY_NAME["gemm-33x32x32-qdq"]
    config = replace(preset("tiny"), bank_words=16, name="little")
    found = outcome(translate(case.model), config, case.inputs)
    assert found.status == REFUSED and "CapacityError: the network does not fit" in found.reason


def test_outputs_of_all_zero_are_not_compared_by_accident():
    assert all(np.any(evaluate(translate(BY_NAME[n].model), preset("small"), BY_NAME[n].inputs)["y"]) for n, _ in FAST)
