"""Choices among equal pieces of a vector as one indexed piece; everything else as it was."""

import subprocess
from pathlib import Path

import pytest

from tb import verilator
from tb.fold import fold


def _case(items: list[str], selector: str = "n", head: str = "") -> str:
    return f"  always @* begin\n{head}    casez ({selector})\n{''.join(items)}    endcase\n  end\n"


def _items(count: int, step: int, statement: str, width: int = 8) -> list[str]:
    found = []
    for n in range(count):
        piece = f"[{(n + 1) * width - 1}:{n * width}]"
        found.append(f"      5'h{n * step:02x}:\n          {statement.replace('@', piece)};\n")
    return found


@pytest.mark.parametrize(
    ("items", "folded"),
    [
        (_items(32, 1, "a = v@"), "a = v[32'd8 * n + 32'd0 +: 8];"),
        (_items(8, 1, "v@ = a"), "if (n <= 5'd7) v[32'd8 * n + 32'd0 +: 8] = a;"),
        (_items(4, 8, "v@ = a"), "if ((n & 5'd7) == 5'd0) v[32'd1 * n + 32'd0 +: 8] = a;"),
        (_items(3, 4, "v@ = a"), "if (n <= 5'd8 && (n & 5'd3) == 5'd0) v[32'd2 * n + 32'd0 +: 8] = a;"),
        (_items(32, 1, "v@ = w@ ^ m[3:0]"), "v[32'd8 * n + 32'd0 +: 8] = w[32'd8 * n + 32'd0 +: 8] ^ m[3:0];"),
    ],
    ids=["all", "the first", "aligned", "aligned, the first", "two pieces"],
)
def test_a_choice_among_equal_pieces_is_an_index(items: list[str], folded: str):
    assert fold(_case(items)) == f"  always @* begin\n    {folded}\n  end\n"


def test_an_escaped_selector_keeps_its_blank():
    assert "32'd8 * \\n  +" in fold(_case(_items(32, 1, "a = v@"), "\\n "))


@pytest.mark.parametrize(
    "items",
    [
        _items(2, 1, "a = v@"),
        _items(8, 1, "a = v@")[1:],
        _items(8, 3, "a = v@"),
        [*_items(7, 1, "a = v@"), "      5'h07:\n          a = v[7:0];\n"],
        [*_items(7, 1, "a = v@"), "      5'h07:\n          b = v[63:56];\n"],
        [f"      5'h{n:02x}:\n          a = 3'h{n};\n" for n in range(8)],
    ],
    ids=["too few", "not from zero", "odd steps", "an odd piece", "another target", "no pieces"],
)
def test_anything_else_stays(items: list[str]):
    assert fold(_case(items)) == _case(items)


_BENCH = """\
module plain(input [4:0] n, input [63:0] v, input [7:0] a, output reg [7:0] r, output reg [63:0] w);
  always @* begin
    r = 8'h00;
    casez (n)
{reads}    endcase
  end
  always @* begin
    w = v;
    casez (n)
{writes}    endcase
  end
endmodule
"""


@pytest.mark.rtl
@pytest.mark.parametrize(("count", "step"), [(8, 1), (8, 4), (5, 2)])
def test_verilator_finds_both_the_same(tmp_path: Path, count: int, step: int):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    before = _BENCH.format(reads="".join(_items(count, step, "r = v@")), writes="".join(_items(count, step, "w@ = a")))
    after = fold(before).replace("module plain", "module folded")
    assert after.count("+:") == 2
    compare = """\
module top;
  wire [63:0] v = 64'h0123456789abcdef;
  wire [31:0] same;
  for (genvar n = 0; n < 32; n = n + 1) begin
    wire [7:0] r0, r1; wire [63:0] w0, w1;
    plain x(.n(n[4:0]), .v(v), .a(8'h5a), .r(r0), .w(w0));
    folded y(.n(n[4:0]), .v(v), .a(8'h5a), .r(r1), .w(w1));
    assign same[n] = r0 == r1 && w0 == w1;
  end
  initial $finish;
  final $display("same %b", same);
endmodule
"""
    for name, text in (("plain", before), ("folded", after), ("top", compare)):
        (tmp_path / f"{name}.v").write_text(text, encoding="utf-8")
    command = ["verilator", "--cc", "--exe", "--main", "--build", "--no-timing", "-Wno-fatal", "-Wno-lint"]
    command += ["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O0", "-Mdir", "obj", "--top-module", "top"]
    command += ["top.v", "plain.v", "folded.v"]
    options = {"cwd": tmp_path, "env": verilator.environment(), "capture_output": True, "text": True, "check": False}
    built = subprocess.run(command, **options)
    assert built.returncode == 0, built.stderr[-2000:]
    assert f"same {'1' * 32}" in subprocess.run([str(tmp_path / "obj" / "Vtop")], **options).stdout
