"""Netlists of an ECP5 for simulation: cells against the RTL that they were made from, and faults that are found."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from arch.config import preset
from hdl.catalog import unit
from hdl.export import export
from hdl.seam import Block
from hdl.sram import DualPort, SinglePort
from scripts.cells.multipliers import absorbed
from scripts.fpga.recipe import LIBRARY, mapping, reading
from scripts.synthesis import yosys
from tb import harness, netlist, pace, verilator

#: Cycles with random inputs.
CYCLES = 5_000


class Product(Block):
    """A signed product, as DSP blocks make them, in a register that can be held."""

    def __init__(self) -> None:
        super().__init__("signed_product", (), {"a": In(14), "b": In(17), "en": In(1), "product": Out(31)})

    def body(self, platform: Any) -> Module:
        m = Module()
        late = Signal(31)
        with m.If(self.en):
            m.d.sync += late.eq(self.a.as_signed() * self.b.as_signed())
        m.d.comb += self.product.eq(late)
        return m


class Pipelined(Block):
    """A product between registers that go into the multiplier; one factor is needed outside, too."""

    def __init__(self) -> None:
        super().__init__("pipelined_product", (), {"a": In(9), "b": In(11), "same": Out(11), "product": Out(20)})

    def body(self, platform: Any) -> Module:
        m = Module()
        a_t1, b_t1, product_t2 = Signal(9, reset_less=True), Signal(11, reset_less=True), Signal(20, reset_less=True)
        m.d.sync += [a_t1.eq(self.a), b_t1.eq(self.b), product_t2.eq(a_t1.as_signed() * b_t1.as_signed())]
        m.d.comb += [self.same.eq(b_t1), self.product.eq(product_t2)]
        return m


def synthesized(block: Block, folder: Path) -> str:
    """Netlist of a block."""
    texts = export(block)
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(text, encoding="utf-8")
    top = block.module_name
    steps = (LIBRARY, reading(f"{name}.v" for name in texts), *mapping(top), f"select {top}")
    yosys(folder, (*steps, "write_json -selected cells.json"), "cells.json")
    cells = folder / "cells.json"
    cells.write_text(absorbed(cells.read_text(encoding="utf-8")), encoding="utf-8")
    yosys(folder, ("read_json cells.json", "write_verilog -noattr cells.v"), "cells.v")
    return (folder / "cells.v").read_text(encoding="utf-8")


def inputs(made: harness.Harness) -> NDArray[np.uint32]:
    """Random ones for each cycle."""
    found = np.random.default_rng(1).integers(0, 1 << 32, (CYCLES, harness.size(made.inputs)), dtype=np.uint32)
    for port in made.inputs.values():
        if port.bits % 32:
            found[:, port.first + port.words - 1] &= (1 << port.bits % 32) - 1
    return found


def differing(block: Block, cells: str) -> int:
    """Cycles in which the outputs of RTL and cells are not the same; as expressions cells must do what they do."""
    rtl = harness.build(block, optimize="-O0")
    net = harness.build(block, netlist.files(block.module_name, cells), optimize="-O0")
    given = inputs(rtl)
    wanted, found = rtl.run(given), net.run(given)
    short = harness.build(block, netlist.files(block.module_name, netlist.expressions(cells)), optimize="-O0")
    assert (short.run(given) == found).all()
    assert len(np.unique(wanted, axis=0)) > 20
    return int((wanted != found).any(axis=1).sum())


def test_each_cell_has_one_model():
    text = "\n".join(netlist.models().values())
    names = re.findall(r"^module (\S+?) ?\(", text, re.MULTILINE)
    assert len(set(names)) == len(names)
    assert {"LUT4", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4", "DP16KD", "MULT18X18D"} <= set(names)
    assert "specify" not in text and "`include" not in text.replace('`include "cells_', "")


def test_missing_yosys_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(netlist.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(verilator.MissingToolError, match="Yosys is missing: install the extra 'rtl' of this project"):
        netlist.models()


def test_a_netlist_defines_its_top_once():
    sources = {"top": "module top(clk, a, b);\n  input clk;\n  input a;\n  output [1:0] b;\nendmodule\n"}
    with pytest.raises(ValueError, match="netlist must define top once, not 0 times"):
        netlist.plan(sources, "top", "module other;\nendmodule\n")
    planned = netlist.plan(sources, "top", sources["top"])
    assert planned.top == "top_beside"
    assert planned.texts["top_cells.v"].startswith("module top_cells(")


def test_luts_and_registers_become_expressions():
    pins = "    .A(a),\n    .B(1'h0),\n    .C(\\c ),\n    .D(d[1]),\n    .Z(z)\n"
    lut = f"  LUT4 #(\n    .INIT(16'h00f0)\n  ) \\one  (\n{pins}  );\n"
    assert netlist.expressions(lut) == "  assign z = 1'(16'h00f0 >> {d[1], \\c , 1'h0, a});\n"
    usual = '    .CEMUX("INV"),\n    .CLKMUX("CLK"),\n    .REGSET("SET")\n'
    pins = "    .CE(e),\n    .CLK(clk),\n    .DI(d),\n    .LSR(rst),\n    .Q(q)\n"
    register = f"  TRELLIS_FF #(\n{usual}  ) two (\n{pins}  );\n"
    found = netlist.expressions(register)
    assert "assign q = ff_0;" in found and "if (rst) ff_0 <= 1'b1; else if (~e) ff_0 <= d;" in found
    for odd in (register.replace('"CLK"', '"INV"'), register.replace('"SET"', '"ODD"')):
        assert netlist.expressions(odd) == odd


COUNTER = """\
module counter(clk, rst, count);
  input clk;
  input rst;
  output [7:0] count;
  reg [7:0] value = 0;
  assign count = value ;
  always @(posedge clk) value <= rst ? 8'd0 : value + 8'd{step};
