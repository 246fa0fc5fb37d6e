"""The spare superlane: whichever is bypassed, nothing that a program or the host sees depends on it."""

import os
from pathlib import Path

import numpy as np
import pytest

from golden.run import run as run_golden
from tb import lockstep, verilator
from tb.models import lockstep_model
from tb.random.configs import named
from tb.random.generate import generate
from tests.tb import measured, measured_mxm
from tests.tb.recorded import Trial, run

pytestmark = [pytest.mark.rtl, pytest.mark.slow]

SPARE = named("spare")
PLACES = range(SPARE.physical_superlanes)
#: Programs with one wrong bit, so that reports differ from zero, and of all units.
NAMES = ("vxm", "shift", "permute", "transpose", "gather", "write", "send", "fetch")


def test_records_are_the_same_wherever_the_bypass_is(tmp_path: Path):
    measures = {**measured.MEASURES, **measured_mxm.MEASURES}
    trials = {name: Trial(measures[name].make(SPARE).program()) for name in (*NAMES, *measured_mxm.MEASURES)}
    trials |= {f"random{seed}": Trial(generate(SPARE, seed, faulty=bool(seed % 2)).program()) for seed in range(4)}
    found = [run(SPARE, tmp_path / f"fuse{place}", trials, place) for place in PLACES]
    for name, first in found[0].items():
        assert first.idle > 0 and first.streams.any(), name
        for place in PLACES[1:]:
            other = found[place][name]
            assert other.idle == first.idle and np.array_equal(other.counters, first.counters), f"{name}, fuse {place}"
            assert np.array_equal(other.reports, first.reports), f"{name}, fuse {place}"
            assert np.array_equal(other.streams, first.streams), f"{name}, fuse {place}"


@pytest.mark.parametrize("place", PLACES)
def test_every_place_equals_the_golden_model(place: int, tmp_path: Path):
    try:
        model = lockstep_model(SPARE)
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    files = []
    for seed in range(place * 3, place * 3 + 3):
        program = generate(SPARE, seed, faulty=bool(seed % 2)).program()
        assert run_golden(program).errors == ()
        files.append(tmp_path / f"seed{seed}.slp")
        files[-1].write_bytes(program.to_bytes())
    variables = {lockstep.PROGRAM: os.pathsep.join(map(str, files)), lockstep.FUSE: str(place)}
    verilator.run(model, "tb.lockstep", tmp_path, **variables)
