"""The front door: options, limits, progress."""

import numpy as np
import pytest

from arch.config import preset
from arch.conveyor import Hemisphere
from arch.program import Region
from arch.timing import timing
from golden.run import ENGINES, run
from tests.golden.schedule import program, word

_TINY = preset("tiny")


def test_unknown_engine_and_bad_limit():
    made = program(_TINY, {})
    with pytest.raises(ValueError, match=r"^engine must be one of .*step.*, not 'quick'$"):
        run(made, engine="quick")
    for limit in (0, -1, True, 1.5):
        with pytest.raises(ValueError, match=r"^limit must be an integer of at least 1, not "):
            run(made, limit=limit)  # pyright: ignore[reportArgumentType]


def test_the_limit_itself_is_not_a_stop_if_the_chip_is_idle_then():
    idle = 1 + timing(_TINY).drain
    assert run(program(_TINY, {}), limit=idle, engine="step").stopped is False
    assert run(program(_TINY, {}), limit=idle - 1, engine="step").stopped is True


def test_progress_is_told():
    seen = []
    run(program(_TINY, {}, raw={"W.mem0": ()}), limit=2500, engine="step", progress=seen.append)
    assert seen == [1000, 2000]


def test_the_trace_is_there_only_when_asked_for():
    assert run(program(_TINY, {}), engine="step").trace == ()
    assert len(run(program(_TINY, {}), engine="step", trace=True).trace) == len(program(_TINY, {}).preload)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("role", "clean"), [("input", True), ("inout", True), ("output", False)])
def test_what_the_host_fills_is_defined(engine, role, clean):
    made = program(
        _TINY,
        {"E.mem0": [(0, word("Read", a=3, s="E0"))]},
        regions=[Region("x", role, Hemisphere.EAST, 0, 3, 1)],
    )
    given = {"x": np.ones((1, _TINY.vector), np.uint8)} if role != "output" else {}
    assert (run(made, given, engine=engine).errors == ()) is clean
