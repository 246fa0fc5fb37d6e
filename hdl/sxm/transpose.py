"""Transpose: streams and lanes exchanged inside a superlane.

Sources: ``arch.isa.sxm.TRANSPOSE``; ``arch.timing``: sampled at t, in the stream registers at t + ``sxm_local``.
"""

from typing import Any

from amaranth import Cat, Module

from arch.config import Config
from arch.isa.fields import STREAM_BITS
from arch.isa.sxm import TRANSPOSE
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sxm.crossbar import byte_of
from hdl.sxm.unit import hand_over, operand, report, unit_ports
from hdl.sxm.wait import carry, cut


class Transpose(Block):
    """One transposer of a superlane: sampled at t, driven in cycle t + ``timing.sxm_local`` - 1, one per cycle.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr, lit, columns, drives, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`; as many streams are driven as there are lanes.
    """

    def __init__(self, *, config: Config):
        self.config = config
        stages = config.stages
        super().__init__(
            "sxm_transpose",
            (f"{config.streams}x{config.word_bits}", f"s{stages.operand}_{stages.sxm_local}_{stages.result}"),
            unit_ports(config, Unit.SXM_TRANSPOSE, checked=config.lanes, driven=config.lanes),
        )

    def body(self, platform: Any) -> Module:
        m, config, lanes = Module(), self.config, range(self.config.lanes)
        fields = layout_of(Unit.SXM_TRANSPOSE).view(TRANSPOSE, self.instr)
        source = operand(m, "source", self, config.lanes, fields.s, self.fire)
        report(m, self, [source])
        control = delay(m, Cat(self.lit, fields.out), config.stages.operand)
        moved = Cat(byte_of(source.data, lane, stream, config.lanes) for stream in lanes for lane in lanes)
        en, late = carry(m, "moved", source.valid, Cat(control, moved), config.stages.sxm_local)
        lit, ref, data = cut(late, 1, STREAM_BITS, config.lanes * config.word_bits)
        hand_over(m, self, config.lanes, en, ref, lit, data)
        return m
