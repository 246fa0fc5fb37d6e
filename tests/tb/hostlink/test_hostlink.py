"""The chip behind its host interface, under Verilator, driven through AXI alone."""

from pathlib import Path

import pytest

from arch.program import Program
from golden.run import run as run_golden
from tb import hosted, verilator
from tb.hostlink import bench
from tests.tb.hostlink.config import HOSTED
from tests.tb.hostlink.programs import copying
from tests.tb.programs import trouble

pytestmark = [pytest.mark.rtl, pytest.mark.slow]


@pytest.fixture(scope="module")
def model() -> verilator.Model:
    """The hosted chip; only its ports are visible."""
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    return verilator.build(hosted.plan(hosted.sources(HOSTED)), jobs=2)


def follow(model: verilator.Model, folder: Path, program: Program, module: str) -> None:
    """Run a cocotb module on a program."""
    file = folder / "program.slp"
    file.write_bytes(program.to_bytes())
    verilator.run(model, module, folder, **{bench.PROGRAM: str(file)})


def test_a_program_boots_runs_and_is_read(model: verilator.Model, tmp_path: Path):
    follow(model, tmp_path, copying(HOSTED), "tb.hostlink.bench")


def test_faults_and_dark_superlanes(model: verilator.Model, tmp_path: Path):
    program = trouble(HOSTED)
    assert run_golden(program).faults
    follow(model, tmp_path, program, "tb.hostlink.bench")


@pytest.mark.parametrize("module", ["tests.tb.hostlink.cases", "tests.tb.hostlink.misuse"])
def test_every_refusal_and_injections(model: verilator.Model, tmp_path: Path, module: str):
    follow(model, tmp_path, copying(HOSTED), module)
