"""Units that are exported alone: each is part of the machine, under the name that it has there."""

import gc
import re
from dataclasses import replace

import pytest

from arch.config import Alu, preset
from arch.types import Type
from hdl.catalog import UnitError, unit, units
from hdl.export import check_ports, export_modules

#: Units whose export takes more than a second or two.
LARGE = ("top", "chip", "superlane", "vxm_mesh", "sxm_tile")


@pytest.mark.filterwarnings("ignore:.*created but never used")
@pytest.mark.parametrize("name", ["tiny", "small", "fpga", "full"])
def test_every_unit_of_every_preset_can_be_made(name: str):
    config = preset(name)
    names = set()
    for each in units(config):
        made = unit(config, each)
        check_ports(made)
        names.add(made.module_name)
    gc.collect()  # of what is made and not used Amaranth tells when it goes
    assert len(names) == len(units(config))
    assert ("mxm_cap" in units(config)) == config.mxm_fp16
    assert ("c2c_tile" in units(config)) == bool(config.c2c_links)


def test_alus_that_differ_in_their_types_are_told_apart():
    bytes_only = Alu(types=(Type.I8, Type.U8))
    config = replace(preset("tiny"), alus=(bytes_only, *preset("tiny").alus[1:]))
    assert {n for n in units(config) if n.startswith("vxm_alu")} == {
        "vxm_alu_plain_i8_u8",
        "vxm_alu_plain_i8_i16_i32_u8_u16_u32_f16_f32",
        "vxm_alu_large",
    }


def test_a_unit_that_does_not_exist_is_refused():
    with pytest.raises(UnitError, match=r"unit of a fpga machine must be one of top, chip, .*, not 'mxm_cap'"):
        unit(preset("fpga"), "mxm_cap")


@pytest.mark.slow
def test_the_whole_holds_every_unit():
    config = preset("tiny")
    whole = export_modules(unit(config, "top"))
    for name, each in units(config).items():
        assert each.alone or each.create().module_name in whole, name
    for name in ("mem_tile", "supercell", "column", "queue_mem"):
        for module, alone in export_modules(unit(config, name)).items():
            assert alone.text == whole[module].text
    assert not any(re.search(r"\bmem\[\d+\] = \d+'h0+;", module.text) for module in whole.values())
