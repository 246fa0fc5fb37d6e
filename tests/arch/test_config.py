"""The configuration: what it refuses and how it says so, its presets, its text."""

import dataclasses
import json
import re

import pytest

from arch.config import PRESETS, Alu, Config, preset
from arch.features import Features
from arch.stages import STAGE_RANGES, Stages
from arch.types import Type
from tests.arch.configs import CONFIGS, small_config

FOUR = (Alu(),) * 4


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("superlanes", 0, "superlanes must be an integer from 1 to 20, not 0"),
        ("superlanes", 21, "superlanes must be an integer from 1 to 20, not 21"),
        ("superlanes", 2.0, "superlanes must be an integer from 1 to 20, not 2.0"),
        ("superlanes", True, "superlanes must be an integer from 1 to 20, not True"),
        ("superlanes", "2", "superlanes must be an integer from 1 to 20, not '2'"),
        ("lanes", 5, "lanes must be one of 4, 8, 16, not 5"),
        ("lanes", 4.0, "lanes must be one of 4, 8, 16, not 4.0"),
        ("lanes", None, "lanes must be one of 4, 8, 16, not None"),
        ("lanes", [4], "lanes must be one of 4, 8, 16, not [4]"),
        ("spare", 1, "spare must be True or False, not 1"),
        ("streams", 2, "streams must be one of 4, 8, 16, 32, not 2"),
        ("streams", 64, "streams must be one of 4, 8, 16, 32, not 64"),
        ("streams", 4, "features.distributors must be 0 where streams is 4: one takes 8 streams"),
        ("features", None, "features must be a Features, not None"),
        ("slices", 0, "slices must be an integer from 4 to 64, not 0"),
        ("slices", 68, "slices must be an integer from 4 to 64, not 68"),
        ("slices", 6, "slices must be a multiple of 4, not 6"),
        ("bank_words", 8, "bank_words must be one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, not 8"),
        ("bank_words", 100, "bank_words must be one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, not 100"),
        ("bank_words", 8192, "bank_words must be one of 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, not 8192"),
        ("planes", 0, "planes must be an integer from 1 to 2, not 0"),
        ("planes", 3, "planes must be an integer from 1 to 2, not 3"),
        ("mxm_fp16", True, "mxm_fp16 must be False where planes is 1: fp16 takes a pair of planes"),
        ("mxm_fp16", "no", "mxm_fp16 must be True or False, not 'no'"),
        ("acc_rows", 0, "acc_rows must be an integer from 1 to 1024, not 0"),
        ("acc_rows", 1025, "acc_rows must be an integer from 1 to 1024, not 1025"),
        ("alus", (), "alus must be 1 to 16 ALUs, not 0"),
        ("alus", FOUR * 5, "alus must be 1 to 16 ALUs, not 20"),
        ("alus", list(FOUR), "alus must be a tuple of Alu"),
        ("alus", (1, 2, 3, 4), "alus must be a tuple of Alu"),
        ("vxm_hops", 0, "vxm_hops must be an integer from 1 to 16, not 0"),
        ("vxm_hops", 17, "vxm_hops must be an integer from 1 to 16, not 17"),
        ("queue_depth", 47, "queue_depth must be an integer from 48 to 1024, not 47"),
        ("queue_depth", 1025, "queue_depth must be an integer from 48 to 1024, not 1025"),
        ("c2c_links", 2, "c2c_links must be one of 0, 4, 8, 12, 16, not 2"),
        ("c2c_links", 20, "c2c_links must be one of 0, 4, 8, 12, 16, not 20"),
        ("stages", None, "stages must be a Stages, not None"),
        ("name", 7, "name must be text, not 7"),
    ],
)
def test_a_field_out_of_range_is_refused_by_name_value_and_range(field, value, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        small_config(**{field: value})


def test_features_are_flags_and_small_numbers():
    for name in ("ecc", "fetch", "indexed", "shift", "permute", "rotate", "still"):
        with pytest.raises(ValueError, match=f"^features.{name} must be True or False, not 1$"):
            Features(**{name: 1})
    with pytest.raises(ValueError, match=r"^features.distributors must be an integer from 0 to 4, not 5$"):
        Features(distributors=5)
    with pytest.raises(ValueError, match=r"^features.transposers must be an integer from 0 to 2, not -1$"):
        Features(transposers=-1)


def test_a_machine_that_lacks_nothing_has_the_text_of_one_that_could_not_lack_anything():
    assert "features" not in small_config().to_json()
    lean = small_config(features=Features(ecc=False, transposers=1))
    assert Config.from_json(lean.to_json()) == lean
    assert lean.code_bits == lean.word_bits == 32
    assert small_config().code_bits == 39


def test_streams_must_carry_a_wide_group():
    with pytest.raises(ValueError, match=r"^streams must be at least lanes \(16\), not 8$"):
        small_config(lanes=16, slices=16, streams=8)


def test_a_wide_group_must_come_from_as_many_slices():
    with pytest.raises(ValueError, match=r"^slices must be an integer from 16 to 64, not 12$"):
        small_config(lanes=16, slices=12, streams=16)


@pytest.mark.parametrize("name", STAGE_RANGES)
def test_stages_are_bounded_on_both_sides(name):
    low, high = STAGE_RANGES[name]
    for value in (low, high):
        assert getattr(Stages(**{"c2c": 64, name: value}), name) == value
    for value in (low - 1, high + 1, float(low), True):
        with pytest.raises(ValueError, match=f"^stages.{name} must be an integer from {low} to {high}, not {value!r}$"):
            Stages(**{name: value})


def test_a_vector_cannot_arrive_before_it_is_sent():
    assert Stages(operand=3, c2c=4).c2c == 4
    with pytest.raises(ValueError, match=r"^stages\.c2c must be more than stages\.operand \(3\), not 3$"):
        Stages(operand=3, c2c=3)


def test_every_stage_has_a_range():
    assert {f.name for f in dataclasses.fields(Stages)} == set(STAGE_RANGES)


@pytest.mark.parametrize("types", [(), (Type.I16, Type.I8), (Type.I8, Type.I8), [Type.I8], ("i8",)])
def test_an_alu_has_distinct_types_in_order(types):
    message = "alu.types must be a non-empty tuple of distinct types in encoding order, not "
    with pytest.raises(ValueError, match=f"^{re.escape(message + repr(types))}$"):
        Alu(types=types)


def test_a_large_alu_has_floating_point():
    with pytest.raises(ValueError, match=r"^alu.large must be False for an ALU without floating point$"):
        Alu(types=(Type.I8, Type.U32), large=True)
    with pytest.raises(ValueError, match=r"^alu.large must be True or False, not 1$"):
        Alu(large=1)


def test_presets_are_the_published_table():
    def row(c):
        sizes = (c.superlanes, c.lanes, c.streams, c.slices, c.bank_words, c.planes, c.acc_rows)
        return (*sizes, len(c.alus), sum(a.large for a in c.alus), c.queue_depth, c.mxm_fp16)

    assert {name: row(config) for name, config in PRESETS.items()} == {
        "tiny": (2, 4, 32, 4, 128, 2, 16, 16, 8, 96, True),
        "small": (4, 8, 32, 16, 4096, 2, 128, 16, 8, 96, True),
        "fpga": (1, 4, 4, 4, 1024, 2, 64, 1, 0, 512, False),
        "full": (20, 16, 32, 44, 4096, 2, 320, 16, 8, 96, True),
    }
    assert [name for name, config in PRESETS.items() if config.spare] == ["full"]
    assert all(config.name == name for name, config in PRESETS.items())


def test_an_unknown_preset_is_refused_with_the_names():
    with pytest.raises(ValueError, match=r"^preset must be one of tiny, small, fpga, full, not 'huge'$"):
        preset("huge")


def test_derived_sizes_of_the_published_machine():
    full = preset("full")
    assert full.vector == 320
    assert full.physical_superlanes == 21
    assert full.word_bits == 128
    assert full.groups == 11
    assert full.supercells == 400
    assert full.row_words == 1
    assert full.c2c_queues == 4
    assert full.positions == 2 * 13 + 7


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_text_of_a_configuration_gives_it_back(config):
    again = Config.from_json(config.to_json())
    assert again == config
    assert again.to_json() == config.to_json()


def test_fingerprints_tell_machines_apart_but_not_names():
    assert len({config.fingerprint for config in CONFIGS}) == len(CONFIGS)
    assert dataclasses.replace(preset("tiny"), name="x").fingerprint == preset("tiny").fingerprint


@pytest.mark.parametrize("config", [preset("tiny")], ids=["tiny"])
def test_every_field_but_the_name_enters_the_fingerprint(config):
    other = {
        "superlanes": 3,
        "lanes": 8,
        "spare": True,
        "streams": 16,
        "slices": 8,
        "bank_words": 64,
        "planes": 1,
        "mxm_fp16": False,
        "acc_rows": 17,
        "alus": FOUR,
        "vxm_hops": 3,
        "queue_depth": 95,
        "c2c_links": 8,
        "stages": Stages(alu=9),
        "features": Features(ecc=False),
    }
    assert set(other) | {"name"} == {f.name for f in dataclasses.fields(Config)}
    for name, value in other.items():
        base = dataclasses.replace(config, mxm_fp16=False, slices=16)
        if value != getattr(base, name):
            assert dataclasses.replace(base, **{name: value}).fingerprint != base.fingerprint, name
    assert dataclasses.replace(config, mxm_fp16=False).fingerprint != config.fingerprint


def _json(**changes):
    return json.dumps({**json.loads(preset("tiny").to_json()), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        "{}",
        "[" * 100_000,
        _json(alus=3),
        _json(alus=[{"types": ["i8"]}] * 4),
        _json(alus=[{"types": ["i9"], "large": False}] * 4),
        _json(alus=[{"types": [["i8"]], "large": False}] * 4),
        _json(alus=[{"types": "i8", "large": False}] * 4),
        _json(alus=[{"types": ["f32"], "large": 3}] * 4),
        _json(stages=[]),
        _json(stages={"alu": 9, "nothing": 1}),
        _json(stages={"alu": None}),
        _json(colour="red"),
        _json(lanes=4.0),
        _json(lanes={}),
        _json(superlanes=None),
        _json(spare="yes"),
        _json(mxm_fp16=2),
        _json(name=None),
    ],
)
def test_a_damaged_configuration_is_one_line(text):
    with pytest.raises(ValueError) as caught:
        Config.from_json(text)
    message = str(caught.value)
    assert message and "\n" not in message
