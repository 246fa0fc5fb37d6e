"""The cubic of exp, rsqrt and tanh with its table (``docs/decisions/0002-transcendentals.md``, section 3)."""

from typing import Any

from amaranth import Const, Module, Signal, Value
from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from arch.transcendental import PATH, TABLE, Row
from hdl.float.nets import cat
from hdl.float.reduction import ROW_BITS
from hdl.numeric import partial_products, two_sums

#: Stages from the row's number to the value, and where the products have one of their own.
STAGES, SPLIT_STAGES = 5, 9

_ROW = data.StructLayout(
    {"c0": PATH.c0_bits, "c1": signed(PATH.c1_bits), "c2": signed(PATH.c2_bits), "c3": signed(PATH.c3_bits)}
)


def _packed(row: Row) -> dict[str, int]:
    return {"c0": row.c0, "c1": row.c1, "c2": row.c2, "c3": row.c3}


class Cubic(wiring.Component):
    """``c0 + t*(c1 + t*(c2 + t*c3))``, each product truncated to the unit of the coefficients.

    Latency: ``stages`` cycles; one evaluation per cycle. The table is read in the first, so that it maps to a block
    RAM, whose output has a register in the second. Then come three products and sums, each in a cycle or, but for the
    first, which is short, in three: parts of the product, sums of some, all.

    Parameters
    ----------
    stages : int
        ``STAGES`` or ``SPLIT_STAGES``.

    Members
    -------
    en : In(stages)
        Bit n lets stage n take what stage n - 1 holds; without it the stage keeps still.
    row : In(ROW_BITS)
        Table row.
    t : In(PATH.t_bits)
        Fraction, unsigned, in units of ``2**-t_bits``.
    value : Out(PATH.value_bits)
        Unsigned, in units of ``2**-fraction_bits``, from one half to below two.
    """

    def __init__(self, *, stages: int = STAGES):
        if stages not in (STAGES, SPLIT_STAGES):
            raise ValueError(f"stages must be {STAGES} or {SPLIT_STAGES}, not {stages!r}")
        self.stages = stages
        ports = {"en": In(stages), "row": In(ROW_BITS), "t": In(PATH.t_bits), "value": Out(PATH.value_bits)}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.table = table = Memory(shape=_ROW, depth=len(TABLE), init=[_packed(row) for row in TABLE])
        port = table.read_port()
        m.d.comb += [port.addr.eq(self.row), port.en.eq(self.en[0])]
        t_s1 = self._registers(m, 0, t=self.t)
        now = self._registers(m, 1, t=t_s1["t"], **{name: port.data[name] for name in ("c0", "c1", "c2", "c3")})
        cycle = 2
        for coefficient, bits in ((2, PATH.c2_sum_bits), (1, PATH.c1_sum_bits), (0, PATH.value_bits)):
            factor, t, own = now.pop(f"c{coefficient + 1}"), now["t"], f"c{coefficient}"
            if coefficient == 2:
                t = t[PATH.t_bits - PATH.t_high_bits :]
            if self.stages == SPLIT_STAGES and coefficient < 2:
                parts = {f"part{n}": part for n, part in enumerate(partial_products(factor, cat(t, Const(0, 1))))}
                now = self._registers(m, cycle, **now, **parts)
                # In the product's unit, so that it need not be whole before the coefficient comes.
                outer, middle = two_sums([now.pop(name) for name in parts], now.pop(own) << len(t))
                now = self._registers(m, cycle + 1, **now, outer=outer, middle=middle)
                total = (now.pop("outer") + now.pop("middle"))[len(t) :][:bits]
                cycle += 2
            else:
                total = (now.pop(own) + (factor * t)[len(t) :].as_signed())[:bits]
            if coefficient == 0:
                now = self._registers(m, cycle, c0=total)
            else:
                now = self._registers(m, cycle, **now, **{own: total.as_signed()})
            cycle += 1
        m.d.comb += self.value.eq(now["c0"])
        return m

    def _registers(self, m: Module, stage: int, **values: Value) -> dict[str, Value]:
        """Registers behind a stage; ``_sN`` tells how many cycles after the row they hold."""
        late = {n: Signal(v.shape(), name=f"{n}_s{stage + 1}", reset_less=True) for n, v in values.items()}
        with m.If(self.en[stage]):
            m.d.sync += [late[n].eq(v) for n, v in values.items()]
        return dict(late)
