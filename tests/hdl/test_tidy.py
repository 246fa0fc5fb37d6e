"""Verilog made tidy: registers with processes of their own, repeated bits; what is not as expected stays."""

from typing import Any

import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from hdl.export import export
from hdl.seam import Block
from hdl.tidy import tidy

_HEAD = "module m(clk, a);\n  reg kick  = 0;\n  reg [3:0] \\$1 ;\n  reg [3:0] q = 4'h0;\n"


def _module(process: str, rest: str = "") -> str:
    taken = "  always @(posedge clk)\n    q <= \\$1 ;\n  always @* begin\n    if (kick ) begin end\n"
    return f"{_HEAD}{taken}{process}  end\n{rest}endmodule\n"


def test_a_register_that_keeps_its_value_is_written_with_an_enable():
    found = tidy(_module("    \\$1  = q;\n    if (en) begin\n      \\$1 [1:0] = a;\n    end\n"))
    assert found == (
        "module m(clk, a);\n  reg kick  = 0;\n  reg [3:0] q = 4'h0;\n"
        "  always @(posedge clk) begin\n    if (en) begin\n      q[1:0] <= a;\n    end\n  end\nendmodule\n"
    )


def test_a_register_that_always_takes_a_value_takes_it_first():
    found = tidy(_module("    \\$1  = a;\n    if (rst) begin\n      \\$1  = 4'h0;\n    end\n"))
    assert "begin\n    q <= a;\n    if (rst) begin\n      q <= 4'h0;\n    end\n  end\n" in found


@pytest.mark.parametrize(
    "text",
    [
        _module("    \\$1  = q;\n", "  assign b = \\$1 ;\n"),
        _module("    \\$1  = q;\n    \\$2  = a;\n"),
        _module("    \\$1  = q;\n    if (\\$1 [0]) begin\n      \\$1  = a;\n    end\n"),
    ],
    ids=["read elsewhere", "a process of two", "read by its own process"],
)
def test_a_wire_that_has_other_uses_stays(text):
    assert tidy(text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{ a[1], a[1], a[1], b }", "{ {3{a[1]}}, b }"),
        ("{ \\$1 , \\$1 , \\$1 , \\$1  }", "{ {4{\\$1 }} }"),
        ("{ a, a, b, b }", "{ a, a, b, b }"),
    ],
)
def test_what_follows_itself_is_written_once(before, after):
    assert tidy(f"  assign x = {before};\n") == f"  assign x = {after};\n"


class Kept(Block):
    """A register with an enable, and a sign that is extended."""

    def __init__(self):
        super().__init__("kept", (), {"en": In(1), "a": In(8), "q": Out(16)})

    def body(self, platform: Any) -> Module:
        m, held = Module(), Signal(16)
        with m.If(self.en):
            m.d.sync += held.eq(self.a.as_signed())
        m.d.comb += self.q.eq(held)
        return m


def test_what_is_exported_is_tidy():
    text = export(Kept())["kept"]
    assert "q <= { {8{a[7]}}, a };" in text
    assert text.count("always") == 1
