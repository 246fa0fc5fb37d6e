"""Cycles that the assembler knows before a run, and those of the run."""

import numpy as np
import pytest

from arch.config import preset
from arch.timing import timing
from compiler.asm.builder import Builder
from compiler.asm.lower import lay_out
from compiler.asm.parser import parse
from examples.catalog import EXAMPLES
from golden.run import run


def check(builder: Builder) -> int:
    """Predict a program's cycles, run it, and compare."""
    laid = lay_out(builder.schedule)
    assert run(laid.program, {}).cycles == laid.cycles
    return laid.cycles or 0


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_examples_take_the_predicted_cycles(example):
    assert lay_out(parse(example.source.read_text(encoding="utf-8"))).cycles == example.stated_cycles


def test_the_last_sync_counts():
    config, empty = preset("tiny"), Builder(preset("tiny"))
    assert check(empty) == timing(config).drain + 1
    late = Builder(config)
    late.at(40, "vxm3", "Identity", type="u8", a="imm", out=0)
    assert check(late) == 41 + timing(config).drain + 1


def test_barriers_and_queues_that_park_again():
    b = Builder(preset("tiny"))
    b.sync(3, "E.mem0")
    b.notify(30, "W.mem0")
    b.at(30 + timing(b.config).barrier + 9, "E.mem0", "Read", a="0:0", s="E0")
    b.data("E.mem0", "0:0", np.zeros((1, b.config.vector), np.uint8))
    check(b)


@pytest.mark.parametrize("seed", range(6))
def test_random_programs(seed: int):
    random = np.random.default_rng(seed)
    b = Builder(preset("tiny"))
    b.data("W.mem1", "0:0", np.zeros((100, b.config.vector), np.uint8))
    at = 0
    for _ in range(int(random.integers(1, 200))):  # more words than a queue holds, sometimes
        n, every = int(random.integers(1, 9)), int(random.integers(1, 4))
        b.run(
            at, "W.mem1", "Read", n, every, a=f"0:{random.integers(0, 50)}", s="W0", stride=int(random.integers(0, 3))
        )
        at += n * every + int(random.integers(0, 30))
    check(b)


def test_exact_text_is_not_predicted():
    assert lay_out(parse(".superlane 1\n.preset tiny\n.exact\n")).cycles is None
