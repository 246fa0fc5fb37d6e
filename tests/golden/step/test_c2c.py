"""C2C links looped back."""

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.faults import Fault
from arch.timing import timing
from tests.golden.schedule import program, segment, word
from tests.golden.step.probe import faults, finish, first_defined, into, out_of

_TINY = preset("tiny")
_T = timing(_TINY)
_S = _TINY.superlanes
_ROW = np.arange(10, 10 + _TINY.vector, dtype=np.uint8)
_SEND = 20
_READ = _SEND - _T.read - (into(_TINY, "E.c2c0", "E0")[2] - out_of(_TINY, "E.mem0", "E0")[2])
#: The eastern queue's links.
_LINK = _TINY.c2c_links // 2


def _loop(*entries):
    schedule = {
        "E.mem0": [(_READ, word("Read", a=0, s="E0"))],
        "E.c2c0": [(_SEND, word("Send", link=_LINK, s="E0")), *entries],
    }
    return program(_TINY, schedule, [segment(Hemisphere.EAST, 0, 0, _ROW[None])])


def test_a_vector_comes_back():
    take = _SEND + _T.loopback
    made = _loop((take, word("Receive", link=_LINK, s="W3")))
    result = finish(made)
    assert result.errors == () and result.faults == ()
    found = first_defined(made, "E.c2c0", "W3", take + _T.receive + _S)
    for k, entry in enumerate(found):
        assert entry is not None and entry[0] == take + _T.receive + k
        assert np.array_equal(entry[1], _ROW.reshape(_S, -1)[k])


@pytest.mark.parametrize(("late", "link"), [(-1, _LINK), (1, _LINK), (0, _LINK + 1)])
def test_any_other_cycle_or_link_is_absent(late, link):
    take = _SEND + _T.loopback + late
    made = _loop((take, word("Receive", link=link, s="W3")))
    assert faults(finish(made)) == [("E.c2c0", 0, Fault.ABSENT, take, 1)]
    found = first_defined(made, "E.c2c0", "W3", take + _T.receive + _S)
    assert all(entry is not None and not entry[1].any() for entry in found)


@pytest.mark.parametrize(("link", "lost"), [(_LINK, True), (_LINK + 1, False)])
def test_deskew_discards_what_is_under_way_on_its_link(link, lost):
    take = _SEND + _T.loopback
    made = _loop((_SEND + 1, word("Deskew", link=link)), (take, word("Receive", link=_LINK, s="W3")))
    assert [f[2] for f in faults(finish(made))] == [Fault.ABSENT] * lost
