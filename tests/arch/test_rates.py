"""The published numbers of docs/architecture.md, all of them, from the configuration `full`."""

from arch.config import BANKS, FETCH_WORDS, WORD_BYTES, preset
from arch.rates import rates
from tests.arch.configs import CONFIGS

FULL = rates(preset("full"))


def test_multipliers():
    assert FULL["int8_macs_per_cycle"] == 409_600
    assert FULL["fp16_macs_per_cycle"] == 102_400


def test_peak_rates():
    assert FULL["int8_ops_per_second_at_1_ghz"] == 819_200 * 10**9, "819 TOPS"
    assert FULL["int8_ops_per_second_at_900_mhz"] == 737_280 * 10**9, "737 TOPS"


def test_bandwidths():
    assert FULL["stream_bytes_per_cycle"] == 20_480
    assert FULL["sram_bytes_per_cycle"] == 56_320
    assert FULL["fetch_bytes_per_cycle"] == 2_304


def test_capacity():
    assert FULL["sram_bytes"] == 230_686_720 == 220 * 2**20
    slice_bytes = BANKS * preset("full").bank_words * preset("full").vector
    assert slice_bytes == int(2.5 * 2**20)


def test_cycles():
    assert FULL["plane_load_cycles"] == 20
    assert FULL["all_planes_load_cycles"] < 40
    assert FULL["dot_product_cycles"] == 20
    assert FULL["hemisphere_hops"] == 11
    assert FULL["barrier_cycles"] == 35


def test_sizes():
    assert FULL["queues"] == 144
    assert FULL["vector_bytes"] == 320
    assert FULL["alus"] == 16 * 320 == 5_120
    assert FETCH_WORDS * WORD_BYTES == 640


def test_a_machine_without_fp16_has_no_fp16_rate():
    assert rates(preset("fpga"))["fp16_macs_per_cycle"] == 0
    assert rates(preset("fpga"))["int8_macs_per_cycle"] == 2 * 2 * 4 * 4


def test_the_fp16_rate_is_half_the_lanes_on_each_pair():
    small = preset("small")
    assert rates(small)["fp16_macs_per_cycle"] == 2 * 32 * 16


def test_every_machine_has_whole_positive_numbers_of_the_same_names():
    for config in CONFIGS:
        found = rates(config)
        assert list(found) == list(FULL)
        assert all(type(value) is int and value >= 0 for value in found.values())
