"""The chip under Verilator equals the golden step engine in every cycle."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from arch.config import Config
from arch.conveyor import Direction, Hemisphere, mxm_site
from arch.faults import Fault
from arch.program import Program
from golden.injection import Injection, MemoryInjection, StreamInjection
from golden.run import run as run_golden
from tb import lockstep, verilator
from tb.models import lockstep_model
from tests.hdl.configs import TINY
from tests.tb import programs

#: The model of `tiny`, fp16 and all, takes longer to build than the fast tests may.
pytestmark = [pytest.mark.rtl, pytest.mark.slow]


@pytest.fixture(scope="module")
def model() -> verilator.Model:
    """The chip at `tiny`, with what the monitor reads visible."""
    try:
        return lockstep_model(TINY)
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


def follow(model: verilator.Model, folder: Path, program: Program, injection: Injection | None = None) -> None:
    """Run a program in lockstep."""
    file = folder / "program.slp"
    file.write_bytes(program.to_bytes())
    variables = {lockstep.PROGRAM: str(file)}
    if injection is not None:
        variables[lockstep.INJECTION] = json.dumps(asdict(injection))
    verilator.run(model, "tb.lockstep", folder, **variables)


@pytest.mark.parametrize("make", [programs.copy, programs.matmul, programs.fetch], ids=lambda f: f.__name__)
def test_legal_programs(model: verilator.Model, tmp_path: Path, make: Callable[[Config], Program]):
    program = make(TINY)
    assert run_golden(program).errors == ()
    follow(model, tmp_path, program)


def test_faults_barriers_and_power_down(model: verilator.Model, tmp_path: Path):
    program = programs.trouble(TINY)
    found = {entry.fault for entry in run_golden(program).faults}
    assert found >= {Fault.UNDEFINED, Fault.REPEAT, Fault.RANGE, Fault.INDEX, Fault.CONFIG_BUSY}
    follow(model, tmp_path, program)


def activations(mask: int) -> StreamInjection:
    """Error in the activations of superlane 1, where the MXM samples them."""
    position = mxm_site(TINY, Hemisphere.WEST).sample(Direction.WEST)
    assert position is not None
    return StreamInjection(position, Direction.WEST, 8, 1, 15, mask)


@pytest.mark.parametrize(
    ("injection", "fixed", "failed"),
    [
        (activations(1 << 9), True, False),
        (activations(1 << 35), True, False),
        (activations(0b101), False, True),
        (MemoryInjection(Hemisphere.WEST, 2, 0, 27, 1 << 3), False, False),
    ],
    ids=["data bit", "check bit", "two bits", "stored word"],
)
def test_injected_errors(model: verilator.Model, tmp_path: Path, injection: Injection, fixed: bool, failed: bool):
    program = programs.matmul(TINY)
    result = run_golden(program, injection=injection)
    assert bool(result.counters.corrected.any()) == fixed
    # Both planes take the activation, each with its own queue.
    assert [entry.fault for entry in result.faults] == [Fault.ECC, Fault.ECC] * failed
    follow(model, tmp_path, program, injection)


def test_a_difference_is_found(model: verilator.Model, tmp_path: Path):
    """The golden model gets an error that the hardware does not get."""
    file = tmp_path / "program.slp"
    file.write_bytes(programs.matmul(TINY).to_bytes())
    injected = json.dumps(asdict(activations(1)))
    variables = {lockstep.PROGRAM: str(file), lockstep.INJECTION: injected, lockstep.UNARMED: "1"}
    with pytest.raises(AssertionError, match=r"cycle 15: stream W8 at position 0, superlane 1: golden"):
        verilator.run(model, "tb.lockstep", tmp_path, **variables)
