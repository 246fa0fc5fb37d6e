"""A program gives the same bits in the same cycles under Icarus Verilog and Amaranth's own simulator as in the golden
model; that it does so under Verilator, ``tests/tb/test_chip.py`` and ``test_lockstep.py`` show, and here once more.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from arch.config import Config
from arch.program import Program
from golden.run import run as run_golden
from hdl.looped import LoopedChip
from tb import lockstep, verilator
from tb.models import lockstep_model
from tb.random.configs import named
from tb.random.generate import generate
from tb.replay import icarus, pysim
from tb.replay.judge import Trial
from tb.scoreboard import DivergenceError
from tests.hdl.configs import TINY
from tests.tb import programs

pytestmark = pytest.mark.rtl

#: The least machine that there is, but for the queues.
LEAST = replace(named("nano"), name="least", superlanes=1, planes=1, acc_rows=4, c2c_links=0)
needs_icarus = pytest.mark.skipif(bool(icarus.missing()), reason=icarus.missing())


def random(config: Config) -> Program:
    """A random program with faults."""
    return generate(config, 1, cycles=80, faulty=True, fetches=1).program()


@needs_icarus
def test_the_least_machine_under_icarus(tmp_path: Path):
    top = LoopedChip(config=LEAST)
    trial = Trial(programs.copy(LEAST), top.module_name)
    record = icarus.play(top, trial.stimulus, trial.names, tmp_path)
    assert trial.judge(record) > 100
    # A bit of the first cycle's streams, and a cycle too early.
    wrong = replace(record, rows=record.rows.copy())
    wrong.rows[trial.stimulus.first + 20 :] ^= 1
    with pytest.raises(DivergenceError):
        trial.judge(wrong)
    with pytest.raises(DivergenceError, match=r"the hardware counts"):
        trial.judge(replace(record, rows=record.rows[1:]))


@pytest.mark.slow
@needs_icarus
@pytest.mark.parametrize("make", [programs.matmul, programs.trouble, random], ids=lambda f: f.__name__)
def test_tiny_under_icarus(make: Callable[[Config], Program], tmp_path: Path):
    top = LoopedChip(config=TINY)
    trial = Trial(make(TINY), top.module_name)
    trial.judge(icarus.play(top, trial.stimulus, trial.names, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "make"), [(TINY, programs.matmul), (LEAST, programs.copy)], ids=["tiny-matmul", "least-copy"]
)
def test_under_amaranths_own(config: Config, make: Callable[[Config], Program]):
    top = LoopedChip(config=config)
    trial = Trial(make(config), top.module_name)
    trial.judge(pysim.play(top, trial.stimulus, trial.names))


@pytest.mark.slow
def test_tiny_under_verilator(tmp_path: Path):
    files = [tmp_path / f"{make.__name__}.slp" for make in (programs.matmul, programs.trouble, random)]
    for file, make in zip(files, (programs.matmul, programs.trouble, random), strict=True):
        program = make(TINY)
        assert run_golden(program).cycles > 20
        file.write_bytes(program.to_bytes())
    try:
        model = lockstep_model(TINY)
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    variables = {lockstep.PROGRAM: ":".join(map(str, files)), lockstep.BY_HOST: "1"}
    verilator.run(model, "tb.lockstep", tmp_path, **variables)
