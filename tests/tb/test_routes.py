"""The header of a rim: places in one array, what follows each other copied as one."""

import re

from tb import parts
from tb.routes import CONDITIONS, header
from tb.wires import Holder
from tests.tb.test_wires import TEXT

#: The part of that chain: a byte more that each passes on, which the chain does not use.
_LANE = """\
module lane(clk, in, own, up);
  input clk;
  input in;
  input [39:0] own;
  output up;
endmodule
"""


def test_everything_has_a_place_in_one_array():
    text = TEXT.replace(".in(\\same$4 )", ".in(\\in$3 )")
    made = parts.compose({"chain": text, "lane": _LANE}, "lane", watched=False)
    # Three instances of three words in, then three of one word out, then the condition.
    assert "part_count = 3" in made.wires and "part_conditions = 12, part_words = 13" in made.wires
    assert _table(made.wires, "part_wires") == [[3, 1, -1, 9, 9], [6, 1, 0, 9, 10]]
    # All inputs of the first and the condition; of the others what is their own: words 1 and 2.
    assert _table(made.wires, "part_fed") == [[0, 0, 3], [12, 3, 1], [4, 0, 2], [7, 0, 2]]
    assert "part_fed_from[] = {0, 2, 3, 4}" in made.wires
    assert _table(made.wires, "part_shown") == [[10, 0, 1], [11, 0, 1]]
    assert "part_shown_from[] = {0, 0, 1, 2}" in made.wires
    assert list(made.stubs) == ["lane_at_0", "lane_at_1", "lane_at_2"] and "lane" not in made.sources
    assert f"input {CONDITIONS};" in made.stubs["lane_at_0"] and CONDITIONS not in made.stubs["lane_at_1"]
    assert "output reg" not in made.stubs["lane_at_0"] and "output reg up;" in made.stubs["lane_at_1"]


def test_an_output_is_found_by_its_name():
    sources = {"chain": TEXT, "lane": _LANE}
    assert [parts.place(sources, "lane", name, "up") for name in ("first", "third")] == [9, 11]
    for instance, port in (("fourth", "up"), ("first", "in")):
        try:
            parts.place(sources, "lane", instance, port)
        except ValueError as error:
            assert str(error) == f"lane has no output {port!r}, or no instance {instance!r}"
        else:
            raise AssertionError("must be refused")


def test_a_design_without_wires_has_empty_tables():
    text = re.sub(r"  lane (second|third) .*?;\n(?=  lane|endmodule)", "", TEXT, flags=re.DOTALL)
    found = Holder(text, "lane", ("in", "own"), ("up",))
    ins, outs = parts.ports(_LANE, "input"), parts.ports(_LANE, "output")
    assert "part_wires[] = {{}}" in header("lane", found, ins, outs, [ins], [[]])


def _table(text: str, name: str) -> list[list[int]]:
    (body,) = re.findall(rf"{name}\[\] = \{{(.*?)\}};", text, re.DOTALL)
    return [[int(n) for n in row.split(",")] for row in re.findall(r"\{([^}]*)\}", body + "}")]
