"""Units' tests on exported Verilog, under Verilator and cocotb: (cycle, value) against the golden model."""

from dataclasses import replace
from pathlib import Path

import pytest

from hdl.export import export
from tb import verilator
from tests.hdl.units import CASES, LARGE, Units

SMALL = tuple(name for name in CASES if name not in LARGE)


@pytest.mark.rtl
@pytest.mark.parametrize(
    "names", [pytest.param(SMALL, id="small"), *(pytest.param((n,), id=n, marks=pytest.mark.slow) for n in LARGE)]
)
def test_units_in_verilog(names: tuple[str, ...], tmp_path: Path):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    block = Units(names)
    # A run is short: a compiler that optimizes would take longer than it saves.
    planned = replace(verilator.plan(export(block), block.module_name), optimize="-O0")
    verilator.run(verilator.build(planned, jobs=2), "tests.hdl.verilated", tmp_path, SUPERLANE_UNITS=" ".join(names))
