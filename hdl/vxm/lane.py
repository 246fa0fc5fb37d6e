"""The data path of one ALU in one lane."""

from types import SimpleNamespace
from typing import Any

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.hdl import ValueLike
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import Alu
from arch.transcendental import EXP, F16, F32, PATH
from hdl.float.cubic import Cubic
from hdl.float.nets import cat, net
from hdl.float.reduction import PRODUCT_BITS, PRODUCT_LSB, exp_parts, other_parts, prepare
from hdl.float.round import ROUND_BITS, Placed, pack, place
from hdl.float.shift import normalize, right_shift
from hdl.float.unpack import SIGNIFICAND_BITS, WIDE_EXPONENT_BITS, Unpacked
from hdl.seam import Block
from hdl.vxm.arrange import ADDER_BITS, UNIT, WIDE, arrange
from hdl.vxm.choose import choose
from hdl.vxm.control import DEPTH, STAGES
from hdl.vxm.operand import CONDITION_BITS, WORD, Operand, has_floats, read
from hdl.vxm.saturate import product_of_integers, saturate

#: Places by which a sum or product may have to move up, by the stage that moves it.
_STEPS = ((32, 16, 8), (4, 2, 1))


def kind(alu: Alu) -> tuple[str, ...]:
    """What tells kinds of ALUs apart, for names of modules."""
    return (*(t.value for t in alu.types), "large" if alu.large else "plain")


