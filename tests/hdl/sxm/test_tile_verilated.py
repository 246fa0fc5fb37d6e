"""The exported SXM under Verilator: all units at once, against the golden model."""

from pathlib import Path

import pytest

from hdl.export import export
from tb import verilator
from tests.hdl.sxm.stack import all_units


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.parametrize("shape", [(4, 4), (1, 16), (2, 16)], ids=str)
def test_all_units_at_once_in_verilog(shape: tuple[int, int], tmp_path: Path):
    """The exported Verilog, lint clean, does the same under Verilator."""
    dut, _ = all_units(*shape, cycles=0)
    model = verilator.build(export(dut), dut.module_name)
    verilator.run(model, "tests.hdl.sxm.verilated", tmp_path, SHAPE=f"{shape[0]}x{shape[1]}")
