"""The back door of a hosted chip and its front door: each finds what came in by the other, in every bit."""

from pathlib import Path

import pytest

from tb import hosted, verilator
from tb.hostlink import bench
from tests.tb.hostlink.config import HOSTED
from tests.tb.hostlink.programs import copying

pytestmark = [pytest.mark.rtl, pytest.mark.slow]


def test_both_doors_lead_to_the_same_state(tmp_path: Path):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    model = verilator.build(hosted.plan(hosted.sources(HOSTED)), jobs=2)
    file = tmp_path / "program.slp"
    file.write_bytes(copying(HOSTED).to_bytes())
    verilator.run(model, "tests.tb.hostlink.doors", tmp_path, **{bench.PROGRAM: str(file)})
