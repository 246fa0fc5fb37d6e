"""What stands above the uppermost superlane where a pair of planes computes fp16: sums are rounded and turned around.

Sources: ``docs/architecture.md``, MXM (one rounding per pass); ``arch.stages.Stages.mxm_round``. The sums of each
column pass here once, so there is one rounding circuit per result, and tiles need not hold any.
"""

from typing import Any

from amaranth import Module, Mux, Value
from amaranth.lib.wiring import In, Out

from arch.config import Config
from hdl.float.nets import cat
from hdl.mxm.fixed import limb_bits
from hdl.mxm.round import WORK
from hdl.mxm.supercell import SUM_BITS, sums_signature, up_signature
from hdl.pipeline import State, registered, staged
from hdl.seam import Block
from hdl.words import piece

#: Pieces of the rounding behind which a register stands, by the number of registers inside.
_CUTS = {0: (), 1: (1,), 2: (1, 2), 3: (0, 1, 2)}


class Cap(Block):
    """Turns the sums of one supercell column of a pair around.

    Latency: ``stages.mxm_round`` less the register of the uppermost supercell that takes what comes down; the same for
    int32, which passes unchanged.

    Parameters
    ----------
    config : Config
        The machine, with fp16.

    Members
    -------
    even, odd : In(up_signature)
        Sums from below.
    even_down, odd_down : Out(sums_signature)
        int32, or on the even plane fp32; the odd plane then gets nothing.
    """

    def __init__(self, *, config: Config):
        if not config.mxm_fp16:
            raise ValueError("mxm_fp16 must be True for a cap: without it sums need no rounding")
        self.config = config
        # Blocks without registers have no clock.
        self.clocked = config.stages.mxm_round > 1
        up, down = up_signature(config), sums_signature(config)
        super().__init__(
            "mxm_cap",
            (config.lanes, f"b{limb_bits(config)}", f"s{config.stages.mxm_round}"),
            {"even": In(up), "odd": In(up), "even_down": Out(down), "odd_down": Out(down)},
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        ranks = self.config.stages.mxm_round - 1
        paired, rounded = self._round(m, ranks)
        for plane, below, above in ((0, self.even, self.even_down), (1, self.odd, self.odd_down)):
            valid, sums = below.valid & ~below.paired, below.sums
            for _ in range(ranks):
                valid, [late] = registered(m, valid, [{"sums": sums}])
                sums = late["sums"]
            if plane:
                m.d.comb += [above.valid.eq(valid), above.sums.eq(sums)]
            else:
                m.d.comb += [above.valid.eq(valid | paired), above.sums.eq(Mux(paired, cat(rounded), sums))]
        return m

    def _round(self, m: Module, ranks: int) -> tuple[Value, list[Value]]:
        """fp32 of all streams, ``ranks`` cycles later, and whether there are any."""
        lanes = [self._limbs(n) for n in range(self.config.lanes)]
        valid, lanes = staged(m, WORK, _CUTS, ranks, self.even.paired, lanes)
        return valid, [lane["result"] for lane in lanes]

    def _limbs(self, n: int) -> State:
        """Sum of one stream."""
        upper = limb_bits(self.config) - SUM_BITS
        limbs = {
            name: cat(piece(side.sums, n, SUM_BITS), piece(side.upper, n, upper))
            for name, side in (("low", self.even), ("high", self.odd))
        }
        return {**limbs, "plus": self.even.infinite[n], "minus": self.odd.infinite[n]}
