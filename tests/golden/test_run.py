"""The front door: options, limits, progress."""

import pytest

from arch.config import preset
from arch.timing import timing
from golden.run import run
from tests.golden.schedule import program

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
