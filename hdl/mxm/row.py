"""A superlane's row of an MXM plane, or of a pair of planes that computes fp16: edges and supercells.

Sources: ``docs/architecture.md``, MXM; ``arch.timing``. In local time, an ABC issued at t is sampled at t, enters the
innermost supercell at t + ``stages.operand``, and its sums are in ``result`` at t + ``timing.abc``.
"""

from itertools import pairwise
from typing import Any

from amaranth import Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from hdl.gate import ClockGate, Gated
from hdl.icu.text import SUPERLANE_BITS
from hdl.mxm.dot import Dot
from hdl.mxm.edge import ACTIVATIONS, PAIR, WEIGHTS, Edge
from hdl.mxm.supercell import Supercell, sums_signature, up_signature
from hdl.pipeline import join, lingering
from hdl.seam import Block
from hdl.words import column_bits


def row_planes(config: Config) -> int:
    """Planes of a hemisphere that are one row: a pair where there is fp16."""
    return PAIR if config.mxm_fp16 else 1


def plane_signature(config: Config) -> wiring.Signature:
    """Ports of one plane's row.

    Members
    -------
    weights_fire, weights_instr, acts_fire, acts_instr : In
        Instructions that are executed in this cycle, t.
    up_in : In(up_signature).array(superlanes)
        From the superlane below.
    down_in : In(sums_signature).array(superlanes)
        From the superlane above; in the uppermost, where there is fp16, from the caps.
    up_out : Out(up_signature).array(superlanes)
    down_out : Out(sums_signature).array(superlanes)
    result : Out(sums_signature)
        Sums for this superlane's accumulators.
    out_of_range : Out(1)
        Column out of range, at t + ``stages.operand``, as the following.
    weights_failed, weights_corrected : Out(range(lanes + 1))
    acts_failed, acts_corrected : Out(range(3)) where there is fp16, else Out(1)
    """
    up, sums = up_signature(config), sums_signature(config)
    acts = range(PAIR + 1) if config.mxm_fp16 else 1
    return wiring.Signature(
        {
            "weights_fire": In(1),
            "weights_instr": In(WEIGHTS.width),
            "acts_fire": In(1),
            "acts_instr": In(ACTIVATIONS.width),
            "up_in": In(up).array(config.superlanes),
            "up_out": Out(up).array(config.superlanes),
            "down_in": In(sums).array(config.superlanes),
            "down_out": Out(sums).array(config.superlanes),
            "result": Out(sums),
            "out_of_range": Out(1),
            "weights_failed": Out(range(config.lanes + 1)),
            "weights_corrected": Out(range(config.lanes + 1)),
            "acts_failed": Out(acts),
            "acts_corrected": Out(acts),
        }
    )


