"""The benchmark of products: its floor, and that no schedule is below it."""

import re

import pytest

from arch.config import preset
from compiler.schedule.program import compile_graph
from scripts.bench import gemm


@pytest.mark.parametrize(("name", "size"), [("small", (128, 64, 128)), ("small", (40, 30, 13)), ("tiny", (16, 8, 16))])
def test_no_schedule_is_below_the_floor(name: str, size: tuple[int, int, int]):
    config = preset(name)
    assert compile_graph(gemm.network(*size), config).cycles >= gemm.floor(config, *size)


def test_a_product_of_one_pass_for_each_hemisphere_is_near_the_floor():
    # 128 rows of one plane's width: each plane takes 32 vectors, once.
    config = preset("small")
    made = compile_graph(gemm.network(128, 32, 32), config)
    assert made.cycles - gemm.floor(config, 128, 32, 32) <= 4 * config.vector


@pytest.mark.parametrize("size", [(320, 320, 320), (640, 640, 640), (1280, 320, 320), (1000, 700, 300)])
def test_a_product_of_whole_passes_is_within_three_cycles_of_the_floor(size: tuple[int, int, int]):
    """Planes load their first weights at once; in the second and the last all planes share the rows of one tile."""
    config = preset("full")
    assert 0 <= compile_graph(gemm.network(*size), config).cycles - gemm.floor(config, *size) <= 3


def test_the_table_counts_products_over_the_peak(capsys: pytest.CaptureFixture[str]):
    assert gemm.main(["128x64x64", "--preset", "small"]) == 0
    cycles, floor, peak, share = re.findall(r"([\d,.]+)(?= |$)", capsys.readouterr().out.splitlines()[-1])[1:5]
    assert int(peak.replace(",", "")) == 128 * 64 * 64 // (4 * 32 * 32)
    assert int(floor) < int(cycles)
    assert float(share) == pytest.approx(100 * int(peak) / int(cycles), abs=0.01)


@pytest.mark.parametrize("size", ["12x12", "0x1x1", "axbxc"])
def test_a_size_that_is_none_is_refused(size: str, capsys: pytest.CaptureFixture[str]):
    assert gemm.main([size]) == 2
    assert "NxKxM" in capsys.readouterr().err
