"""A block with a further reset: the same in Amaranth's simulator and in exported Verilog."""

import gc
from typing import Any, ClassVar

import pytest
from amaranth import Const, Module
from amaranth.lib.wiring import In, Out

from hdl.export import export
from hdl.seam import Block, Cleared
from tests.hdl.simulate import simulate


class Counter(Block):
    """Counts, and starts at 5."""

    def __init__(self):
        super().__init__("counter", (), {"count": Out(8, init=5)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.count.eq(self.count + 1)
        return m


class Wire(Block):
    """Nothing to clear."""

    clocked: ClassVar[bool] = False

    def __init__(self):
        super().__init__("wire", (), {"a": In(1)})


class Pair(Block):
    """A counter that can be cleared, one that cannot."""

    def __init__(self):
        super().__init__("pair_of_counters", (), {"clear": In(1), "one": Out(8), "two": Out(8)})

    def body(self, platform: Any) -> Module:
        m = Module()
        one, two = Counter(), Counter()
        m.submodules.one, m.submodules.two = Cleared(one, self.clear), two
        m.d.comb += [self.one.eq(one.count), self.two.eq(two.count)]
        return m


def test_only_the_block_that_is_cleared_begins_anew():
    dut = Pair()

    async def bench(ctx: Any) -> None:
        await ctx.tick().repeat(3)
        assert (ctx.get(dut.one), ctx.get(dut.two)) == (8, 8)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        await ctx.tick()
        assert (ctx.get(dut.one), ctx.get(dut.two)) == (6, 10)

    simulate(dut, bench)


def test_the_instance_takes_both_resets():
    texts = export(Pair())
    assert set(texts) == {"pair_of_counters", "counter"}, "cleared or not, it is one module"
    text = texts["pair_of_counters"]
    assert "rst | clear" in text or "clear | rst" in text
    assert text.count(".rst(rst)") == 1


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
def test_a_block_without_a_clock_cannot_be_cleared():
    with pytest.raises(ValueError, match=r"block must have a clock to be cleared, which wire has not"):
        Cleared(Wire(), Const(0))
    gc.collect()
