"""Every latency of the timing table, measured on the whole chip in Verilog."""

from dataclasses import replace
from pathlib import Path

import pytest

from arch.config import Config, Stages
from arch.timing import table, timing
from tb.random.configs import named
from tests.tb import measured, measured_mxm
from tests.tb.measures import Latencies, Seen
from tests.tb.recorded import Trial, run

pytestmark = pytest.mark.rtl

#: The least machine, whose model other tests use too; one of the published width; and one whose latencies all differ.
NANO = named("nano")
WIDE = replace(NANO, name="wide", lanes=16, streams=32, slices=16)
SLOW = replace(
    NANO,
    name="staged",
    superlanes=3,
    stages=Stages(
        operand=2, result=2, mem_access=3, alu=11, mxm_mac=4, acc=7, sxm_local=3, sxm_cross=5, fetch=6, c2c=7
    ),
)


def measure(config: Config, folder: Path) -> Latencies:
    """Run all measures on a machine."""
    measures = {**measured.MEASURES, **measured_mxm.MEASURES, **(measured.WIDE if config.lanes >= 9 else {})}
    found = run(config, folder, {name: Trial(m.make(config).program()) for name, m in measures.items()})
    known: Latencies = {}
    for name in measures:
        known |= measures[name].read(Seen(config, found[name]), known)
    return known


@pytest.mark.parametrize(
    "config",
    [NANO, pytest.param(WIDE, marks=pytest.mark.slow), pytest.param(SLOW, marks=pytest.mark.slow)],
    ids=lambda c: c.name,
)
def test_every_entry_of_the_table(config: Config, tmp_path: Path):
    found, t = measure(config, tmp_path), timing(config)
    # Rows of integers alone are read a cycle later than the table allows for (hdl.mxm.accumulator), and so are back a
    # cycle sooner than it promises; no legal program sees it.
    sooner = 0 if config.mxm_fp16 else min(1, config.stages.acc - 2)
    inside = {"drain": t.drain, "mesh": t.alu, "row": t.acc_row - sooner}
    assert {name: found.pop(name)[1] for name in inside} == inside
    wanted = {name: entry for name, entry in table(config).items() if name != "Rotate" or config.lanes >= 9}
    assert {name: late for name, (_, late) in found.items()} == {name: entry.d_func for name, entry in wanted.items()}
    # An ACC samples nothing; what it takes are sums.
    skews = {name: skew for name, (skew, _) in found.items() if name != "ACC"}
    assert skews == {name: entry.d_skew for name, entry in wanted.items() if name != "ACC"}
