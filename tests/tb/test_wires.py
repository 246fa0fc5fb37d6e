"""What runs between instances of a part: what is understood, in which order it is known, and what the rim keeps."""

import os
import subprocess
import sys

import pytest

from tb.wires import Holder, Pin, Wire, holder

#: Three instances in a chain: the second takes what the first gives, the third that or, with a fuse, the first's; each
#: has something of its own. What comes down from the third passes the second.
TEXT = """\
module chain(clk, fuse, in, own, out, seen);
  input clk;
  input fuse;
  wire skip ;
  wire \\again$1 ;
  wire \\up$1 ;
  wire \\up$2 ;
  wire \\up$3 ;
  wire \\in$3 ;
  wire [7:0] \\same$4 ;
  wire unused ;
  assign skip  = fuse == 1'h1;
  assign \\again$1  = fuse == 1'h1;
  assign \\in$3  = skip  ? \\up$1  : \\up$2 ;
  assign \\same$4  = \\in$3 ;
  assign unused = \\up$2 ;
  assign out = \\again$1  ? \\up$2  : \\up$3 ;
  always @(posedge clk) begin
    seen <= \\up$3 ;
  end
  lane first (
    .clk(clk),
    .in(in),
    .own(own),
    .up(\\up$1 )
  );
  lane second (
    .clk(clk),
    .in(\\up$1 ),
    .own(8'h02),
    .up(\\up$2 )
  );
  lane third (
    .clk(clk),
    .in(\\same$4 ),
    .own(own),
    .up(\\up$3 )
  );
endmodule
"""


def chain(text: str = TEXT) -> Holder:
    return Holder(text, "lane", ("in", "own"), ("up",))


def test_what_runs_from_instance_to_instance():
    found, first, second = chain(), Pin(0, "up", True), Pin(1, "up", True)
    direct, chosen = Wire(Pin(1, "in"), None, first, first), Wire(Pin(2, "in"), 0, first, second)
    assert found.names == ["first", "second", "third"]
    assert sorted(found.wires, key=lambda wire: wire.target) == [direct]
    aliased = TEXT.replace(".in(\\same$4 )", ".in(\\in$3 )")
    assert sorted(chain(aliased).wires, key=lambda wire: wire.target) == [direct, chosen]
    assert chain(aliased).conditions == ["skip"]


def test_an_input_that_another_passes_on_comes_behind_it():
    """The third takes what enters the second, which is the first's."""
    text = TEXT.replace("\\up$1  : \\up$2 ;", "\\in$2  : \\up$2 ;").replace(".in(\\same$4 )", ".in(\\in$3 )")
    text = text.replace(".in(\\up$1 )", ".in(\\in$2 )").replace(
        "  assign skip", "  assign \\in$2  = \\up$1 ;\n  assign skip"
    )
    wires = chain(text).wires
    assert [wire.target.instance for wire in wires] == [1, 2] and wires[1].first == Pin(1, "in")


def test_the_rim_keeps_what_it_needs():
    found = chain(TEXT.replace(".in(\\same$4 )", ".in(\\in$3 )"))
    assert [found.fed(n) for n in range(3)] == [{"in", "own"}, {"own"}, {"own"}]
    assert [found.shown(n) for n in range(3)] == [set(), {"up"}, {"up"}]
    rim = found.rim(["at_0", "at_1", "at_2"], "conditions")
    assert "unused" not in rim and "same$4" not in rim and "in$3" not in rim and "up$1" not in rim
    assert "  at_0 first (\n    .clk(clk ),\n    .in(in ),\n    .own(own ),\n    .conditions({skip })\n  );" in rim
    assert "  at_1 second (\n    .clk(clk ),\n    .own(8'h02 ),\n    .up(\\up$2 )\n  );" in rim
    assert "assign out" in rim and "seen <= \\up$3" in rim


def test_what_is_not_understood_stays():
    for value in ("{\\up$1 }", "~ \\up$1 ", "skip  ? \\up$1  : 1'h0", "skip  ? \\up$1  : fuse ", "\\up$1 [0]"):
        text = TEXT.replace(".in(\\same$4 )", ".in(\\in$3 )").replace("skip  ? \\up$1  : \\up$2 ", value)
        assert [wire.target.instance for wire in chain(text).wires] == [1], value


def test_a_part_stands_in_one_module():
    assert holder({"chain": TEXT, "lane": "module lane(clk);\nendmodule\n"}, "lane") == "chain"
    with pytest.raises(ValueError, match=r"^lane must stand in one module, not in none$"):
        holder({"lane": "module lane(clk);\nendmodule\n"}, "lane")
    with pytest.raises(ValueError, match=r"^lane must stand in one module, not in a, b$"):
        holder({"a": TEXT, "b": TEXT}, "lane")


def test_the_same_text_gives_the_same_rim():
    """Whatever the order of sets in this process: else nothing that was built would be found again."""
    code = "from tests.tb.test_wires import *; h = many(); print(h.wires, h.conditions, h.rim(list('abc'), 'x'))"
    found = set()
    for seed in ("1", "2", "3"):
        variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        found.add(subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True).stdout)
    assert len(found) == 1


def many() -> Holder:
    """The chain with several conditions and ports."""
    text = TEXT.replace(".in(\\same$4 )", ".in(\\in$3 )")
    names = [f"more{n}" for n in range(9)]
    for n, name in enumerate(names):
        pins = f".{name}(\\in_{name} ),\n    .out_{name}(\\first_{name} ),\n    .in("
        text = text.replace(".in(\\in$3 )", pins + "\\in$3 )")
        choice = f"  assign \\skip_{name}  = fuse == 4'h{n};\n"
        choice += f"  assign \\in_{name}  = \\skip_{name}  ? \\up$1  : \\up$2 ;\n"
        text = text.replace("  assign unused", choice + "  assign unused")
    return Holder(text, "lane", ("in", "own", *names), ("up", *(f"out_{name}" for name in names)))
