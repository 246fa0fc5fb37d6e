"""A superlane's row of an MXM plane: its operands and its supercells.

Sources: ``docs/architecture.md``, MXM; ``arch.timing``. In local time, an ABC issued at t is sampled at t, enters the
innermost supercell at t + ``stages.operand``, and its sums are in ``result`` at t + ``timing.abc``.
"""

from itertools import pairwise
from typing import Any

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.isa.mxm import ABC, FORMS, IW, LW, SOURCES
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.mxm.supercell import COLUMN_BITS, Supercell, sums_signature
from hdl.operand import Operand
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.words import column_bits

WEIGHTS, ACTIVATIONS = layout_of(Unit.MXM_WEIGHTS), layout_of(Unit.MXM_ACTIVATIONS)


class MxmRow(Block):
    """``superlanes`` supercells, innermost first, with the operand stages that feed them.

    Parameters
    ----------
    config : Config
        The machine; this hardware has no fp16 planes yet, so ``mxm_fp16`` must be False.

    Members
    -------
    weights_fire, weights_instr, acts_fire, acts_instr : In
        Instructions that are executed in this cycle, t.
    lit : In(1)
        Whether the superlane has power at t.
    number : In(5)
        Superlane, a constant; ``top`` tells whether it is the uppermost.
    column : In(column_bits)
        The outward streams at the edge, sampled at t.
    up_in, down_in : In(sums_signature).array(superlanes)
        From the superlane below and from the one above.
    up_out, down_out : Out(sums_signature).array(superlanes)
    result : Out(sums_signature)
        Sums for this superlane's accumulators.
    out_of_range : Out(1)
        Column out of range, at t + ``stages.operand``, as the following.
    weights_failed, weights_corrected : Out(range(lanes + 1))
    acts_failed, acts_corrected : Out(1)
    """

    def __init__(self, *, config: Config):
        if config.mxm_fp16:
            raise ValueError("mxm_fp16 must be False: the hardware of fp16 planes does not exist yet")
        self.config = config
        sums = sums_signature(config)
        stages = config.stages
        super().__init__(
            "mxm_row",
            (f"{config.superlanes}x{config.lanes}", config.streams, f"s{stages.operand}{stages.mxm_mac}"),
            {
                "weights_fire": In(1),
                "weights_instr": In(WEIGHTS.width),
                "acts_fire": In(1),
                "acts_instr": In(ACTIVATIONS.width),
                "lit": In(1),
                "number": In(COLUMN_BITS),
                "top": In(1),
                "column": In(column_bits(config)),
                "up_in": In(sums).array(config.superlanes),
                "up_out": Out(sums).array(config.superlanes),
                "down_in": In(sums).array(config.superlanes),
                "down_out": Out(sums).array(config.superlanes),
                "result": Out(sums),
                "out_of_range": Out(1),
                "weights_failed": Out(range(config.lanes + 1)),
                "weights_corrected": Out(range(config.lanes + 1)),
                "acts_failed": Out(1),
                "acts_corrected": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        cells = [Supercell(config=self.config) for _ in range(self.config.superlanes)]
        for n, cell in enumerate(cells):
            m.submodules[f"cell_{n}"] = cell
            m.d.comb += [cell.column.eq(n), cell.top.eq(self.top), cell.diagonal.eq(self.number == n)]
            for mine, theirs in ((self.up_in[n], cell.up_in), (self.down_in[n], cell.down_in)):
                m.d.comb += [theirs.valid.eq(mine.valid), theirs.sums.eq(mine.sums)]
            for mine, theirs in ((self.up_out[n], cell.up_out), (self.down_out[n], cell.down_out)):
                m.d.comb += [mine.valid.eq(theirs.valid), mine.sums.eq(theirs.sums)]
        for inner, outer in pairwise(cells):
            wiring.connect(m, inner.wave_out, outer.wave_in)
            wiring.connect(m, outer.inward_out, inner.inward_in)
        m.d.comb += [self.result.valid.eq(cells[0].result.valid), self.result.sums.eq(cells[0].result.sums)]
        self._weights(m, cells[0].wave_in)
        self._activations(m, cells[0].wave_in)
        return m

    def _weights(self, m: Module, wave: Any) -> None:
        """LW and IW: the wide group, corrected, and what to do with it, after the operand stage."""
        m.submodules.weights = operand = Operand(config=self.config, width=self.config.lanes, directions=1)
        load, install = WEIGHTS.view(LW, self.weights_instr), WEIGHTS.view(IW, self.weights_instr)
        column, ref = Signal(COLUMN_BITS), Signal.like(load.s)
        is_load, is_copy, takes = Signal(), Signal(), Signal()
        m.d.comb += [
            is_load.eq(load.opcode == LW.opcode),
            is_copy.eq(~is_load & (install["from"] == SOURCES.index("buffer"))),
            takes.eq(self.weights_fire & ~is_copy),
            column.eq(install.col),
            ref.eq(install.s),
        ]
        with m.If(is_load):
            m.d.comb += [column.eq(load.col), ref.eq(load.s)]
        fits = Signal()
        m.d.comb += [
            fits.eq(column < self.config.superlanes),
            operand.fire.eq(takes),
            operand.lit.eq(self.lit),
            operand.ref.eq(ref),
            operand.columns[0].eq(self.column),
            self.weights_failed.eq(operand.failed),
            self.weights_corrected.eq(operand.corrected),
            wave.weights.eq(operand.data),
        ]
        stages = self.config.stages.operand
        acts = takes & fits & self.lit
        for late, early in (
            (self.out_of_range, takes & ~fits & self.lit),
            (wave.load, acts & is_load),
            (wave.install_one, acts & ~is_load),
            (wave.install_all, self.weights_fire & is_copy & self.lit),
            (wave.column, column),
        ):
            m.d.comb += late.eq(delay(m, early, stages))

    def _activations(self, m: Module, wave: Any) -> None:
        """ABC: the activation vector, corrected; a dark superlane takes part with zeros."""
        m.submodules.acts = operand = Operand(config=self.config, directions=1)
        abc = ACTIVATIONS.view(ABC, self.acts_instr)
        act_signed, weight_signed = Signal(), Signal()
        with m.Switch(abc.form):
            for code, form in enumerate(FORMS):
                with m.Case(code):
                    m.d.comb += [act_signed.eq(form[0] == "i"), weight_signed.eq(form[2] == "i")]
        stages = self.config.stages.operand
        m.d.comb += [
            operand.fire.eq(self.acts_fire),
            operand.lit.eq(self.lit),
            operand.ref.eq(abc.s),
            operand.columns[0].eq(self.column),
            self.acts_failed.eq(operand.failed),
            self.acts_corrected.eq(operand.corrected),
            wave.valid.eq(operand.valid),
            wave.act.eq(operand.data),
            wave.act_signed.eq(delay(m, act_signed, stages)),
            wave.weight_signed.eq(delay(m, weight_signed, stages)),
        ]
