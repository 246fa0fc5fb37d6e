"""The MXM of one hemisphere, every cycle: exact sums of both kinds, rows, power-down, corrected operands."""

import random
from dataclasses import replace

import numpy as np
import pytest

from arch.config import Config, Stages, preset
from arch.features import Features
from arch.timing import timing
from hdl.mxm.accumulator import Accumulator
from hdl.mxm.edge import Edge
from tests.hdl.mxm import sections
from tests.hdl.mxm.run import Run, play


def machine(superlanes: int, lanes: int, **changes: object) -> Config:
    """`tiny` of another size."""
    return replace(
        preset("tiny"),
        name=f"{superlanes}x{lanes}",
        superlanes=superlanes,
        lanes=lanes,
        slices=max(4, lanes),
        **changes,
    )


#: The published width.
WIDE = machine(2, 16, stages=Stages(mxm_mac=3, mxm_round=5, acc=3))
#: One superlane and shortest pipelines; the preset; an odd number and long ones, whose dot products never keep still.
CONFIGS = (
    machine(1, 4, stages=Stages(mxm_mac=1, mxm_round=1, acc=2)),
    preset("tiny"),
    machine(
        *(3, 8),
        acc_rows=7,
        stages=Stages(operand=2, result=2, mxm_mac=5, mxm_round=3, acc=5),
        features=Features(still=False),
    ),
)
#: All that a configuration with fp16 is put through, in one run, because building the simulation takes longest.
SECTIONS: tuple[sections.Section, ...] = (
    sections.all_forms,
    sections.double_buffered,
    sections.hard_sums,
    sections.directed,
    sections.accumulation,
    sections.dark,
    sections.dark_weights,
)


#: Configurations without: three superlanes with long pipelines, one plane of one superlane, sums that never keep still,
#: the published width.
INTEGER_CONFIGS = (
    machine(3, 4, mxm_fp16=False, stages=Stages(operand=2, mxm_mac=1, acc=6)),
    machine(1, 8, mxm_fp16=False, planes=1, stages=Stages(mxm_mac=3, acc=2, result=2)),
    machine(2, 4, mxm_fp16=False, planes=1, stages=Stages(mxm_mac=4), features=Features(still=False)),
    machine(2, 16, mxm_fp16=False, planes=1),
)


def check(config: Config, parts: tuple[sections.Section, ...]) -> None:
    """Put a machine through the sections, one after the other; compare every value and its cycle."""
    run, rng = Run(config), random.Random(config.name)
    ends, wanted = [], {}
    for section in parts:
        part = section(run, ends[-1] if ends else 0, rng)
        ends.append(part.end)
        wanted |= part.results
    found = run.emitted(play(run))
    assert found.keys() == wanted.keys()
    for (plane, time), value in wanted.items():
        section = next(s.__name__ for s, end in zip(parts, ends, strict=True) if time < end + timing(config).abc)
        seen = found[plane, time].reshape(-1)[: len(value)]
        assert np.array_equal(seen, value), f"{section}: plane {plane}, ACC at {time}: {seen} instead of {value}"


@pytest.mark.parametrize("config", [*CONFIGS, pytest.param(WIDE, marks=pytest.mark.slow)], ids=lambda c: c.name)
def test_everything_that_comes_out(config: Config):
    check(config, SECTIONS)


@pytest.mark.parametrize("config", INTEGER_CONFIGS, ids=lambda c: c.name)
def test_planes_without_fp16(config: Config):
    check(config, (sections.all_forms, sections.double_buffered, sections.dark_weights))


def test_words_of_a_pair_are_corrected_and_counted():
    config = preset("tiny")
    run, rng = Run(config), np.random.default_rng(1)
    one, two = 1 << 5, 1 << 7 | 1 << 35
    first = config.streams - 4
    matrix = rng.integers(0, 0x7C00, (config.vector,) * 2).astype(np.uint16)
    planes = [sections.low(matrix), sections.high(matrix)]
    start = 0
    for plane in range(2):
        start = run.load(start, plane, planes[plane])
        run.install(start, plane)
    # Of f16 both words count, of int8 only the first, whatever the other holds.
    cases = [
        ("f16", 0, one),
        ("f16", one, one),
        ("f16", two, one),
        ("f16", two, two),
        ("i8i8", 0, two),
        ("i8i8", one, 0),
    ]
    act, times = rng.integers(0, 0x7C00, config.vector).astype(np.uint16), []
    for n, (form, low, high) in enumerate(cases):
        time = start + 1 + n
        if form != "f16":
            run.put(time, first + 1, act & 0xFF)
        times.append(run.multiply(time, 0, form, act))
        run.flips |= {(time, first, 1): low, (time, first + 1, 1): high}
    outputs = play(run)
    found = run.emitted(outputs)
    for n, (form, low, high) in enumerate(cases):
        words = (low, high) if form == "f16" else (low,)
        seen = outputs[start + 1 + n + config.stages.operand + 1]
        assert (seen["corrected_1"], seen["failed_1"]) == (words.count(one), words.count(two)), form
        if not words.count(two):
            wanted = sections.products(config, form, act, planes if form == "f16" else planes[:1])
            assert np.array_equal(found[0, times[n]].reshape(-1), wanted)
    assert not any(values["corrected_0"] or values["failed_0"] for values in outputs.values())


def test_what_a_configuration_lacks_is_refused():
    config = machine(1, 4, mxm_fp16=False)
    with pytest.raises(ValueError, match="paired must be False for a configuration without mxm_fp16"):
        Edge(config=config, paired=True)
    with pytest.raises(ValueError, match="floating must be False for a configuration without mxm_fp16"):
        Accumulator(config=config, floating=True)
