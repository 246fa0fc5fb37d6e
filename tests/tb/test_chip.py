"""The whole chip under Verilator equals the golden step engine in every cycle, in random programs over all units."""

import os
from pathlib import Path

import pytest

from arch.config import Config
from arch.queues import Unit, queues
from golden.run import run as run_golden
from tb import lockstep, verilator
from tb.models import lockstep_model
from tb.random.configs import named
from tb.random.generate import generate

pytestmark = pytest.mark.rtl

#: Seeds of legal programs, and of programs with faults: a budget for `make test`; `make regress` runs many more.
LEGAL, FAULTY = range(8), range(100, 108)
CYCLES = 150


#: The least machine that has every unit, whose model other tests use, too; and `tiny`, which has all types.
MACHINES = ("nano", "tiny")


@pytest.fixture(scope="module", params=MACHINES)
def model(request: pytest.FixtureRequest) -> tuple[Config, verilator.Model]:
    config = named(request.param)
    try:
        return config, lockstep_model(config)
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("seeds", "faulty"), [(LEGAL, False), (FAULTY, True)], ids=["legal", "faulty"])
def test_random_programs(model: tuple[Config, verilator.Model], tmp_path: Path, seeds: range, faulty: bool):
    config, built = model
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
    verilator.run(built, "tb.lockstep", tmp_path, **{lockstep.PROGRAM: os.pathsep.join(map(str, files))})
