"""All units of a superlane's SXM at once, in a stack of tiles."""

import pytest

from arch.features import DISTRIBUTORS, TRANSPOSERS
from arch.queues import Unit
from hdl.sxm.tile import driven_widths, units
from tests.hdl.sxm.bench import check
from tests.hdl.sxm.configs import machine
from tests.hdl.sxm.stack import all_units


def test_units_are_those_of_the_queues():
    wide, narrow = machine(2, 16), machine(2, 8)
    assert len(units(wide)) == DISTRIBUTORS + TRANSPOSERS + 4
    assert driven_widths(wide, Unit.SXM_ROTATE) == (9, 16)
    assert set(units(wide)) - set(units(narrow)) == {(Unit.SXM_ROTATE, 0)}


def run_all_units(shape: tuple[int, int], cycles: int) -> None:
    """Random instructions in all queues, in each of so many cycles."""
    dut, stimulus = all_units(*shape, cycles=cycles)
    assert check(dut, stimulus, dut.ports()) >= shape[0] * cycles * (len(dut.ports()) - 1)


@pytest.mark.parametrize("shape", [(2, 4), (1, 16)], ids=str)
def test_all_units_at_once(shape: tuple[int, int]):
    run_all_units(shape, cycles=6)
