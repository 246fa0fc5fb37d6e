"""Ports of all sizes through the harness, in their cycle."""

import random
from typing import Any

import numpy as np
import pytest
from amaranth import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.seam import Block
from tb import harness, verilator

pytestmark = pytest.mark.rtl


class Sample(Block):
    """Hands its inputs on, some in the same cycle, some in the next, where a register counts, too."""

    def __init__(self) -> None:
        pair = wiring.Signature({"low": Out(33), "high": Out(64)})
        ports = {"a": In(1), "b": In(40), "wide": In(100), "pair": In(pair)}
        super().__init__("harness_sample", (), {**ports, "now": Out(101), "late": Out(97), "count": Out(8)})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.now.eq(Cat(self.a, self.wide))
        m.d.sync += [self.late.eq(Cat(self.pair.low, self.pair.high)), self.count.eq(self.count + 1)]
        with m.If(self.b == (1 << 40) - 5):
            m.d.sync += self.count.eq(100)
        return m


def words(value: int, count: int) -> list[int]:
    return [value >> 32 * n & 0xFFFFFFFF for n in range(count)]


def test_ports_of_all_sizes():
    rng = random.Random(1)
    try:
        model = harness.build(Sample())
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    assert [(p.name, p.words) for p in model.inputs.values()] == [
        ("a", 1),
        ("b", 2),
        ("wide", 4),
        ("pair__low", 2),
        ("pair__high", 2),
    ]
    rows, wanted, late, count = [], [], 0, 0
    for cycle in range(50):
        a, wide, low, high = (rng.getrandbits(bits) for bits in (1, 100, 33, 64))
        b = (1 << 40) - 5 if cycle == 30 else rng.getrandbits(40)
        rows.append([*words(a, 1), *words(b, 2), *words(wide, 4), *words(low, 2), *words(high, 2)])
        wanted.append([*words(wide << 1 | a, 4), *words(late, 4), count])
        late, count = high << 33 | low, 100 if cycle == 30 else count + 1
    assert model.run(np.array(rows, np.uint32)).tolist() == wanted
    # What is built is found again, and begins anew.
    assert harness.build(Sample()) == model
    assert model.run(np.array(rows[:9], np.uint32)).tolist() == wanted[:9]
    with pytest.raises(ValueError, match=r"^records must be uint32\[cycles, 11\], not uint32\(2, 3\)$"):
        model.run(np.zeros((2, 3), np.uint32))
