"""The MXM of one hemisphere by itself: all superlanes, one above the other, with accumulators and caps."""

from itertools import pairwise
from typing import Any

from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import Config
from hdl.icu.text import SUPERLANE_BITS
from hdl.mxm.accumulator import LAYOUT, Accumulator
from hdl.mxm.cap import Cap
from hdl.mxm.edge import ACTIVATIONS, WEIGHTS
from hdl.mxm.row import MxmRow, add_row, row_planes
from hdl.pipeline import join
from hdl.seam import Block
from hdl.words import column_bits, drive_signature

#: Queues of a plane: prefix of the ports, bits of an instruction.
QUEUES = {"weights": WEIGHTS.width, "acts": ACTIVATIONS.width, "accs": LAYOUT.width}


class Stack(Block):
    """Planes 0 and, where it is one of a pair, 1. Instructions climb inside, one superlane per cycle.

    Members
    -------
    <queue>_<plane>_fire, <queue>_<plane>_instr : In
        Instructions that superlane 0 executes in this cycle.
    lit : In(5)
        Superlanes with power, by the setting of these instructions.
    column_<superlane> : In(column_bits)
    drive_<plane>_<superlane> : Out(drive_signature)
    failed_<superlane>, corrected_<superlane> : Out
        Words of ABC, of the even plane.
    """

    def __init__(self, *, config: Config):
        self.config, self.planes = config, row_planes(config)
        ports: dict[str, Any] = {"lit": In(SUPERLANE_BITS)}
        for plane in range(self.planes):
            for name, width in QUEUES.items():
                ports |= {f"{name}_{plane}_fire": In(1), f"{name}_{plane}_instr": In(width)}
        for n in range(config.superlanes):
            ports |= {f"column_{n}": In(column_bits(config)), f"failed_{n}": Out(2), f"corrected_{n}": Out(2)}
            for plane in range(self.planes):
                ports[f"drive_{plane}_{n}"] = Out(drive_signature(config, 4))
        super().__init__("mxm_stack", (config.fingerprint.hex()[:8],), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        now = {name: getattr(self, name) for name in ("lit", *self._instructions())}
        rows = []
        for n in range(self.config.superlanes):
            row = add_row(m, f"row_{n}", self.config)
            rows.append(row)
            lit = now["lit"] > n
            m.d.comb += [row.lit.eq(lit), row.number.eq(n), row.column.eq(getattr(self, f"column_{n}"))]
            if not self.config.mxm_fp16:
                m.d.comb += row.top.eq(n == self.config.superlanes - 1)
            for plane in range(self.planes):
                self._plane(m, n, plane, row.planes[plane], now, lit)
            m.d.comb += [getattr(self, f"{w}_{n}").eq(getattr(row.planes[0], f"acts_{w}")) for w in WATCHED]
            now = self._climb(m, now)
        for below, above in pairwise(rows):
            for lower, upper in zip(below.planes, above.planes, strict=True):
                for column in range(self.config.superlanes):
                    m.d.comb += join(lower.up_out[column], upper.up_in[column])
                    m.d.comb += join(upper.down_out[column], lower.down_in[column])
        if self.config.mxm_fp16:
            self._caps(m, rows[-1])
        return m

    def _instructions(self) -> list[str]:
        return [
            f"{name}_{plane}_{part}" for plane in range(self.planes) for name in QUEUES for part in ("fire", "instr")
        ]

    def _climb(self, m: Module, now: dict[str, Any]) -> dict[str, Any]:
        packed = Cat(*now.values())
        late = Signal(len(packed))
        m.d.sync += late.eq(packed)
        after, at = {}, 0
        for name, value in now.items():
            after[name], at = late[at : at + len(value)], at + len(value)
        return after

    def _plane(self, m: Module, n: int, plane: int, ports: Any, now: dict[str, Any], lit: Any) -> None:
        floating = self.config.mxm_fp16 and plane == 0
        m.submodules[f"rows_{plane}_{n}"] = acc = Accumulator(config=self.config, floating=floating)
        for name in ("weights", "acts"):
            for part in ("fire", "instr"):
                m.d.comb += getattr(ports, f"{name}_{part}").eq(now[f"{name}_{plane}_{part}"])
        m.d.comb += [
            acc.fire.eq(now[f"accs_{plane}_fire"]),
            acc.instr.eq(now[f"accs_{plane}_instr"]),
            acc.lit.eq(lit),
            acc.sums.eq(ports.result.sums),
            *join(acc.drive, getattr(self, f"drive_{plane}_{n}")),
        ]

    def _caps(self, m: Module, uppermost: MxmRow) -> None:
        even, odd = uppermost.planes
        for n in range(self.config.superlanes):
            m.submodules[f"cap_{n}"] = cap = Cap(config=self.config)
            m.d.comb += [*join(even.up_out[n], cap.even), *join(odd.up_out[n], cap.odd)]
            m.d.comb += [*join(cap.even_down, even.down_in[n]), *join(cap.odd_down, odd.down_in[n])]


#: What the edge of an even plane reports.
WATCHED = ("failed", "corrected")
