"""Distribute: lanes of a group of streams, remapped or replicated inside a superlane.

Sources: ``arch.isa.sxm.DISTRIBUTE``; ``arch.timing``: sampled at t, in the stream registers at t + ``sxm_local``.
"""

from typing import Any

from amaranth import Cat, Module

from arch.config import BYTE_BITS, Config
from arch.features import DISTRIBUTE_GROUP
from arch.isa.fields import STREAM_BITS
from arch.isa.sxm import DISTRIBUTE
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sxm.crossbar import Crossbar, lane_bits
from hdl.sxm.unit import hand_over, operand, report, unit_ports
from hdl.sxm.wait import carry, cut
from hdl.words import piece

#: Words checked per instruction: the group and its map.
CHECKED = DISTRIBUTE_GROUP + 1


class Distribute(Block):
    """One distributor of a superlane: sampled at t, driven in cycle t + ``timing.sxm_local`` - 1, one per cycle.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire, instr, lit, columns, drives, failed, corrected
        As of :func:`hdl.sxm.unit.unit_ports`; eight streams are driven.
    """

    def __init__(self, *, config: Config):
        self.config = config
        stages = config.stages
        super().__init__(
            "sxm_distribute",
            (f"{config.streams}x{config.word_bits}", f"s{stages.operand}_{stages.sxm_local}_{stages.result}"),
            unit_ports(config, Unit.SXM_DISTRIBUTE, checked=CHECKED, driven=DISTRIBUTE_GROUP),
        )

    def body(self, platform: Any) -> Module:
        m, config = Module(), self.config
        fields = layout_of(Unit.SXM_DISTRIBUTE).view(DISTRIBUTE, self.instr)
        source = operand(m, "source", self, DISTRIBUTE_GROUP, fields.s, self.fire)
        table = operand(m, "map", self, 1, fields.map, self.fire)
        report(m, self, [source, table])
        control = delay(m, Cat(self.lit, fields.out), config.stages.operand)

        index_bits = lane_bits(config.lanes)
        entries = [piece(table.data, lane, BYTE_BITS) for lane in range(config.lanes)]
        moved = []
        for n in range(DISTRIBUTE_GROUP):
            m.submodules[f"crossbar_{n}"] = crossbar = Crossbar(lanes=config.lanes)
            m.d.comb += [
                crossbar.data.eq(piece(source.data, n, config.word_bits)),
                crossbar.index.eq(Cat(entry[:index_bits] for entry in entries)),
                crossbar.keep.eq(Cat(entry[index_bits:] == 0 for entry in entries)),
            ]
            moved.append(crossbar.result)
        en, late = carry(m, "moved", source.valid, Cat(control, *moved), config.stages.sxm_local)
        lit, ref, data = cut(late, 1, STREAM_BITS, DISTRIBUTE_GROUP * config.word_bits)
        hand_over(m, self, DISTRIBUTE_GROUP, en, ref, lit, data)
        return m
