"""Networks that read digits, compiled for few images: what their programs compute, and in how many cycles."""

import numpy as np
import pytest

from arch.config import preset
from examples.networks.catalog import network
from scripts.sim.case import prepare


@pytest.mark.parametrize("images", [1, 2, 3])
def test_the_cnn_gives_the_scores_of_onnxruntime(images):
    case = prepare(network("cnn"), images, preset("small"))
    scores = case.scores(case.regions)
    assert np.array_equal(scores, case.onnxruntime) and np.array_equal(scores, case.expected)
    assert case.golden.cycles == case.compiled.cycles and not case.golden.faults
