"""The timing table at the presets, each number derived here a second time, from the formulas in words."""

import dataclasses

import pytest

from arch.config import PRESETS, preset
from arch.isa.table import TABLE
from arch.isa.vxm import VXM
from arch.stages import Stages
from arch.timing import Timing, table, timing, weight_transit
from tests.arch.configs import CONFIGS, SMALLEST, WIDE

#: Of each preset: read, write, alu, vxm, install, abc, acc, acc_row, local, cross, receive, loopback, barrier, drain.
NUMBERS = {
    "tiny": (3, 1, 8, 10, 1, 8, 5, 4, 3, 6, 1, 4, 9, 163),
    "small": (3, 1, 8, 10, 1, 12, 5, 4, 3, 10, 1, 4, 17, 85),
    "fpga": (4, 1, 12, 16, 1, 7, 6, 4, 5, 6, 2, 4, 8, 162),
    "full": (3, 1, 8, 10, 1, 44, 5, 4, 3, 42, 1, 4, 35, 68),
}


def test_the_published_barrier():
    assert timing(preset("full")).barrier == 35


@pytest.mark.parametrize("name", PRESETS)
def test_numbers_of_the_presets(name):
    t = timing(preset(name))
    found = (t.read, t.write, t.alu, t.vxm, t.install, t.abc, t.acc, t.acc_row, t.sxm_local, t.sxm_cross)
    assert (*found, t.receive, t.loopback, t.barrier, t.drain) == NUMBERS[name]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_formulas_in_words(config):
    t, s, top = timing(config), config.stages, config.superlanes - 1
    climb_and_return = top + top
    rounding = s.mxm_round if config.mxm_fp16 else 0
    assert t.read == 1 + s.mem_access + 1, "address register, array, stream register"
    assert t.vxm == s.operand + s.alu + s.result
    assert t.abc == s.operand + s.mxm_mac + 1 + climb_and_return + rounding
    assert t.acc == s.acc + s.result
    assert t.sxm_local == s.operand + s.sxm_local + s.result
    assert t.sxm_cross == s.operand + s.sxm_cross + climb_and_return + s.result
    assert t.barrier == config.positions + 2, "as far as the chip is wide, and a register at either end"
    assert (t.alu, t.acc_row, t.receive, t.loopback) == (s.alu, s.acc, s.result, s.c2c)
    block = -(-40 // config.superlanes) * (16 // config.lanes)
    last_text = (block - 1) // 2 * 2 * config.superlanes + (block - 1) % 2 + climb_and_return + s.fetch
    slowest = max(t.read, t.vxm, t.abc + t.acc, t.sxm_cross, t.sxm_local, s.c2c + s.result, last_text)
    assert t.drain == top + slowest, "whatever was issued last has ended at the last superlane"


@pytest.mark.parametrize(
    ("stage", "fields"),
    [
        ("operand", {"vxm", "abc", "sxm_local", "sxm_cross"}),
        ("result", {"vxm", "acc", "sxm_local", "sxm_cross", "receive"}),
        ("mem_access", {"read"}),
        ("alu", {"alu", "vxm"}),
        ("mxm_mac", {"abc"}),
        ("mxm_round", {"abc"}),
        ("acc", {"acc", "acc_row"}),
        ("sxm_local", {"sxm_local"}),
        ("sxm_cross", {"sxm_cross"}),
        ("fetch", set()),
        ("c2c", {"loopback"}),
    ],
)
def test_a_stage_more_is_a_cycle_more_where_it_lies(stage, fields):
    before = timing(WIDE)
    stages = dataclasses.replace(WIDE.stages, **{stage: getattr(WIDE.stages, stage) + 1})
    after = timing(dataclasses.replace(WIDE, stages=stages))
    changed = {f.name for f in dataclasses.fields(Timing) if getattr(before, f.name) != getattr(after, f.name)}
    assert changed - {"drain"} == fields
    assert all(getattr(after, name) == getattr(before, name) + 1 for name in fields)


def test_every_stage_is_covered_by_the_test_above():
    assert len(dataclasses.fields(Stages)) == 11


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_the_table_has_every_instruction_once(config):
    rows = table(config)
    timeless = {"NOP", "Sync", "Config", "Repeat"}
    vxm = {spec.mnemonic for spec in VXM} - {"Select"}
    assert set(rows) == {spec.mnemonic for spec in TABLE} - timeless - vxm | {"VXM"}
    for name, row in rows.items():
        assert row.d_skew in (None, 0), name
        assert row.d_func is not None and row.d_func >= 1, name


def test_nothing_that_is_driven_is_visible_in_its_own_cycle():
    fastest = dataclasses.replace(
        SMALLEST, stages=Stages(operand=1, result=1, mem_access=1, alu=8, mxm_mac=1, acc=2, sxm_cross=1, c2c=2)
    )
    assert all((row.d_func or 0) >= 1 for row in table(fastest).values())


def test_all_weights_are_there_in_less_than_forty_cycles():
    """Published, at full size; our decision what is counted: from the first Read to the last weight in its buffer."""
    full = preset("full")
    # 32 slices reach 8 groups inward; Read 3, 8 hops to c12, 20 columns, then operand and buffer registers.
    assert weight_transit(full) == 3 + 8 + 19 + 2 == 32
    assert weight_transit(full) < 40


def test_a_machine_with_few_slices_loads_its_planes_one_after_another():
    """At tiny 4 slices feed wide groups of 4 streams, so two planes take two rounds of two columns."""
    tiny = preset("tiny")
    assert weight_transit(tiny) == 3 + 1 + (2 * 2 - 1) + 2