class MxmRow(Block):
    """``superlanes`` supercells of each plane, innermost first, with the edges that feed them.

    Parameters
    ----------
    config : Config
        The machine. Where it has fp16 the row is that of a pair of planes, the even one first.

    Members
    -------
    lit : In(1)
        Whether the superlane has power in this cycle.
    number : In(5)
        Superlane, a constant.
    top : In(1)
        Without fp16: whether it is the uppermost superlane, a constant.
    column : In(column_bits)
        The outward streams at the edge, sampled in this cycle.
    planes : Out(plane_signature).array(row_planes)

    Attributes
    ----------
    longest : int
        Cycles that what enters the row may stay in it. Its clock may stand still in all others.
    """

    def __init__(self, *, config: Config):
        self.config = config
        stages = config.stages
        # Outward to the last supercell, through it, and inward again, a register in each supercell on either way.
        self.longest = stages.operand + stages.mxm_mac + 2 * config.superlanes
        super().__init__(
            "mxm_row" if row_planes(config) == 1 else "mxm_pair_row",
            (f"{config.superlanes}x{config.lanes}", config.streams, f"s{stages.operand}{stages.mxm_mac}"),
            {
                "lit": In(1),
                "number": In(SUPERLANE_BITS),
                **({} if config.mxm_fp16 else {"top": In(1)}),
                "column": In(column_bits(config)),
                "planes": Out(plane_signature(config)).array(row_planes(config)),
            },
        )

    def wakes(self) -> Value:
        """Whether something enters in this cycle: an instruction, or results from above."""
        fires = [getattr(plane, name) for plane in self.planes for name in ("weights_fire", "acts_fire")]
        return Cat(fires, (sums.valid for plane in self.planes for sums in plane.down_in)).any()

    def body(self, platform: Any) -> Module:
        m = Module()
        cells = [self._plane(m, number, plane) for number, plane in enumerate(self.planes)]
        if self.config.mxm_fp16:
            # The dot products move with activations of fp16 only.
            m.submodules.dot_clock = clock = ClockGate()
            moves = Cat(even.wave_in.paired for even in cells[0]).any()
            m.d.comb += clock.en.eq(lingering(m, moves, self.config.stages.mxm_mac))
            for n, (even, odd) in enumerate(zip(*cells, strict=True)):
                dot = Dot(config=self.config)
                m.submodules[f"dot_{n}"] = Gated(dot, clock)
                self._pair(m, dot, even, odd)
        return m

    def _plane(self, m: Module, number: int, plane: Any) -> list[Supercell]:
        """Edge and supercells of one plane."""
        config = self.config
        m.submodules[f"edge_{number}"] = edge = Edge(config=config, paired=config.mxm_fp16 and number == 0)
        m.d.comb += [edge.lit.eq(self.lit), edge.column.eq(self.column)]
        for name in ("weights_fire", "weights_instr", "acts_fire", "acts_instr"):
            m.d.comb += getattr(edge, name).eq(getattr(plane, name))
        for name in ("out_of_range", "weights_failed", "weights_corrected", "acts_failed", "acts_corrected"):
            m.d.comb += getattr(plane, name).eq(getattr(edge, name))
        cells = [Supercell(config=config) for _ in range(config.superlanes)]
        for n, cell in enumerate(cells):
            m.submodules[f"cell_{number}_{n}"] = cell
            m.d.comb += [cell.column.eq(n), cell.diagonal.eq(self.number == n)]
            if not config.mxm_fp16:
                m.d.comb += cell.top.eq(self.top)
            m.d.comb += [*join(plane.up_in[n], cell.up_in), *join(plane.down_in[n], cell.down_in)]
            m.d.comb += [*join(cell.up_out, plane.up_out[n]), *join(cell.down_out, plane.down_out[n])]
        wiring.connect(m, edge.wave, cells[0].wave_in)
        for inner, outer in pairwise(cells):
            wiring.connect(m, inner.wave_out, outer.wave_in)
            wiring.connect(m, outer.inward_out, inner.inward_in)
        m.d.comb += join(cells[0].result, plane.result)
        return cells

    def _pair(self, m: Module, dot: Dot, even: Supercell, odd: Supercell) -> None:
        """The fp16 products of two supercells; the lower limb climbs in the even one, the upper in the odd one."""
        m.d.comb += [
            dot.valid.eq(even.wave_in.paired),
            dot.halves.eq(even.wave_in.halves),
            dot.act.eq(even.wave_in.act),
            dot.low.eq(even.array),
            dot.high.eq(odd.array),
        ]
        for cell, limbs, infinite in ((even, dot.low_limbs, dot.plus), (odd, dot.high_limbs, dot.minus)):
            m.d.comb += [cell.dot.valid.eq(dot.done), cell.dot.limbs.eq(limbs), cell.dot.infinite.eq(infinite)]


def add_row(m: Module, name: str, config: Config) -> MxmRow:
    """Put a row into a module, behind a clock gate that is open while anything moves in it."""
    row = MxmRow(config=config)
    m.submodules[f"{name}_clock"] = clock = ClockGate()
    m.submodules[name] = Gated(row, clock)
    m.d.comb += clock.en.eq(lingering(m, row.wakes(), row.longest))
    return row
