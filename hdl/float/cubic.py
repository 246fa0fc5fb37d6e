"""The cubic of exp, rsqrt and tanh with its table (``docs/decisions/0002-transcendentals.md``, section 3)."""

from typing import Any

from amaranth import Module, Signal, Value
from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from arch.transcendental import PATH, TABLE, Row
from hdl.float.reduction import ROW_BITS

#: Stages from the row's number to the value.
STAGES = 5

_ROW = data.StructLayout(
    {"c0": PATH.c0_bits, "c1": signed(PATH.c1_bits), "c2": signed(PATH.c2_bits), "c3": signed(PATH.c3_bits)}
)


def _packed(row: Row) -> dict[str, int]:
    return {"c0": row.c0, "c1": row.c1, "c2": row.c2, "c3": row.c3}


class Cubic(wiring.Component):
    """``c0 + t*(c1 + t*(c2 + t*c3))``, each product truncated to the unit of the coefficients.

    Latency: ``STAGES`` = 5 cycles; one evaluation per cycle. The table is read in the first, so that it maps to a block
    RAM with its output register; each of the last three has one multiplier and one adder.

    Members
    -------
    en : In(STAGES)
        Bit n lets stage n take what stage n - 1 holds; without it the stage keeps still.
    row : In(ROW_BITS)
        Table row.
    t : In(PATH.t_bits)
        Fraction, unsigned, in units of ``2**-t_bits``.
    value : Out(PATH.value_bits)
        Unsigned, in units of ``2**-fraction_bits``, from one half to below two.
    """

    en: In(STAGES)
    row: In(ROW_BITS)
    t: In(PATH.t_bits)
    value: Out(PATH.value_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.table = table = Memory(shape=_ROW, depth=len(TABLE), init=[_packed(row) for row in TABLE])
        port = table.read_port()
        m.d.comb += [port.addr.eq(self.row), port.en.eq(self.en[0])]

        # The suffix counts stages from the row: what is named _s2 is there two cycles after it.
        t = [self.t] + [Signal(PATH.t_bits, name=f"t_s{n}", reset_less=True) for n in range(1, STAGES)]
        row_s2 = Signal(_ROW, reset_less=True)
        c0_s3, c0_s4 = Signal(PATH.c0_bits, reset_less=True), Signal(PATH.c0_bits, reset_less=True)
        c1_s3 = Signal(signed(PATH.c1_bits), reset_less=True)
        c2_s3 = Signal(signed(PATH.c2_sum_bits), reset_less=True)
        c1_s4 = Signal(signed(PATH.c1_sum_bits), reset_less=True)
        value_s5 = Signal(PATH.value_bits, reset_less=True)
        high = t[2][PATH.t_bits - PATH.t_high_bits :]
        loads = [
            [t[1].eq(t[0])],
            [t[2].eq(t[1]), row_s2.eq(port.data)],
            [
                t[3].eq(t[2]),
                c0_s3.eq(row_s2.c0),
                c1_s3.eq(row_s2.c1),
                c2_s3.eq(row_s2.c2 + _truncated(row_s2.c3, high)),
            ],
            [t[4].eq(t[3]), c0_s4.eq(c0_s3), c1_s4.eq(c1_s3 + _truncated(c2_s3, t[3]))],
            [value_s5.eq(c0_s4 + _truncated(c1_s4, t[4]))],
        ]
        for stage, statements in enumerate(loads):
            with m.If(self.en[stage]):
                m.d.sync += statements
        m.d.comb += self.value.eq(value_s5)
        return m


def _truncated(coefficient: Value, t: Value) -> Value:
    """Product of a coefficient and an unsigned fraction of all of its bits, rounded toward minus infinity."""
    return (coefficient * t)[len(t) :].as_signed()
