"""The chip behind its host interface, under Verilator, driven through AXI alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from arch.conveyor import Hemisphere
from arch.program import Program, Region
from golden.run import run as run_golden
from hdl.export import export
from hdl.host.top import HostedChip
from tb import verilator
from tb.hostlink import bench
from tests.golden.schedule import address
from tests.tb import programs
from tests.tb.hostlink.config import HOSTED

pytestmark = [pytest.mark.rtl, pytest.mark.slow]


@pytest.fixture(scope="module")
def model() -> verilator.Model:
    """The hosted chip; only its ports are visible."""
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    sources = export(HostedChip(config=HOSTED, looped=True))
    return verilator.build(sources, next(iter(sources)), jobs=2)


def follow(model: verilator.Model, folder: Path, program: Program, module: str) -> None:
    """Run a cocotb module on a program."""
    file = folder / "program.slp"
    file.write_bytes(program.to_bytes())
    verilator.run(model, module, folder, **{bench.PROGRAM: str(file)})


def copying() -> Program:
    """A copy whose source is the host's input, in two parts."""
    program = programs.copy(HOSTED)
    regions = (
        Region("source", "input", Hemisphere.WEST, 0, address(0, 0), 12),
        Region("source", "input", Hemisphere.WEST, 2, address(1, 0), 8),
        Region("target", "output", Hemisphere.EAST, 0, address(0, 0), 20),
        Region("target", "output", Hemisphere.EAST, 3, address(1, 100), 4),
    )
    return replace(program, data=(), regions=regions)


def test_a_program_boots_runs_and_is_read(model: verilator.Model, tmp_path: Path):
    follow(model, tmp_path, copying(), "tb.hostlink.bench")


def test_faults_and_dark_superlanes(model: verilator.Model, tmp_path: Path):
    program = programs.trouble(HOSTED)
    assert run_golden(program).faults
    follow(model, tmp_path, program, "tb.hostlink.bench")


def test_every_refusal_and_injections(model: verilator.Model, tmp_path: Path):
    follow(model, tmp_path, copying(), "tests.tb.hostlink.cases")
