"""Permute: any bijection of the vector, through a three-stage Clos network.

Sources: ``arch.isa.sxm.PERMUTE``; ``arch.timing``; docs/decisions/0006-sxm-network.md, which says why the vertical
network is as it is. In the time of superlane k, counted from the operand stage on:

===================== ==============================================================================================
cycle                 work
===================== ==============================================================================================
0                     first crossbar; the words of all superlanes below arrive; wires from there and from k taken
2 (S - 1 - k)         the words of all superlanes above arrive, having waited at their origin; wires from there taken
2 (S - 1)             second crossbar, within the ``stages.sxm_cross`` registers that follow
===================== ==============================================================================================
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.isa.fields import STREAM_BITS
from arch.isa.sxm import PERMUTE
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.icu.text import SUPERLANE_BITS
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sxm.crossbar import Crossbar, Middle, lane_bits
from hdl.sxm.entry import entries
from hdl.sxm.map_check import MapCheck, verdict_signature
from hdl.sxm.unit import chain_signature, hand_over, operand, report, unit_ports
from hdl.sxm.wait import carry, cut, vertical, wait
from hdl.words import piece

#: Words checked per instruction: the source and the map's two.
CHECKED = 3


class Permute(Block):
    """A superlane's part of Permute: sampled at t, driven in cycle t + ``timing.sxm_cross`` - 1, one per cycle.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr, lit, columns, drives, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`; one stream is driven.
    number : In(5)
        Superlane, a constant.
    up_in, down_in : In(chain_signature)
        From the superlane below and from the one above; zero at the ends.
    up_out, down_out : Out(chain_signature)
        To the superlane above and to the one below, each of which takes a register.
    verdict_in : In(verdict_signature), verdict_out : Out(verdict_signature)
        The check of the map, from below and to above, with ``up_in`` and ``up_out``.
    bad_map : Out(1)
        Fault MAP, at the last superlane, at t + ``stages.operand``.
    """

    def __init__(self, *, config: Config):
        self.config = config
        stages = config.stages
        chain, verdict = chain_signature(config, config.superlanes), verdict_signature(config)
        ports = unit_ports(config, Unit.SXM_PERMUTE, checked=CHECKED, driven=1)
        ports |= {"number": In(SUPERLANE_BITS), "bad_map": Out(1)}
        ports |= {"up_in": In(chain), "up_out": Out(chain), "down_in": In(chain), "down_out": Out(chain)}
        ports |= {"verdict_in": In(verdict), "verdict_out": Out(verdict)}
        shape = f"{config.superlanes}x{config.streams}x{config.word_bits}"
        super().__init__("sxm_permute", (shape, f"s{stages.operand}_{stages.sxm_cross}_{stages.result}"), ports)

    def body(self, platform: Any) -> Module:
        m, config = Module(), self.config
        fields = layout_of(Unit.SXM_PERMUTE).view(PERMUTE, self.instr)
        source = operand(m, "source", self, 1, fields.s, self.fire)
        table = operand(m, "map", self, 2, fields.map, self.fire)
        report(m, self, [source, table])
        control = delay(m, Cat(self.lit, fields.out), config.stages.operand)
        lit, found = control[0], entries(table.data, config.lanes)
        self._check(m, source.valid, lit, table.data)

        wires = self._crossbar(m, "first", source.data, [e.source for e in found])
        from_below, words = self._chain(m, source.valid, wires)
        middle = Cat(e.superlane for e in found)
        taken = self._middle(m, "below", from_below, middle, lambda k: k <= self.number)
        packed = Cat(control, *(e.wire for e in found), middle, wires, taken)
        down, back = 2 * (config.superlanes - 1 - self.number), 2 * self.number
        en, late = wait(m, "rest", source.valid, packed, down[: len(self.number) + 1], vertical(config))
        head = len(control) + sum(len(e.wire) for e in found)
        kept, late = cut(late, head, len(packed) - head)
        middle, wires, taken = cut(late, len(middle), config.word_bits, config.word_bits)
        m.d.comb += [self.down_out.en.eq(en), self.down_out.words.eq(self._with_own(words, wires))]
        others = self._middle(m, "above", Cat(*words), middle, lambda k: (k > self.number) & (k < config.superlanes))
        en, late = wait(m, "return", en, Cat(kept, taken | others), back, vertical(config))
        self._finish(m, en, late)
        return m

    def _check(self, m: Module, en: Value, lit: Value, table: Value) -> None:
        """The climbing check of the map; its registers stand at the entrance, as those of the chain do."""
        m.submodules.check = check = MapCheck(config=self.config)
        # With reset: below the lowest superlane nothing is taken, and nothing ever comes in.
        taken_t0, bad_t0 = Signal(len(self.verdict_in.taken)), Signal()
        with m.If(self.up_in.en):
            m.d.sync += [taken_t0.eq(self.verdict_in.taken), bad_t0.eq(self.verdict_in.bad)]
        m.d.comb += [
            check.below.taken.eq(taken_t0),
            check.below.bad.eq(bad_t0),
            check.lit.eq(lit),
            check.table.eq(table),
            self.verdict_out.taken.eq(check.above.taken),
            self.verdict_out.bad.eq(check.above.bad),
            self.bad_map.eq(en & check.above.bad & (self.number == self.config.superlanes - 1)),
        ]

    def _chain(self, m: Module, en: Value, wires: Value) -> tuple[Value, list[Signal]]:
        """Registers of the other superlanes' words, one for each: a word moves away from its origin, up and down.

        Returns the words of the superlanes below and of this one, and the registers of all.
        """
        words = []
        for origin in range(self.config.superlanes):
            word = Signal(self.config.word_bits, name=f"word_{origin}", reset_less=True)
            with m.If(self.number > origin):
                with m.If(self.up_in.en):
                    m.d.sync += word.eq(piece(self.up_in.words, origin, self.config.word_bits))
            with m.Elif(self.down_in.en & (self.number != origin)):
                m.d.sync += word.eq(piece(self.down_in.words, origin, self.config.word_bits))
            words.append(word)
        m.d.comb += [self.up_out.en.eq(en), self.up_out.words.eq(self._with_own(words, wires))]
        return self.up_out.words, words

    def _with_own(self, words: list[Signal], own: Value) -> Any:
        """The registers, this superlane's word in its place."""
        return Cat(Mux(self.number == origin, own, word) for origin, word in enumerate(words))

    def _crossbar(self, m: Module, name: str, data: Value, indices: list[Value]) -> Value:
        """One of the two stages inside the superlane."""
        bits = lane_bits(self.config.lanes)
        m.submodules[name] = crossbar = Crossbar(lanes=self.config.lanes)
        m.d.comb += [
            crossbar.data.eq(data),
            crossbar.index.eq(Cat(index[:bits] for index in indices)),
            crossbar.keep.eq(Cat(index[bits:] == 0 for index in indices)),
        ]
        return crossbar.result

    def _middle(self, m: Module, name: str, words: Value, index: Value, keep: Any) -> Value:
        """The stage between superlanes, of those origins for which ``keep`` holds."""
        lanes = self.config.lanes
        m.submodules[name] = middle = Middle(words=self.config.superlanes, lanes=lanes)
        named = [piece(index, lane, len(index) // lanes) for lane in range(lanes)]
        m.d.comb += [
            middle.data.eq(words),
            middle.index.eq(Cat(k[: middle.index_bits] for k in named)),
            middle.keep.eq(Cat(keep(k) for k in named)),
        ]
        return middle.result

    def _finish(self, m: Module, en: Value, late: Value) -> None:
        """Second crossbar, and the registers of the operator around it."""
        lanes, stages = self.config.lanes, self.config.stages.sxm_cross
        before = 1 if stages > 1 else 0
        en, late = carry(m, "arrived", en, late, before)
        head = 1 + STREAM_BITS
        control, wires, data = cut(late, head, len(late) - head - self.config.word_bits, self.config.word_bits)
        indices = [piece(wires, lane, len(wires) // lanes) for lane in range(lanes)]
        moved = self._crossbar(m, "second", data, indices)
        en, late = carry(m, "moved", en, Cat(control, moved), stages - before)
        hand_over(m, self, 1, en, late[1:head], late[0], late[head:])
