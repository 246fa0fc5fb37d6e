"""Models composed of parts: what is written for them, and that they do what models in one piece do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from hdl.export import export
from hdl.seam import Block
from tb import parts, verilator
from tb.driven import Driven
from tests.tb import digests

_PORTS = """\
module m(clk, a, b);
  input clk;
  wire clk;
  input [39:0] a;
  output b;
  output [2:0] c;
  sub one (
    .x(a)
  );
endmodule
"""


def test_each_port_has_words_of_its_own():
    found = {way: [(p.name, p.bits, p.first, p.words) for p in parts.ports(_PORTS, way)] for way in ("input", "output")}
    assert found == {"input": [("a", 40, 0, 2)], "output": [("b", 1, 0, 1), ("c", 3, 1, 1)]}


def test_a_stub_gives_and_takes_every_bit():
    ins, outs = parts.ports(_PORTS, "input"), parts.ports(_PORTS, "output")
    text = parts.stub("m_at_3", 3, ins, outs, watched=False)
    watched = parts.stub("m_at_3", 3, ins, outs, watched=True)
    assert "@(posedge clk)" in text and "posedge clk or negedge clk" in watched
    assert "give[0] = 32'(a[31:0]);" in text and "give[1] = 32'(a[39:32]);" in text
    assert "b = {take[0][0:0]};" in text and "c = {take[1][2:0]};" in text
    assert "part_open(3, " in text and "part_give(3, clk, give)" in text
    head = parts.header("m", _PORTS)
    assert "part_inputs = 2, part_outputs = 2" in head and "memcpy(&model.a, words + 0, sizeof model.a)" in head


def test_only_what_a_module_holds_belongs_to_it():
    texts = {"m": _PORTS, "sub": "module sub(x);\nendmodule\n", "other": ""}
    assert list(parts.closure(texts, "m")) == ["m", "sub"]


def test_an_instance_has_the_place_of_its_stub():
    lines = 'a = new VerilatedScope{this, "s.it.x.y", "y"}; b = new VerilatedScope{this, "s.it", "m"};'
    placed = 'a = new VerilatedScope{this, "x.y", "y"}; b = new VerilatedScope{this, "", "m"};'
    assert parts.placed(lines, "s") == placed


class Stage(Block):
    """Passes on what it gets a cycle later, mixed; ``hasty`` has it show a bit in the same cycle."""

    def __init__(self, *, hasty: bool):
        self.hasty = hasty
        members = {f"{way}_{bits}": (In if way == "i" else Out)(bits) for way in "io" for bits in (1, 20, 50, 100)}
        super().__init__("stage", ("hasty" if hasty else "steady",), members)

    def body(self, platform: Any) -> Module:
        m = Module()
        count = Signal(20)
        m.d.sync += [
            count.eq(count + self.i_20),
            self.o_20.eq(self.i_20 ^ self.i_50),
            self.o_50.eq(self.i_100 - count),
            self.o_100.eq(self.i_100.rotate_left(7) ^ self.i_50),
        ]
        if self.hasty:
            m.d.comb += self.o_1.eq(self.i_1 ^ count[0])
        else:
            m.d.sync += self.o_1.eq(self.i_1 ^ count[0])
        return m


class Row(Block):
    """Stages one behind the other; whenever ``i_1`` says so, the last takes what the first gives."""

    COUNT = 3

    def __init__(self, *, hasty: bool):
        self.stages = [Stage(hasty=hasty) for _ in range(self.COUNT)]
        super().__init__("row", ("hasty" if hasty else "steady",), self.stages[0].signature)

    def body(self, platform: Any) -> Module:
        m = Module()
        bits = (1, 20, 50, 100)
        ways = [[getattr(self, f"i_{n}") for n in bits]]
        for k, stage in enumerate(self.stages):
            m.submodules[f"stage_{k}"] = stage
            before = ways[-1]
            if k == self.COUNT - 1:
                before = [Mux(self.i_1, first, value) for first, value in zip(ways[1], before, strict=True)]
            m.d.comb += [getattr(stage, f"i_{n}").eq(value) for n, value in zip(bits, before, strict=True)]
            ways.append([getattr(stage, f"o_{n}") for n in bits])
        m.d.comb += [getattr(self, f"o_{n}").eq(value) for n, value in zip(bits, ways[-1], strict=True)]
        return m


def played(folder: Path, hasty: bool, part: str, *, watched: bool = False, threads: int = 1) -> list[int]:
    """Digests of a row whose stages are parts, or not."""
    texts, visible = export(Driven(Row(hasty=hasty))), [("stage_steady", "count")] if watched else []
    model = verilator.build(verilator.plan(texts, next(iter(texts)), part=part, visible=visible))
    file = folder / f"digests_{part}.json"
    verilator.run(model, digests.__name__, folder, **{digests.FILE: str(file), parts.THREADS: str(threads)})
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.rtl
def test_parts_do_what_one_piece_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(verilator, "BUILDS", tmp_path / "builds")
    found = played(tmp_path, False, "")
    assert len(set(found)) > digests.CYCLES // 2
    assert played(tmp_path, False, "stage_steady") == found
    assert played(tmp_path, False, "stage_steady", threads=2) == found
    assert played(tmp_path, False, "stage_steady", watched=True) == found
    headers = [path.read_text(encoding="utf-8") for path in (tmp_path / "builds").glob("driven_row_*/part_wires.h")]
    assert headers and all("part_conditions = " in text for text in headers)
    assert any(re.search(r"part_wires\[\] = \{\{\d+, \d+, -1,", text) for text in headers)
    # What a part must not do is seen: an output that depends on an input of its cycle comes too late.
    assert played(tmp_path, True, "stage_hasty") != played(tmp_path, True, "")
    code = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "builds").glob("stage_*/Vpart*Syms*.cpp"))
    assert re.search(r'VerilatedScope\{this, "", "it"', code)
