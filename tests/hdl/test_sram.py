"""SRAM of one word: its ports are all there in Verilog."""

import re

import pytest

from hdl import sram
from hdl.export import export


@pytest.mark.parametrize("kind", [c for c in vars(sram).values() if isinstance(c, type) and c.__module__ == "hdl.sram"])
def test_a_memory_of_one_word_has_addresses_of_one_bit(kind: type):
    (text,) = export(kind(depth=1, width=4)).values()
    ports = re.findall(r"^\s*input\s+(\w*addr)\s*;", text, re.MULTILINE)
    assert ports
    assert "[-1:0]" not in text
