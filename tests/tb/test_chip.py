"""The whole chip under Verilator equals the golden step engine in every cycle, in random programs over all units."""

import os
from pathlib import Path

import pytest

from arch.config import preset
from arch.queues import Unit, queues
from golden.run import run as run_golden
from tb import lockstep, verilator
from tb.models import lockstep_model
from tb.random.generate import generate

pytestmark = pytest.mark.rtl

#: Seeds of legal programs, and of programs with faults.
LEGAL, FAULTY = range(4), range(100, 104)
CYCLES = 150


@pytest.fixture(scope="module")
def model() -> verilator.Model:
    try:
        return lockstep_model(preset("tiny"))
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("seeds", "faulty"), [(LEGAL, False), (FAULTY, True)], ids=["legal", "faulty"])
def test_random_programs(model: verilator.Model, tmp_path: Path, seeds: range, faulty: bool):
    config = preset("tiny")
    files, faults = [], set()
    issued = dict.fromkeys(Unit, 0)
    for seed in seeds:
        program = generate(config, seed, cycles=CYCLES, faulty=faulty).program()
        result = run_golden(program)
        assert result.errors == ()
        faults |= {entry.fault for entry in result.faults}
        for queue in queues(config):
            issued[queue.unit] += int(result.counters.issued[queue.index])
        files.append(tmp_path / f"seed{seed}.slp")
        files[-1].write_bytes(program.to_bytes())
    # Programs that do nothing would agree, too. No lanes of this machine hold a Rotate.
    assert [unit for unit, count in issued.items() if not count] == [Unit.SXM_ROTATE]
    assert len(faults) >= 4 if faulty else not faults
    verilator.run(model, "tb.lockstep", tmp_path, **{lockstep.PROGRAM: os.pathsep.join(map(str, files))})
