"""Clock gates: a unit that has nothing to do gets no clock.

On silicon that saves power; under Verilator it saves time, since logic behind a gated clock is looked at only when that
clock has an edge. It must not be seen otherwise: a gate is open in every cycle in which a register behind it might
change, resets included, so that all registers hold what they would hold without gates.
"""

from typing import Any

from amaranth import ClockDomain, ClockSignal, Elaboratable, EnableInserter, Fragment, Module, ResetSignal, Signal
from amaranth.lib.wiring import In, Out

from hdl.seam import Block, Outline

#: Macro of the Verilog that takes all gates out, for technologies that have none, such as FPGAs.
UNGATED = "SUPERLANE_UNGATED"
#: Name of the gate's module.
NAME = "clock_gate"


class ClockGate(Block):
    """A clock that has an edge at the end of each cycle with ``en``, and in a reset.

    ``en`` is held while the clock is high, in a register that loads at its falling edge: the gated clock has no other
    edges than those of the clock. So what drives ``en``, and a reset, must be there at the falling edge, as it is if it
    comes from registers of the clock. A technology puts its own cell here.

    Members
    -------
    en : In(1)
        Whether what stands behind the gate may change at the end of this cycle.
    gated : Out(1)
        The clock behind it. Under Amaranth's own simulator it stands still: there the unit is enabled instead.
    """

    def __init__(self):
        super().__init__(NAME, (), {"en": In(1), "gated": Out(1)})

    def body(self, platform: Any) -> Module:
        m = Module()
        if isinstance(platform, Outline):
            m.domains.falling = ClockDomain(clk_edge="neg", reset_less=True, local=True)
            held = Signal()
            m.d.comb += ClockSignal("falling").eq(ClockSignal())
            m.d.falling += held.eq(self.en | ResetSignal())
            m.d.comb += self.gated.eq(ClockSignal() & held)
        return m


def with_choice(text: str) -> str:
    """Verilog of a :class:`ClockGate` that passes the clock always where ``UNGATED`` is defined."""
    gated = "  assign gated = clk & held;\n"
    return text.replace(gated, f"`ifdef {UNGATED}\n  assign gated = clk;\n`else\n{gated}`endif\n")


class Gated(Elaboratable):
    """A block behind a clock gate.

    Parameters
    ----------
    block : Block
        A block with a clock.
    gate : ClockGate
        The gate; several blocks may stand behind one.
    """

    def __init__(self, block: Block, gate: ClockGate):
        if not block.clocked:
            raise ValueError(f"block must have a clock to stand behind a gate, which {block.module_name} has not")
        self.block, self.gate = block, gate

    def elaborate(self, platform: Any) -> Any:
        """Instance with the gated clock under an :class:`Outline`, else the real body, which keeps still likewise."""
        if isinstance(platform, Outline) and platform.leaves_out(self.block):
            # Amaranth warns of components that nobody asked for their content.
            Fragment.get(self.block, platform)
            return platform.instance(self.block, clock=self.gate.gated)
        return EnableInserter(self.gate.en)(self.block)
