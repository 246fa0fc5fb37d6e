"""Clock gates: what stands behind one holds still, in Amaranth's simulator as in Verilog."""

from typing import Any

import pytest
from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from hdl.export import export
from hdl.gate import UNGATED, ClockGate, Gated
from hdl.pipeline import lingering
from hdl.seam import Block
from hdl.secded import Encoder
from tests.hdl.simulate import simulate


class Count(Block):
    """A counter."""

    def __init__(self):
        super().__init__("count", (), {"number": Out(8)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.number.eq(self.number + 1)
        return m


class Sleeper(Block):
    """A counter behind a gate."""

    def __init__(self):
        super().__init__("sleeper", (), {"en": In(1), "number": Out(8)})

    def body(self, platform: Any) -> Module:
        m = Module()
        count = Count()
        m.submodules.clock = clock = ClockGate()
        m.submodules.count = Gated(count, clock)
        m.d.comb += [clock.en.eq(self.en), self.number.eq(count.number)]
        return m


def test_a_block_behind_a_gate_counts_only_enabled_cycles():
    dut = Sleeper()

    async def bench(ctx):
        for en, number in ((0, 0), (1, 1), (1, 2), (0, 2), (0, 2), (1, 3)):
            ctx.set(dut.en, en)
            await ctx.tick()
            assert ctx.get(dut.number) == number

    simulate(dut, bench)


def test_in_verilog_it_has_the_gated_clock_and_the_common_reset():
    texts = export(Sleeper())
    assert set(texts) == {"sleeper", "count", "clock_gate"}
    instance = texts["sleeper"][texts["sleeper"].index("  count count (") :]
    assert ".clk(gated)" in instance and ".rst(rst)" in instance


def test_the_gate_opens_in_a_reset_and_can_be_left_out():
    text = export(Sleeper())["clock_gate"]
    assert "always @(negedge" in text and "en | rst" in text
    assert f"`ifdef {UNGATED}\n  assign gated = clk;\n`else\n  assign gated = clk & held;\n`endif\n" in text


def test_a_block_without_a_clock_cannot_stand_behind_one():
    with pytest.raises(ValueError, match="block must have a clock to stand behind a gate, which secded_encoder_32"):
        Gated(Encoder(word_bits=32), ClockGate())


class Lingering(Block):
    """Two cycles of afterglow."""

    def __init__(self):
        super().__init__("lingering", (), {"en": In(1), "on": Out(1)})

    def body(self, platform: Any) -> Module:
        m, en = Module(), Signal()
        m.d.comb += [en.eq(self.en), self.on.eq(lingering(m, en, 2))]
        return m


def test_lingering_lasts_as_many_cycles_as_it_says():
    dut = Lingering()

    async def bench(ctx):
        seen = []
        for en in (0, 1, 0, 0, 0, 1, 1, 0, 0, 0):
            ctx.set(dut.en, en)
            await ctx.delay(1e-7)
            seen.append(ctx.get(dut.on))
            await ctx.tick()
        assert seen == [0, 1, 1, 1, 0, 1, 1, 1, 1, 0]

    simulate(dut, bench)
