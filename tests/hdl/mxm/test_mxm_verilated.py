"""The exported MXM under Verilator: thousands of hard vectors."""

import random
from dataclasses import replace

import numpy as np
import pytest

from arch.config import Config, preset
from tests.hdl.mxm import sections
from tests.hdl.mxm.run import Run
from tests.hdl.mxm.test_mxm import SECTIONS
from tests.hdl.mxm.verilated import Player

pytestmark = [pytest.mark.rtl]

_WIDER = replace(preset("tiny"), name="3x8", superlanes=3, lanes=8, slices=8)
_WIDE = replace(preset("tiny"), name="2x16", lanes=16, slices=16)
CONFIGS = (
    pytest.param(preset("tiny"), id="tiny"),
    pytest.param(_WIDER, marks=pytest.mark.slow, id="3x8"),
    pytest.param(_WIDE, marks=pytest.mark.slow, id="2x16"),
)


@pytest.mark.parametrize("config", CONFIGS)
def test_many_vectors(config: Config):
    run, rng, end, wanted = Run(config), random.Random(7), 0, {}
    for _ in range(3):
        for section in SECTIONS:
            part = section(run, end, rng)
            end, wanted = part.end, wanted | part.results
    part = sections.hard_sums(run, end, rng, batches=250 if config.vector < 32 else 30)
    wanted |= part.results
    found = run.emitted(Player(config).play(run))
    assert found.keys() == wanted.keys()
    assert sum(len(value) for value in wanted.values()) > 10_000
    for key, value in wanted.items():
        assert np.array_equal(found[key].reshape(-1)[: len(value)], value), f"plane, ACC at {key}"
