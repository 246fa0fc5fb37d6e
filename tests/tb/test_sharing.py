"""Modules whose code Verilator shares, and that it does."""

import re
from pathlib import Path
from typing import Any

import pytest
from amaranth import Module
from amaranth.lib.wiring import In, Out

from arch.secded import check_bits
from hdl.export import export
from hdl.seam import Block
from hdl.secded import Checker
from tb import sharing, verilator

_TEXT = "module m(clk, a, q);\n  input clk;\n  input [3:0] a;\n  wire [3:0] a;\n  output q;\n  wire q;\nendmodule\n"


def test_shared_modules_keep_their_ports_and_others_only_their_name():
    texts = {"superlane_chip_1": _TEXT, "faults_1": _TEXT, "superlane_1": _TEXT, "tap_1": _TEXT}
    assert sharing.rules(texts, "superlane_chip_1") == [
        'no_inline -module "faults_1"',
        'public_flat_rd -module "faults_1" -var "a"',
        'public_flat_rd -module "faults_1" -var "q"',
        'no_inline -module "superlane_1"',
    ]


def test_parts_of_blocks_are_left_alone():
    assert sharing.rules({"top": _TEXT, "queue_1__part": _TEXT}, "top") == []


class Many(Block):
    """Checkers whose words come from different places, one of them a constant."""

    COUNT = 6

    def __init__(self):
        word = 32 + check_bits(32)
        super().__init__("many", (), {"words": In(word).array(self.COUNT), "bad": Out(self.COUNT), "data": Out(32)})

    def body(self, platform: Any) -> Module:
        m = Module()
        data = 0
        for n in range(self.COUNT):
            m.submodules[f"checker_{n}"] = checker = Checker(word_bits=32)
            m.d.comb += [checker.en.eq(1), checker.word.eq(self.words[n] if n else 0)]
            m.d.sync += self.bad[n].eq(checker.failed)
            data = data ^ checker.data
        m.d.sync += self.data.eq(data)
        return m


@pytest.mark.rtl
def test_code_is_made_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(verilator, "BUILDS", tmp_path)
    texts = export(Many())
    model = verilator.build(verilator.plan(texts, next(iter(texts)), shared=True))
    code = "".join(path.read_text(encoding="utf-8") for path in model.folder.glob("Vtop*.cpp"))
    made = len(re.findall(r"^void Vtop_secded_checker_32___\w*sequent", code, re.MULTILINE))
    # For changes of the inputs, at the start, and at the clock, if at all: not for each of them.
    assert 1 <= made <= 3 < Many.COUNT
