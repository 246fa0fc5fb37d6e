"""Programs of `make full` on the golden model: what NumPy has, without faults, in the predicted cycles."""

import numpy as np
import pytest

from arch.config import Config, preset
from compiler.schedule import host
from compiler.schedule.interface import interface
from examples.planes import from_planes
from golden.result import Result
from golden.run import run
from scripts.full import chain, figures, loads, moves, products
from scripts.full.case import Case, distance

CONFIGS = [preset("tiny"), preset("small")]
machines = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)


def clean(case: Case) -> Result:
    """The golden run, which has neither faults nor errors."""
    result = run(case.program, case.inputs)
    assert not result.faults and not result.errors and not result.stopped
    assert case.cycles in (None, result.cycles)
    return result


@machines
@pytest.mark.parametrize("make", [moves.permute, moves.transpose, moves.gather, moves.prefetch])
def test_what_moves_is_where_numpy_has_it(config: Config, make):
    case = make(config)
    result = clean(case)
    assert case.expected
    for name, rows in case.expected.items():
        assert (result.region(name) == rows).all(), name


@machines
def test_a_text_that_fetches_itself(config: Config):
    program = moves.prefetch(config).program
    assert max(map(len, program.preload)) == config.queue_depth and len(program.data) > 0


@machines
def test_scattered_words_are_where_their_superlanes_want_them(config: Config):
    case = moves.gather(config)
    result, S, L = clean(case), config.superlanes, config.lanes
    targets = case.inputs["targets"].reshape(-1, S, L)
    offsets = targets[..., 0].astype(int) + 256 * targets[..., 1].astype(int)
    found = result.memory[1, 1, 0, offsets, np.arange(S)]
    assert (found.reshape(len(found), -1) == case.inputs["data"]).all()


@machines
def test_a_chain_of_alus_computes_what_it_says(config: Config):
    case = chain.chain(config)
    x, w, y = (
        from_planes(rows, np.dtype(np.float32)).astype(np.float64)
        for rows in (case.inputs["x"], case.inputs["w"], clean(case).region("y"))
    )
    wanted = 1 / np.sqrt(np.exp(x * w + 0.5) + 1)
    assert np.abs(y / wanted - 1).max() < 1e-5


@machines
def test_int8_on_all_planes(config: Config):
    case = products.int8(config)
    result = clean(case)
    assert case.cycles and (result.region("y") == case.expected["y"]).all()
    assert (result.counters.macs == 2 * config.vector**3).all()


@machines
def test_fp16_on_both_pairs(config: Config):
    case = products.fp16(config)
    result, known = clean(case), interface(case.program)
    assert known is not None and case.cycles
    x = host.unpack(config, known.inputs["x"], case.inputs["x"])
    draw, V = np.random.default_rng(17), config.vector
    assert (x == draw.standard_normal((V, V)).astype(np.float16)).all()
    w = draw.standard_normal((V, 4 * V)).astype(np.float16)
    y = host.unpack(config, known.outputs["y"], result.region("y"))
    assert np.allclose(y, x.astype(np.float64) @ w.astype(np.float64), rtol=1e-5, atol=1e-5)
    assert len(set(result.counters.macs[:, 0].tolist())) == 1 and result.counters.macs[0, 0] == 2 * config.vector**3


def test_loads_and_figures_are_programs_without_faults():
    for make in (*loads.LOADS.values(), *(figure[0] for figure in figures.FIGURES.values())):
        clean(make(preset("tiny")))


@machines
def test_hops_follow_from_what_is_stored(config: Config):
    result = clean(figures.hop(config))
    names = [f"{where}{side}" for where in ("near", "far") for side in "WE"]
    seen = figures.Seen({}, {}, {name: result.region(name) for name in names})
    assert figures.hop_figures(config, seen) == {"hemisphere_hops": config.groups}
    wrong = figures.Seen({}, {}, {**seen.regions, "farW": seen.regions["farW"] + np.uint8(1)})
    with pytest.raises(ValueError, match=r"^both hemispheres and all lanes must have the same hops, not \["):
        figures.hop_figures(config, wrong)


def test_no_stream_leads_backwards():
    with pytest.raises(ValueError, match=r"^no stream leads W from W\.mem0 to E\.mem0$"):
        distance(preset("tiny"), "W.mem0", "E.mem0", "W")


def test_a_machine_without_fp16_has_no_such_product():
    with pytest.raises(ValueError):
        products.fp16(preset("fpga"))
