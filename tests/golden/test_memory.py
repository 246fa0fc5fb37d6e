"""Memory at boot, regions and the messages about inputs."""

import re

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.program import Region
from golden.memory import InputError, boot
from golden.run import run
from tests.golden.schedule import address, program, segment

_TINY = preset("tiny")
_V = _TINY.vector
_REGIONS = [
    Region("x", "input", Hemisphere.WEST, 0, address(1, 4), 2),
    Region("x", "input", Hemisphere.EAST, 3, 0, 1),
    Region("y", "output", Hemisphere.WEST, 1, 0, 2),
    Region("z", "inout", Hemisphere.EAST, 1, 9, 1),
]
_DATA = [segment(Hemisphere.WEST, 1, 0, np.full((1, _V), 9, np.uint8))]
_X, _Z = np.arange(3 * _V, dtype=np.uint8).reshape(3, _V), np.full((1, _V), 5, np.uint8)


def _program():
    return program(_TINY, {}, _DATA, _REGIONS)


def test_data_and_inputs_lie_where_they_belong_and_nothing_else_is_defined():
    memory = boot(_program(), {"x": _X, "z": _Z})
    assert np.array_equal(memory.data[0, 0, 1, 4:6].reshape(2, _V), _X[:2])
    assert np.array_equal(memory.data[1, 3, 0, 0].reshape(_V), _X[2])
    assert (memory.data[0, 1, 0, 0] == 9).all()
    assert memory.defined.sum() == 5 * _TINY.superlanes and memory.defined[1, 1, 0, 9].all()


def test_regions_of_a_result_join_their_parts():
    result = run(_program(), {"x": _X, "z": _Z})
    assert np.array_equal(result.region("x"), _X) and np.array_equal(result.region("z"), _Z)
    assert result.region_defined("y").tolist() == [[True, True], [False, False]]
    with pytest.raises(InputError, match=r"^no region 'q': the program's regions are x, y, z$"):
        result.region("q")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": _X, "z": _Z, "y": _Z}, "no input 'y': the program's inputs are x, z"),
        ({"x": _X}, "input 'z' is missing: the program's inputs are x, z"),
        ({"x": _X[:2], "z": _Z}, "input 'x' must be uint8[3, 8] (rows, vector), not uint8[2, 8]"),
        ({"x": _X.astype(np.int64), "z": _Z}, "input 'x' must be uint8[3, 8] (rows, vector), not int64[3, 8]"),
        ({"x": [1], "z": _Z}, "input 'x' must be uint8[3, 8] (rows, vector), not list"),
    ],
)
def test_inputs_that_do_not_fit(inputs, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        boot(_program(), inputs)


def test_a_program_without_inputs_takes_none():
    with pytest.raises(InputError, match=r"^no input 'x': the program's inputs are none$"):
        boot(program(_TINY, {}), {"x": _X})
