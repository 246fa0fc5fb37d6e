"""An ALU of the VXM: one instruction per cycle for all lanes of a superlane."""

from typing import Any

from amaranth import Cat, Const, Module, Signal
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import Alu as AluConfig
from hdl.pipeline import restless
from hdl.seam import Block
from hdl.vxm.control import CONTROL, STEPS
from hdl.vxm.lane import Lane, kind
from hdl.vxm.operand import CONDITION_BITS, WORD
from hdl.vxm.steps import DEPTH, cycle_of
from hdl.words import piece


class Alu(Block):
    """Control pipeline and lanes of one ALU in one superlane.

    Latency: ``stages`` cycles for every instruction, one instruction per cycle, in any mix. The result stays until the
    next one.

    Parameters
    ----------
    alu : arch.config.Alu
        Types and size.
    stages : int
        ``config.stages.alu``, less the :func:`hdl.vxm.steps.choosing_stages` before it.
    lanes : int
        Lanes that do the same: ``config.lanes``, or one.
    still : bool
        Whether registers before the result load only behind an instruction.

    Members
    -------
    valid : In(1)
        Whether an instruction enters in this cycle.
    control : In
        What `hdl.vxm.control.Decoder` makes of it.
    a, b : In(32 * lanes)
        Operands by lane; 0 where the instruction lacks one.
    c : In(8 * lanes)
        Conditions by lane.
    result : Out(32 * lanes)
        Results by lane.
    """

    def __init__(self, *, alu: AluConfig, stages: int = DEPTH, lanes: int = 1, still: bool = True):
        self.alu = alu
        self.stages = stages
        self.lanes = lanes
        self.still = still
        word, condition = WORD * lanes, CONDITION_BITS * lanes
        ports = {"valid": In(1), "control": In(CONTROL.size), "a": In(word), "b": In(word), "c": In(condition)}
        name = (*kind(alu), stages, lanes, *restless(still))
        super().__init__("vxm_alu", name, {**ports, "result": Out(word)})

    def body(self, platform: Any) -> Module:
        m = Module()
        lanes = [Lane(alu=self.alu, stages=self.stages) for _ in range(self.lanes)]
        en = Cat(self.valid, *(Signal(name=f"en_t{n}") for n in range(1, self.stages)))
        m.d.sync += en[1:].eq(en[:-1])
        if not self.still:
            en = Cat(Const(1).replicate(self.stages - 1), en[-1])
        control = {n: data.View(CONTROL, self.control)[f"s{n}"].as_value() for n in STEPS}
        for cycle in range(self.stages):
            for step in [n for n in control if cycle_of(n, self.stages) == cycle]:
                now = control.pop(step)
                m.d.comb += [getattr(lane, f"s{step}").eq(now) for lane in lanes]
            late = {n: Signal.like(c, name=f"control{n}_t{cycle + 1}", reset_less=True) for n, c in control.items()}
            with m.If(en[cycle]):
                m.d.sync += [late[n].eq(control[n]) for n in late]
            control = late
        for n, lane in enumerate(lanes):
            m.submodules[f"lane{n}"] = lane
            m.d.comb += [
                lane.en.eq(en),
                lane.a.eq(piece(self.a, n, WORD)),
                lane.b.eq(piece(self.b, n, WORD)),
                lane.c.eq(piece(self.c, n, CONDITION_BITS)),
                piece(self.result, n, WORD).eq(lane.result),
            ]
        return m