endmodule
"""


@pytest.mark.slow
@pytest.mark.rtl
@pytest.mark.parametrize("step", [1, 2])
def test_a_chip_that_differs_stops_the_model(step: int, tmp_path: Path):
    sources = {"counter": COUNTER.format(step=1)}
    model = verilator.build(netlist.plan(sources, "counter", COUNTER.format(step=step)))
    settings = {pace.FOLDER: str(tmp_path), pace.CYCLES: "100", pace.BEFORE: "0"}
    if step == 1:
        verilator.run(model, pace.__name__, tmp_path, **settings)
    else:
        with pytest.raises(AssertionError, match=r"cycle \d+: count is 02 in cells and 01 in RTL"):
            verilator.run(model, pace.__name__, tmp_path, **settings)


@pytest.mark.slow
@pytest.mark.rtl
@pytest.mark.parametrize(
    "block",
    [
        pytest.param(Product(), id="product"),
        pytest.param(unit(preset("fpga"), "supercell"), id="supercell"),
        pytest.param(SinglePort(depth=512, width=39), id="one port"),
        pytest.param(SinglePort(depth=2048, width=5), id="narrow"),
        pytest.param(DualPort(depth=512, width=72), id="two ports"),
        pytest.param(DualPort(depth=8, width=9), id="distributed"),
        pytest.param(unit(preset("fpga"), "queue_mem"), id="queue"),
    ],
)
def test_cells_do_what_the_rtl_does(block: Block, tmp_path: Path):
    assert differing(block, synthesized(block, tmp_path)) == 0


@pytest.mark.slow
@pytest.mark.rtl
def test_registers_inside_a_multiplier_do_what_those_around_it_did(tmp_path: Path):
    block = Pipelined()
    cells = synthesized(block, tmp_path)
    names = ("REG_INPUTA_CLK", "REG_INPUTB_CLK", "REG_OUTPUT_CLK")
    assert [cells.count(f'.{name}("CLK0")') for name in names] == [1, 1, 1] and cells.count("  TRELLIS_FF #(") == 11
    assert differing(block, cells) == 0
    fewer = cells.replace('.REG_OUTPUT_CLK("CLK0")', '.REG_OUTPUT_CLK("NONE")')
    assert differing(block, fewer) > CYCLES // 2


@pytest.mark.slow
@pytest.mark.rtl
def test_a_wrong_cell_is_found(tmp_path: Path):
    block = Product()
    cells = synthesized(block, tmp_path)
    assert differing(block, cells.replace('.REGSET("RESET")', '.REGSET("SET")', 1)) > 0
    wrong, count = re.subn(r"\.SIGNEDA\(1'h1\)", ".SIGNEDA(1'h0)", cells)
    assert count and differing(block, wrong) > CYCLES // 8


@pytest.mark.slow
@pytest.mark.rtl
def test_a_row_that_is_read_as_it_is_written_comes_wrong_where_nothing_is_promised(tmp_path: Path):
    block = DualPort(depth=64, width=144, old=False)
    cells = synthesized(block, tmp_path)
    assert "DP16KD" in cells and differing(block, cells) > 0