class Lane(Block):
    """One ALU of one lane: operands in cycle 0, the result ``stages`` cycles later, one instruction per cycle.

    ===== ===========================================================================================
    cycle work
    ===== ===========================================================================================
    0     decode the operands (integer, fp16, fp32 to one form each)
    1     multiply; compare; logic, choices and special values; swap, difference of exponents
    2     shift right with sticky bit; exp: reduce; row of the table
    3     add, or round to an integer
    4     saturate; normalize by 32, 16, 8                              (cubic: table, then c3)
    5     normalize by 4, 2, 1                                          (cubic: c2)
    6     exponent, shift of a subnormal result                         (cubic: c1)
    7     shift, round, lay out; the result's register
    ===== ===========================================================================================

    Registers of the data path have no reset and load only behind an instruction, so that an idle ALU keeps still. The
    result stays until the next one: that is all that `Latch` needs.

    Parameters
    ----------
    alu : Alu
        What the ALU has; what it lacks is not built.
    stages : int
        ``config.stages.alu``, from 8 on; further ones stand before the result.

    Members
    -------
    en : In(stages)
        Bit n: an instruction is in cycle n.
    t0, t1, ... : In
        Its control, by the cycle that uses it (``hdl.vxm.control.STAGES``).
    a, b : In(32)
        Operands in cycle 0; an operand that the instruction lacks is 0.
    c : In(8)
        Condition in cycle 0.
    result : Out(32)
    """

    def __init__(self, *, alu: Alu, stages: int = DEPTH):
        if stages < DEPTH:
            raise ValueError(f"stages must be at least {DEPTH}, not {stages!r}")
        self.alu = alu
        self.stages = stages
        ports: dict[str, Any] = {f"t{cycle}": In(layout.size) for cycle, layout in STAGES.items()}
        ports |= {"en": In(stages), "a": In(WORD), "b": In(WORD), "c": In(CONDITION_BITS), "result": Out(WORD)}
        super().__init__("vxm_lane", (*kind(alu), stages), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        s1 = self._decode(m)
        s2 = self._begin(m, s1)
        s3 = self._shift(m, s2)
        s4 = self._add(m, s3)
        s5 = self._saturate(m, s4)
        result = self._finish(m, s5) if has_floats(self.alu) else self._carry(m, s5)
        for cycle in range(DEPTH, self.stages):
            result = self._load(m, cycle, result=result).result
        m.d.comb += self.result.eq(result)
        return m

    def _at(self, cycle: int) -> data.View:
        """Control that ``cycle`` uses."""
        return data.View(STAGES[cycle], getattr(self, f"t{cycle}"))

    def _load(self, m: Module, cycle: int, **values: ValueLike) -> SimpleNamespace:
        """Registers that take their values at the end of ``cycle``; ``_tN`` tells when they hold them."""
        registers = {}
        with m.If(self.en[cycle]):
            for name, value in values.items():
                registers[name] = register = Signal(
                    Value.cast(value).shape(), name=f"{name}_t{cycle + 1}", reset_less=True
                )
                m.d.sync += register.eq(value)
        return SimpleNamespace(**registers)

    def _decode(self, m: Module) -> SimpleNamespace:
        """Cycle 0."""
        a, b = read(m, self.alu, self._at(0), self.a, self.b)
        values: dict[str, Any] = {}
        for name, x in (("a", a), ("b", b)):
            values |= {f"{name}_bits": x.bits, f"{name}_factor": x.factor}
            if has_floats(self.alu):
                n = x.number
                flags = {"sign": n.sign, "zero": n.zero, "inf": n.inf, "nan": n.nan, "exponent": n.exponent}
                values |= {f"{name}_{flag}": value for flag, value in flags.items()}
        s1 = self._load(m, 0, b_low_zero=~self.b[:CONDITION_BITS].any(), c_zero=~self.c.any(), **values)
        if not has_floats(self.alu):
            s1.a, s1.b = Operand(s1.a_bits, s1.a_factor, a.number), Operand(s1.b_bits, s1.b_factor, b.number)
            return s1
        for name in ("a", "b"):
            held = {flag: getattr(s1, f"{name}_{flag}") for flag in ("sign", "zero", "inf", "nan", "exponent")}
            factor = getattr(s1, f"{name}_factor")
            number = Unpacked(significand=factor[:SIGNIFICAND_BITS].as_unsigned(), **held)
            setattr(s1, name, Operand(getattr(s1, f"{name}_bits"), factor, number))
        return s1

    def _begin(self, m: Module, s1: SimpleNamespace) -> SimpleNamespace:
        """Cycle 1."""
        prepared = None
        reduction: dict[str, Any] = {}
        if self.alu.large:
            prepared = prepare(m, s1.a.number, self._at(1).exp, self._at(1).rsqrt, self._at(1).tanh)
            reduction = {"base": prepared.base, "places": prepared.places, "index_bits": prepared.index_bits}
            reduction |= {"significand": s1.a.number.significand}
        other, taken, order = choose(m, self.alu, self._at(1), s1.a, s1.b, s1.b_low_zero, s1.c_zero, prepared)
        ready = arrange(m, self.alu, self._at(1), s1.a, s1.b, order, prepared)
        arranged: dict[str, Any] = {"moving": ready.moving, "amount": ready.amount, "staying": ready.staying}
        arranged |= {"minus": ready.minus, "product": s1.a.factor * s1.b.factor, "other": other}
        if has_floats(self.alu):
            arranged |= {"taken": taken, "sign": ready.sign, "cancel": ready.cancel, "top": ready.top}
        return self._load(m, 1, **arranged, **reduction)

    def _shift(self, m: Module, s2: SimpleNamespace) -> SimpleNamespace:
        """Cycle 2."""
        c = self._at(2)
        whole = product_of_integers(s2.product, UNIT)
        moving, staying = s2.moving, Mux(c.whole_product, whole, s2.staying[:ADDER_BITS])[:ADDER_BITS]
        if self.alu.large:
            scaled = s2.product[PRODUCT_LSB : PRODUCT_LSB + PRODUCT_BITS]
            moving = Mux(c.exp, scaled, moving)[:ADDER_BITS].as_signed()
        shifted, sticky = right_shift(m, "align", moving, s2.amount)
        values: dict[str, Any] = {"other": s2.other, "minus": s2.minus}
        if has_floats(self.alu):
            staying = Mux(c.product, s2.product[:WIDE], staying)
            values |= {"taken": s2.taken, "cancel": s2.cancel, "sign": s2.sign, "top": s2.top}
        if self.alu.large:
            exponent = self._reduce(m, s2, shifted[:PRODUCT_BITS])
            values |= {"sign": s2.sign & ~c.exp, "top": Mux(c.exp, exponent, s2.top)}
        return self._load(m, 2, moved=cat(shifted[0] | sticky, shifted[1:]), staying=staying, **values)

    def _reduce(self, m: Module, s2: SimpleNamespace, scaled: Value) -> Value:
        """Start the cubic in cycle 2; return exp's exponent."""
        m.submodules.cubic = cubic = Cubic()
        exp_index, exp_t, exponent = exp_parts(m, scaled, s2.sign)
        index, t = other_parts(m, s2.significand, self._at(2).rsqrt, s2.places, s2.index_bits)
        m.d.comb += [
            cubic.en.eq(self.en[2:]),
            # exp's index comes last, out of a shifter and a negation: its base, a constant, has its own adder.
            cubic.row.eq(Mux(self._at(2).exp, EXP.base + exp_index, s2.base + index)),
            cubic.t.eq(Mux(self._at(2).exp, exp_t, t)),
        ]
        self._cubic = cubic
        return exponent

    def _add(self, m: Module, s3: SimpleNamespace) -> SimpleNamespace:
        """Cycle 3. Adds one at an integer's unit to negate or to round up, but not if both: they cancel."""
        c = self._at(3)
        up = c.round & s3.moved[1] & (s3.moved[0] | s3.moved[UNIT])
        carry = net(m, "carry", (s3.minus | c.minus_b) ^ up)
        moved = s3.moved ^ s3.minus.replicate(ADDER_BITS)
        moved = cat(Mux(c.whole, carry.replicate(UNIT), moved[:UNIT]), moved[UNIT:])
        staying = s3.staying[:ADDER_BITS] ^ c.minus_b.replicate(ADDER_BITS)
        total = (moved + staying + carry)[:ADDER_BITS]
        values: dict[str, Any] = {"total": cat(total, s3.staying[ADDER_BITS:]), "other": s3.other}
        if has_floats(self.alu):
            values |= {"taken": s3.taken, "cancel": s3.cancel, "sign": s3.sign, "top": s3.top}
        return self._load(m, 3, **values)

    def _saturate(self, m: Module, s4: SimpleNamespace) -> SimpleNamespace:
        """Cycle 4."""
        c = self._at(4)
        whole = saturate(m, c, s4.total[UNIT:ADDER_BITS])
        values: dict[str, Any] = {"other": Mux(c.integer_result, whole, s4.other)}
        if has_floats(self.alu):
            number, places = normalize(m, "normalize_t4", s4.total, _STEPS[0])
            values |= {"number": number, "places": places, "taken": s4.taken | c.integer_result}
            values |= {"cancel": s4.cancel, "sign": s4.sign, "top": s4.top}
        return self._load(m, 4, **values)

    def _finish(self, m: Module, s5: SimpleNamespace) -> Signal:
        """Cycles 5 to 7, with floating point."""
        number, places = normalize(m, "normalize_t5", s5.number, _STEPS[1])
        rest = WIDE - ROUND_BITS
        passed = {"other": s5.other, "taken": s5.taken, "cancel": s5.cancel, "sign": s5.sign, "top": s5.top}
        places = cat(places, s5.places)
        s6 = self._load(m, 5, number=number[rest:], sticky=number[:rest].any(), places=places, **passed)

        zero = net(m, "zero_t6", ~s6.number[-1] & ~self._at(6).cubic)
        exponent = (s6.top - Mux(self._at(6).cubic, 0, s6.places))[:WIDE_EXPONENT_BITS].as_signed()
        placed = place(m, exponent, zero, self._at(6).half)
        fields = {name: getattr(placed, name) for name in ("amount", "field", "above", "over", "over_low")}
        sign = s6.sign & ~(s6.cancel & zero)
        passed = {"number": s6.number, "sticky": s6.sticky, "other": s6.other, "taken": s6.taken, "sign": sign}
        s7 = self._load(m, 6, **fields, **passed)

        placed = Placed(**{name: getattr(s7, name) for name in fields})
        number, sticky = s7.number, s7.sticky
        if self.alu.large:
            value = cat(Const(0, ROUND_BITS - PATH.value_bits), self._cubic.value)
            number, sticky = Mux(self._at(7).cubic, value, number), sticky & ~self._at(7).cubic
        magnitude = pack(m, number, sticky, placed, self._at(7).half, low=self.alu.large)
        sign = Mux(self._at(7).half, s7.sign << (F16.bits - 1), s7.sign << (F32.bits - 1))
        return self._load(m, 7, result=Mux(s7.taken, s7.other, (magnitude | sign)[:WORD])).result

    def _carry(self, m: Module, s5: SimpleNamespace) -> Signal:
        """Cycles 5 to 7, of integers."""
        other = s5.other
        for cycle in range(5, DEPTH):
            other = self._load(m, cycle, other=other).other
        return other
