"""The table that goes with exported Verilog."""

from typing import Any

from amaranth import Module
from amaranth.lib.wiring import In, Out

from arch.config import preset
from hdl.export import Exported, export_modules
from hdl.mem.tile import MemTile
from hdl.seam import Block
from scripts.pages.ports import Port, copies, instances, members, page, ports

TEXT = """\
module a(clk, x, y__z);
  input clk;
  wire clk;
  input [7:0] x;
  wire [7:0] x;
  output y__z;
  b one (
    .x(x)
  );
  b \\two$3  (
  );
  other three (
  );
endmodule
"""


class Described(Block):
    """First sentence of two
    lines | here.

    Members
    -------
    hit : Out(4), failed, fixed : Out(range(3))
        What was
        found.
    bus_<n> : In(1)
        A bus.
    bare : In(1)

    Notes
    -----
    later : In(1)
        No member.
    """

    def __init__(self):
        one = dict.fromkeys(("hit", "failed", "fixed"), Out(1)) | dict.fromkeys(("bus_0", "bus_1", "bare"), In(1))
        super().__init__("described", (), one)

    def body(self, platform: Any) -> Module:
        return Module()


def test_ports_are_those_of_the_text_the_clock_first():
    assert ports(TEXT) == (Port("clk", "input", 1), Port("x", "input", 8), Port("y__z", "output", 1))


def test_instances_of_known_modules_are_counted_escaped_names_too():
    assert instances(TEXT, ("a", "b")) == {"b": 2}


def test_copies_are_counted_through_all_levels():
    def module(*inside: str) -> Exported:
        return Exported("".join(f"  {name} x{n} (\n  );\n" for n, name in enumerate(inside)), None)

    found = copies({"top": module("p", "p", "leaf"), "leaf": module(), "p": module("leaf", "leaf", "leaf")})
    assert found == {"top": 1, "p": 2, "leaf": 7}


def test_meanings_come_from_the_docstring():
    block = Described()
    assert members(block) == {
        "hit": "What was found.",
        "failed": "What was found.",
        "fixed": "What was found.",
        "bus_*": "A bus.",
        "bare": "",
    }
    text = page(preset("tiny"), "a test", export_modules(block))
    assert "First sentence of two lines \\| here." in text
    assert "| bus_0 | input | 1 | A bus. |" in text
    assert "| bus_1 | input | 1 |  |" in text


def test_a_tile_is_described_whole():
    modules = export_modules(MemTile(config=preset("tiny")))
    text = page(preset("tiny"), "a tile", modules)
    assert "| bank_words | 128 |" in text
    assert "2 x `sram1_128x39`" in text
    assert "| instr | input | 84 | The instruction." in text
    for name, module in modules.items():
        assert f"\n## {name}\n" in text
        assert module.block is not None
        # Nothing that the body reads or drives is left out.
        assert {port.name for port in ports(module.text)} >= {
            "__".join(map(str, path)) for path, _, _ in module.block.signature.flatten(module.block)
        }
    assert all(count > 0 for count in copies(modules).values())
