"""Shift and Select: the vector moved by n elements across superlanes, north or south.

Sources: ``arch.isa.sxm.SHIFT`` and ``SELECT``; ``arch.timing``; docs/decisions/0006-sxm-network.md. With
n = q * lanes + r, a superlane's result is cut from the words of the two superlanes that are q and q + 1 away. Northward
words arrive in cycle 0 of a superlane's time, counted from the operand stage on: they climb with the instruction.
Southward words wait at their origin and arrive in cycle 2 (S - 1 - k); what is made of them waits until 2 (S - 1), as
north's does.
"""

from typing import Any

from amaranth import Cat, Const, Module, Mux, Value
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from arch.isa.fields import STREAM_BITS
from arch.isa.sxm import SELECT, SHIFT
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.icu.text import SUPERLANE_BITS
from hdl.operand import Operand
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sxm.crossbar import lane_bits
from hdl.sxm.slots import inject, pick, registers, slots
from hdl.sxm.unit import chain_signature, hand_over, operand, report, unit_ports
from hdl.sxm.wait import carry, cut, vertical, wait
from hdl.words import piece


def _name(config: Config) -> tuple[str, str]:
    stages = config.stages
    shape = f"{config.superlanes}x{config.streams}x{config.word_bits}"
    return shape, f"s{stages.operand}_{stages.sxm_cross}_{stages.result}"


def _bytes(amount: Value) -> Any:
    """Bits of so many bytes."""
    return Cat(Const(0, BYTE_BITS.bit_length() - 1), amount)


def _finish(m: Module, shifter: Any, en: Value, drive: Value, ref: Value, lit: Value, word: Value) -> None:
    """The operator's registers, and the result stage."""
    config = shifter.config
    en, late = carry(m, "moved", en & drive, Cat(ref, lit, word), config.stages.sxm_cross)
    ref, lit, word = cut(late, STREAM_BITS, 1, config.word_bits)
    hand_over(m, shifter, 1, en, ref, lit, word)


class ShiftSouth(Block):
    """A superlane's part of the shift-south queue: driven in cycle t + ``timing.sxm_cross`` - 1, one per cycle.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr, lit, columns, drives, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`; one stream is driven, or none.
    number : In(5)
        Superlane, a constant.
    down_in : In(chain_signature), down_out : Out(chain_signature)
        From the superlane above, to the one below.
    en, word : Out(1), Out(word_bits)
        The shifted vector, whether it is driven or not, ``stages.operand`` + 2 (S - 1) cycles after t; without ``en``
        the word is zero.
    """

    def __init__(self, *, config: Config):
        self.config = config
        ports = unit_ports(config, Unit.SXM_SHIFT_SOUTH, checked=1, driven=1)
        chain = chain_signature(config, slots(config))
        ports |= {"number": In(SUPERLANE_BITS), "down_in": In(chain), "down_out": Out(chain)}
        super().__init__("sxm_south", _name(config), {**ports, "en": Out(1), "word": Out(config.word_bits)})

    def body(self, platform: Any) -> Module:
        m, config, number = Module(), self.config, self.number
        fields = layout_of(Unit.SXM_SHIFT_SOUTH).view(SHIFT, self.instr)
        source = operand(m, "source", self, 1, fields.s, self.fire)
        report(m, self, [source])
        control = delay(m, Cat(self.lit, fields.out, fields.n), config.stages.operand)
        down, back = 2 * (config.superlanes - 1 - number), 2 * number
        packed = Cat(control, source.data)
        en, late = wait(m, "rest", source.valid, packed, down[: SUPERLANE_BITS + 1], vertical(config))

        kept, n, own = cut(late, 1 + len(fields.out), len(fields.n), config.word_bits)
        lanes, far = n[: lane_bits(config.lanes)], n[lane_bits(config.lanes) :]
        words = registers(m, config, self.down_in)
        m.d.comb += [
            self.down_out.en.eq(en),
            self.down_out.words.eq(inject(config, words, number, own, number >= far)),
        ]
        near = pick(m, "near", config, words, number, own, number + far)
        next_one = pick(m, "next", config, words, number, own, number + far + 1)
        moved = Cat(near, next_one).bit_select(_bytes(lanes), config.word_bits)
        en, late = wait(m, "return", en, Cat(kept, moved), back, vertical(config))
        lit, drive, ref, word = cut(late, 1, 1, STREAM_BITS, config.word_bits)
        m.d.comb += [self.en.eq(en), self.word.eq(Mux(en, word, 0))]
        _finish(m, self, en, drive, ref, lit, word)
        return m


class ShiftNorth(Block):
    """A superlane's part of the shift-north queue, Select included: driven in cycle t + ``timing.sxm_cross`` - 1.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr, lit, columns, drives, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`; one stream is driven, or none.
    number : In(5)
        Superlane, a constant.
    up_in : In(chain_signature), up_out : Out(chain_signature)
        From the superlane below, to the one above.
    south : In(word_bits)
        ``word`` of this superlane's :class:`ShiftSouth`.
    """

    def __init__(self, *, config: Config):
        self.config = config
        ports = unit_ports(config, Unit.SXM_SHIFT_NORTH, checked=2, driven=1)
        chain = chain_signature(config, slots(config))
        ports |= {"number": In(SUPERLANE_BITS), "up_in": In(chain), "up_out": Out(chain)}
        super().__init__("sxm_north", _name(config), {**ports, "south": In(config.word_bits)})

    def body(self, platform: Any) -> Module:
        m, config = Module(), self.config
        layout = layout_of(Unit.SXM_SHIFT_NORTH)
        shift, select = layout.view(SHIFT, self.instr), layout.view(SELECT, self.instr)
        selects = shift.opcode == SELECT.opcode
        source = operand(m, "source", self, 1, shift.s, self.fire)
        mask = operand(m, "mask", self, 1, select.mask, self.fire & selects)
        report(m, self, [source, mask])
        out = Mux(selects, select.out, shift.out[1:])
        control = delay(m, Cat(self.lit, out, selects | shift.out[0], selects), config.stages.operand)
        n = delay(m, shift.n, config.stages.operand)

        moved = self._moved(m, source, n)
        takes_south = [piece(mask.data, lane, BYTE_BITS).any() for lane in range(config.lanes)]
        packed = Cat(control, *takes_south, moved)
        en, late = wait(m, "rest", source.valid, packed, Const(vertical(config)), vertical(config))
        widths = (1, STREAM_BITS, 1, 1, config.lanes, config.word_bits)
        lit, ref, drive, selects, takes, word = cut(late, *widths)
        chosen = [
            Mux(selects & takes[lane], piece(self.south, lane, BYTE_BITS), piece(word, lane, BYTE_BITS))
            for lane in range(config.lanes)
        ]
        _finish(m, self, en, drive, ref, lit, Cat(*chosen))
        return m

    def _moved(self, m: Module, source: Operand, n: Value) -> Any:
        """The shifted word, in cycle 0 after the operand stage."""
        config, number = self.config, self.number
        lanes, far = n[: lane_bits(config.lanes)], n[lane_bits(config.lanes) :]
        words = registers(m, config, self.up_in)
        wanted = number + far < config.superlanes
        m.d.comb += [
            self.up_out.en.eq(source.valid),
            self.up_out.words.eq(inject(config, words, number, source.data, wanted)),
        ]
        near = pick(m, "near", config, words, number, source.data, number - far)
        next_one = pick(m, "next", config, words, number, source.data, number - far - 1)
        return Cat(next_one, near).bit_select(_bytes(config.lanes - lanes), config.word_bits)
