"""One ALU of one lane with plain ports, to be exported, simulated or synthesized by itself."""

from typing import Any

from amaranth import Module
from amaranth.lib.wiring import In, Out

from arch.config import Alu as AluConfig
from hdl.pipeline import restless
from hdl.seam import Block
from hdl.vxm.alu import Alu
from hdl.vxm.control import OPERATION_BITS, TYPE_BITS, Decoder
from hdl.vxm.lane import kind
from hdl.vxm.operand import CONDITION_BITS, WORD
from hdl.vxm.steps import DEPTH


class StandaloneAlu(Block):
    """Decoder and ALU of one lane. Latency: ``stages`` cycles, one instruction per cycle.

    Parameters
    ----------
    alu : arch.config.Alu
        Types and size.
    stages : int
        As of :class:`hdl.vxm.alu.Alu`.
    still : bool
        As of :class:`hdl.vxm.alu.Alu`.

    Members
    -------
    valid : In(1)
        Whether an instruction enters in this cycle.
    operation, type, to, sat : In
        As in `hdl.vxm.control.Decoder`.
    a, b : In(32)
        Operands; 0 where the instruction lacks one.
    c : In(8)
        Condition.
    result : Out(32)
        Result of the latest instruction that entered ``stages`` cycles ago or before.
    """

    def __init__(self, *, alu: AluConfig, stages: int = DEPTH, still: bool = True):
        self.alu = alu
        self.stages = stages
        self.still = still
        fields = {"valid": In(1), "operation": In(OPERATION_BITS), "type": In(TYPE_BITS), "to": In(TYPE_BITS)}
        operands = {"a": In(WORD), "b": In(WORD), "c": In(CONDITION_BITS), "result": Out(WORD)}
        super().__init__(
            "vxm_standalone_alu",
            (*kind(alu), stages, *restless(still)),
            {**fields, "sat": In(1), **operands},
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.decoder = decoder = Decoder(alu=self.alu)
        m.submodules.alu = alu = Alu(alu=self.alu, stages=self.stages, still=self.still)
        m.d.comb += [
            decoder.en.eq(self.valid),
            decoder.operation.eq(self.operation),
            decoder.type.eq(self.type),
            decoder.to.eq(self.to),
            decoder.sat.eq(self.sat),
            alu.valid.eq(self.valid),
            alu.control.eq(decoder.control),
            alu.a.eq(self.a),
            alu.b.eq(self.b),
            alu.c.eq(self.c),
            self.result.eq(alu.result),
        ]
        return m
