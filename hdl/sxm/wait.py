"""Delays of the SXM: short ones in registers, those that restore the stagger in memory."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import Config
from hdl.seam import Block
from hdl.sram import DualPort


def vertical(config: Config) -> int:
    """Cycles of vertical travel in every operator that crosses superlanes: up and down the whole chip."""
    return 2 * (config.superlanes - 1)


def cut(value: Value, *widths: int) -> list[Value]:
    """Adjacent parts of a value, lowest first: what several values were before `Cat`."""
    parts, at = [], 0
    for width in widths:
        parts.append(value[at : at + width])
        at += width
    if at != len(value):
        raise ValueError(f"widths must add up to {len(value)} bits, not {at!r}")
    return parts


def carry(m: Module, name: str, en: Value, payload: Value, cycles: int) -> tuple[Value, Value]:
    """``payload`` with its ``en``, ``cycles`` cycles later; registers load behind an ``en`` only."""
    for stage in range(1, cycles + 1):
        en_next = Signal(name=f"{name}_en_t{stage}")
        next_payload = Signal(len(payload), name=f"{name}_t{stage}", reset_less=True)
        m.d.sync += en_next.eq(en)
        with m.If(en):
            m.d.sync += next_payload.eq(payload)
        en, payload = en_next, next_payload
    return en, payload


def wait(m: Module, name: str, en: Value, payload: Value, cycles: Value, longest: int) -> tuple[Value, Value]:
    """``payload`` with its ``en``, ``cycles`` cycles later, through a :class:`Wait` where it can be more than none."""
    if longest == 0:
        return en, payload
    m.submodules[name] = line = Wait(width=len(payload), longest=longest)
    m.d.comb += [line.en.eq(en), line.data.eq(payload), line.cycles.eq(cycles)]
    return line.en_late, line.late


class Wait(Block):
    """Holds each item for a constant number of cycles, one item per cycle; a ring in memory.

    A place of the ring is read in the same cycle in which it is written anew: read and write share one address, and
    nothing but the flags moves.

    Parameters
    ----------
    width : int
        Bits of an item.
    longest : int
        Largest delay, from 2 on.

    Members
    -------
    cycles : In(range(longest + 1))
        The delay, 0 or from 2 on; constant from reset on. So what differs between superlanes comes by a port.
    en, data : In(1), In(width)
        An item, if there is one.
    en_late, late : Out(1), Out(width)
        The same, ``cycles`` cycles later.
    """

    def __init__(self, *, width: int, longest: int):
        if longest < 2:
            raise ValueError(f"longest must be at least 2, not {longest!r}")
        self.width, self.longest = width, longest
        super().__init__(
            "wait",
            (f"{longest}x{width}",),
            {
                "cycles": In(range(longest + 1)),
                "en": In(1),
                "data": In(width),
                "en_late": Out(1),
                "late": Out(width),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        # A memory of one row would have an address of no bits.
        rows = max(2, self.longest - 1)
        m.submodules.ring = ring = DualPort(depth=rows, width=self.width)
        at = Signal(range(rows))
        age = Signal(self.longest)  # bit n: an item came n + 1 cycles ago
        m.d.sync += [age.eq(Cat(self.en, age)[: self.longest]), at.eq(at + 1)]
        with m.If(at + 2 >= self.cycles):
            m.d.sync += at.eq(0)
        m.d.comb += [
            ring.write_en.eq(self.en),
            ring.write_addr.eq(at),
            ring.wdata.eq(self.data),
            ring.read_addr.eq(at),
        ]
        with m.If(self.cycles == 0):
            m.d.comb += [self.en_late.eq(self.en), self.late.eq(self.data)]
        with m.Else():
            m.d.comb += [
                ring.read_en.eq(age.bit_select((self.cycles - 2)[: len(self.cycles)], 1)),
                self.en_late.eq(age.bit_select((self.cycles - 1)[: len(self.cycles)], 1)),
                self.late.eq(ring.rdata),
            ]
        return m
