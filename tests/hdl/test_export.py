"""Export: one module per distinct block, instances by name, the same text twice."""

import re
from typing import Any

import pytest
from amaranth import Module
from amaranth.back import rtlil
from amaranth.hdl import _nir
from amaranth.lib.wiring import In, Out

from arch.secded import check_bits
from hdl.export import ExportError, export
from hdl.seam import Block, Outline
from hdl.secded import Checker, Encoder
from hdl.wide import wide_nets
from tests.hdl.simulate import simulate


class Pair(Block):
    """Two encoders and a checker, registered."""

    def __init__(self):
        super().__init__("pair", (32,), {"data": In(32), "words": Out(32 + check_bits(32)).array(2), "bad": Out(1)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.checker = checker = Checker(word_bits=32)
        for n in range(2):
            m.submodules[f"encoder_{n}"] = encoder = Encoder(word_bits=32)
            m.d.comb += encoder.data.eq(self.data ^ n)
            m.d.sync += self.words[n].eq(encoder.word)
        m.d.comb += [checker.en.eq(1), checker.word.eq(self.words[1]), self.bad.eq(checker.failed)]
        return m


def test_each_module_is_exported_once_and_named_by_its_parameters():
    texts = export(Pair())
    assert set(texts) >= {"pair_32", "secded_encoder_32", "secded_checker_32"}
    assert next(iter(texts)) == "pair_32"
    for name, text in texts.items():
        assert re.findall(r"^module (\w+)", text, re.M) == [name]
    assert len(re.findall(r"^  secded_encoder_32 encoder_\d", texts["pair_32"], re.M)) == 2
    assert "words__1" in texts["pair_32"]
    assert ".rst(" not in texts["pair_32"]


def test_the_text_is_the_same_each_time_and_names_no_source():
    first, second = export(Pair()), export(Pair())
    assert first == second
    assert not re.search(r"\.py|\(\* *src|Generated", "".join(first.values()))


def test_logic_is_worked_out_before_anything_changes():
    """In SystemVerilog a value in the declaration wakes no `always @*`; that of an `initial` block does."""
    text = export(Pair())["secded_checker_32"]
    assert text.count("  reg kick;\n  initial kick = 0;\n") == 1
    assert "if (kick ) begin end" in text


def test_a_simulation_runs_the_real_bodies():
    dut = Pair()

    async def bench(ctx):
        ctx.set(dut.data, 1)
        await ctx.tick()
        assert ctx.get(dut.words[0]) & 0xFFFFFFFF == 1
        assert ctx.get(dut.words[0]) >> 32 != 0
        assert ctx.get(dut.words[1]) == 0

    simulate(dut, bench)


class Clash(Block):
    """Two blocks of one name that are not the same."""

    class Leaf(Block):
        """A wire."""

        clocked = False

        def __init__(self, width: int):
            super().__init__("leaf", (), {"a": In(width)})

        def body(self, platform: Any) -> Module:
            return Module()

    def __init__(self):
        super().__init__("clash", (), {"a": In(2)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.one = self.Leaf(1)
        m.submodules.two = self.Leaf(2)
        return m


def test_a_port_must_have_bits():
    class Hollow(Block):
        def body(self, platform: Any) -> Module:
            return Module()

    with pytest.raises(ExportError, match=r"^ports of hollow_1 must have at least one bit: b, c__0, c__1$"):
        export(Hollow("hollow", (1,), {"a": In(1), "b": Out(range(1)), "c": In(0).array(2)}))


def test_two_blocks_cannot_share_a_name():
    with pytest.raises(ValueError, match=r"two different blocks must not share the module name 'leaf'"):
        export(Clash())


def test_a_name_must_be_one_for_verilog():
    with pytest.raises(ValueError, match=r"module name must be lower-case letters, digits and _, not 'Leaf'"):
        Block("Leaf", (), {})


class Broad(Block):
    """More bits than a cell of Amaranth's netlist may have."""

    PORTS = {"i": In(40_000).array(2), "o": Out(40_000).array(2)}

    def __init__(self):
        super().__init__("broad", (), self.PORTS)

    def body(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += [mine.eq(~theirs) for mine, theirs in zip(self.o, self.i, strict=True)]
        return m


class AroundBroad(Block):
    """Two of them, one behind the other."""

    def __init__(self):
        super().__init__("around_broad", (), Broad.PORTS)

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.one, m.submodules.two = one, two = Broad(), Broad()
        for n in range(2):
            m.d.comb += [one.i[n].eq(self.i[n]), two.i[n].eq(one.o[n]), self.o[n].eq(two.o[n])]
        return m


def test_blocks_may_have_many_ports():
    texts = export(AroundBroad())
    assert "output [39999:0] o__1;" in texts["around_broad"] and "o__1 <= ~ i__1;" in texts["broad"].replace(
        "~i", "~ i"
    )
    assert len(re.findall(r"^  broad \w+ \(", texts["around_broad"], re.MULTILINE)) == 2
    with pytest.raises(AssertionError):
        rtlil.convert(AroundBroad(), name="around_broad", platform=Outline(AroundBroad()))
    with wide_nets(), pytest.raises(ValueError, match=r"^bit must be a number below 16777216 "):
        _nir.Net.from_cell(1, 1 << 24)
