"""The inner edge of a plane in one superlane: operands of its instructions, made the wave that enters its supercells.

Sources: ``docs/architecture.md``, MXM, Errors and Power-down; ``arch.isa.mxm``.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from arch.isa.mxm import ABC, FORMS, IW, LW, SOURCES
from arch.queues import Unit
from hdl.icu.layout import layout_of
from hdl.mxm.fixed import half_lanes
from hdl.mxm.supercell import COLUMN_BITS, wave_signature
from hdl.operand import Operand
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.words import column_bits, piece

WEIGHTS, ACTIVATIONS = layout_of(Unit.MXM_WEIGHTS), layout_of(Unit.MXM_ACTIVATIONS)
#: Streams of an fp16 activation.
PAIR = 2


class Edge(Block):
    """Samples the operands of LW, IW and ABC in cycle t and sends them outward at t + ``stages.operand``.

    Parameters
    ----------
    config : Config
        The machine.
    paired : bool
        Whether the plane commands fp16: the even one of a pair. The queue lets no f16 ABC through to another.

    Members
    -------
    weights_fire, weights_instr, acts_fire, acts_instr : In
        Instructions that are executed in this cycle, t.
    lit : In(1)
        Whether the superlane has power at t.
    column : In(column_bits)
        The outward streams at the edge, sampled at t.
    wave : Out(wave_signature)
    out_of_range : Out(1)
        Column out of range, at t + ``stages.operand``, as the following.
    weights_failed, weights_corrected : Out(range(lanes + 1))
    acts_failed, acts_corrected : Out(range(3)) where there is fp16, else Out(1)
    """

    def __init__(self, *, config: Config, paired: bool):
        if paired and not config.mxm_fp16:
            raise ValueError("paired must be False for a configuration without mxm_fp16")
        self.config, self.paired = config, paired
        acts = range(PAIR + 1) if config.mxm_fp16 else 1
        super().__init__(
            "mxm_edge",
            (
                f"{config.superlanes}x{config.lanes}",
                config.streams,
                f"s{config.stages.operand}",
                "int8" if not config.mxm_fp16 else "even" if paired else "odd",
            ),
            {
                "weights_fire": In(1),
                "weights_instr": In(WEIGHTS.width),
                "acts_fire": In(1),
                "acts_instr": In(ACTIVATIONS.width),
                "lit": In(1),
                "column": In(column_bits(config)),
                "wave": Out(wave_signature(config)),
                "out_of_range": Out(1),
                "weights_failed": Out(range(config.lanes + 1)),
                "weights_corrected": Out(range(config.lanes + 1)),
                "acts_failed": Out(acts),
                "acts_corrected": Out(acts),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        self._weights(m)
        if self.paired:
            self._pair(m)
        else:
            operand = self._activations(m)
            m.d.comb += [
                self.wave.valid.eq(operand.valid),
                self.wave.act.eq(operand.data),
                self.acts_failed.eq(operand.failed),
                self.acts_corrected.eq(operand.corrected),
            ]
        return m

    def _weights(self, m: Module) -> None:
        """LW and IW: the wide group, corrected, and what to do with it, after the operand stage."""
        wave = self.wave
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

    def _activations(self, m: Module) -> Any:
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
            self.wave.act_signed.eq(delay(m, act_signed, stages)),
            self.wave.weight_signed.eq(delay(m, weight_signed, stages)),
        ]
        return operand

    def _pair(self, m: Module) -> None:
        """The same with form f16: low bytes on the even stream of a pair, high bytes on the odd one."""
        config, stages, wave = self.config, self.config.stages.operand, self.wave
        low = self._activations(m)
        m.submodules.acts_high = high = Operand(config=config, directions=1)
        abc = ACTIVATIONS.view(ABC, self.acts_instr)
        is_f16, half = Signal(), Signal()
        m.d.comb += [
            is_f16.eq(abc.form == FORMS.index("f16")),
            high.fire.eq(self.acts_fire & is_f16),
            high.lit.eq(self.lit),
            high.ref.eq(abc.s | 1),
            high.columns[0].eq(self.column),
            self.acts_failed.eq(low.failed + high.failed),
            self.acts_corrected.eq(low.corrected + high.corrected),
        ]
        half = delay(m, abc.half, stages)
        chosen = []
        for lane in range(half_lanes(config)):
            for operand in (low, high):
                lower, upper = (piece(operand.data, n, BYTE_BITS) for n in (lane, lane + half_lanes(config)))
                chosen.append(Mux(half, upper, lower))
        # A dark superlane's weights must not count at all: an infinite one times zero would be NaN.
        lit = delay(m, self.lit, stages)
        m.d.comb += [
            wave.valid.eq(low.valid & ~high.valid),
            wave.paired.eq(high.valid),
            wave.act.eq(Mux(high.valid, Cat(*chosen), low.data)),
            wave.halves.eq(Cat(lit & ~half, lit & half)),
        ]
