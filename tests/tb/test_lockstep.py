"""The chip under Verilator equals the golden step engine in every cycle."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from arch.config import Config
from arch.conveyor import Direction, Hemisphere, mxm_site
from arch.faults import Fault, ProgramError
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


def follow(
    model: verilator.Model, folder: Path, program: Program, injection: Injection | None = None, **variables: str
) -> None:
    """Run a program in lockstep."""
    file = folder / "program.slp"
    file.write_bytes(program.to_bytes())
    if injection is not None:
        file.with_suffix(lockstep.INJECTION).write_text(lockstep.injection_text(injection), "utf-8")
    verilator.run(model, "tb.lockstep", folder, **{lockstep.PROGRAM: str(file), **variables})


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
    with pytest.raises(AssertionError) as caught:
        follow(model, tmp_path, programs.matmul(TINY), activations(1), **{lockstep.UNARMED: "1"})
    assert "cycle 15: stream W8 at position 0, superlane 1: golden" in str(caught.value)
    assert "instruction: none drives it (units that could: W.sxm.distribute0, " in str(caught.value)
    assert "instruction: upstream, 4 cycles before: E.mem1 at cycle 7, repetition 2: Read a=1:0" in str(caught.value)
    assert re.search(r"recent: cycle 14: golden \[.*\], hardware \[", str(caught.value))


def test_a_host_loads_what_the_bench_puts_there(model: verilator.Model, tmp_path: Path):
    follow(model, tmp_path, programs.matmul(TINY), **{lockstep.BY_HOST: "1"})


@pytest.mark.parametrize(
    ("make", "found"),
    [(programs.collision, "two producers on one eastward"), (programs.rivals, "two ALUs on one eastward")],
)
def test_two_results_for_one_register_stop_the_model(
    model: verilator.Model, tmp_path: Path, make: Callable[[Config], Program], found: str
):
    program = make(TINY)
    assert [entry.error for entry in run_golden(program).errors] == [ProgramError.DOUBLE_DRIVE]
    with pytest.raises(AssertionError, match=f"{found} stream register"):
        follow(model, tmp_path, program)
