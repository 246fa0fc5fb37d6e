"""The data path of one ALU in one lane."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.hdl import ValueLike
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import Alu
from arch.transcendental import EXP, F16, F32, PATH
from hdl.float.compare import Order
from hdl.float.cubic import STAGES as CUBIC_STAGES
from hdl.float.cubic import Cubic
from hdl.float.nets import cat, net
from hdl.float.reduction import PRODUCT_BITS, PRODUCT_LSB, exp_parts, other_parts, prepare
from hdl.float.round import ROUND_BITS, Placed, pack, place, shift_out
from hdl.float.shift import normalize, right_shift
from hdl.float.unpack import SIGNIFICAND_BITS, WIDE_EXPONENT_BITS, Unpacked
from hdl.numeric import partial_products, sum_of_products
from hdl.seam import Block
from hdl.vxm.arrange import ADDER_BITS, UNIT, WIDE, arrange
from hdl.vxm.choose import choose, order_of
from hdl.vxm.control import STEPS as CONTROLS
from hdl.vxm.operand import CONDITION_BITS, WORD, Operand, has_floats, nothing, read
from hdl.vxm.saturate import product_of_integers, saturate
from hdl.vxm.steps import DEPTH, STEPS, cycle_of, ends_cycle

#: Places by which a sum or product may have to move up, by the step that moves it.
_PLACES = {5: (32, 16), 6: (8,), 7: (4, 2, 1)}

#: What `Unpacked` has beside the significand.
NUMBER_FIELDS = ("sign", "zero", "inf", "nan", "exponent")


def kind(alu: Alu) -> tuple[str, ...]:
    """What tells kinds of ALUs apart, for names of modules."""
    return (*(t.value for t in alu.types), "large" if alu.large else "plain")


class Lane(Block):
    """One ALU of one lane: operands in cycle 0, the result ``stages`` cycles later, one instruction per cycle.

    ==== ============================================================================================
    step work
    ==== ============================================================================================
    0    decode the operands (integer, fp16, fp32 to one form each)
    1    multiply halves; compare
    2    add up the products; logic, choices and special values; swap, difference of exponents
    3    shift right with sticky bit; exp: reduce; row of the table
    4    add, or round to an integer
    5    saturate; normalize by 32, 16                                  (cubic: table, then c3)
    6    normalize by 8
    7    normalize by 4, 2, 1                                           (cubic: c2)
    8    exponent, shift of a subnormal result                          (cubic: c1)
    9    shift to the place of the rounding
    10   round, lay out; the result's register
    ==== ============================================================================================

    Between them stand as many registers as there are stages (`hdl.vxm.steps`).

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
    s0, s1, ... : In
        Its control, by the step that uses it (``hdl.vxm.control.STEPS``), in the cycle of that step.
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
        ports: dict[str, Any] = {f"s{step}": In(layout.size) for step, layout in CONTROLS.items()}
        ports |= {"en": In(stages), "a": In(WORD), "b": In(WORD), "c": In(CONDITION_BITS), "result": Out(WORD)}
        super().__init__("vxm_lane", (*kind(alu), stages), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        now = self._decode(m)
        now = self._compare(m, now)
        now = self._begin(m, now)
        now = self._shift(m, now)
        now = self._add(m, now)
        now = self._saturate(m, now)
        result = self._finish(m, now) if has_floats(self.alu) else self._carry(m, now)
        for cycle in range(cycle_of(STEPS, self.stages), self.stages):
            result = self._registers(m, cycle, result=result).result
        m.d.comb += self.result.eq(result)
        return m

    def _at(self, step: int) -> data.View:
        """Control that ``step`` uses."""
        return data.View(CONTROLS[step], getattr(self, f"s{step}"))

    def _load(self, m: Module, step: int, **values: ValueLike) -> SimpleNamespace:
        """What ``step`` leaves to the next one, in registers if its cycle ends there."""
        if ends_cycle(step, self.stages):
            return self._registers(m, cycle_of(step, self.stages), **values)
        return SimpleNamespace(**{name: net(m, f"{name}_s{step}", value) for name, value in values.items()})

    def _registers(self, m: Module, cycle: int, **values: ValueLike) -> SimpleNamespace:
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
        """Step 0."""
        a, b = read(m, self.alu, self._at(0), self.a, self.b)
        operands = {**self._fields("a", a), **self._fields("b", b)}
        return self._load(m, 0, b_low_zero=~self.b[:CONDITION_BITS].any(), c_zero=~self.c.any(), **operands)

    def _fields(self, name: str, x: Operand) -> dict[str, ValueLike]:
        """Everything of an operand that registers have to hold."""
        held: dict[str, Any] = {f"{name}_bits": x.bits, f"{name}_factor": x.factor}
        if has_floats(self.alu):
            held |= {f"{name}_{flag}": getattr(x.number, flag) for flag in NUMBER_FIELDS}
        return held

    def _operand(self, name: str, held: SimpleNamespace) -> Operand:
        """The operand of such fields."""
        factor, number = getattr(held, f"{name}_factor"), nothing()
        if has_floats(self.alu):
            flags = {flag: getattr(held, f"{name}_{flag}") for flag in NUMBER_FIELDS}
            number = Unpacked(significand=factor[:SIGNIFICAND_BITS].as_unsigned(), **flags)
        return Operand(getattr(held, f"{name}_bits"), factor, number)

    def _compare(self, m: Module, s1: SimpleNamespace) -> SimpleNamespace:
        """Step 1."""
        a, b = self._operand("a", s1), self._operand("b", s1)
        order = order_of(m, self._at(1), a, b)
        # Where no register stands between the products and their sum, a simulator has less work with the whole.
        products = partial_products(a.factor, b.factor) if ends_cycle(1, self.stages) else [a.factor * b.factor]
        orders = {f"order_{field.name}": getattr(order, field.name) for field in fields(Order)}
        parts = {f"product{n}": part for n, part in enumerate(products)}
        return self._load(m, 1, **vars(s1), **orders, **parts)

    def _begin(self, m: Module, s2: SimpleNamespace) -> SimpleNamespace:
        """Step 2."""
        a, b = self._operand("a", s2), self._operand("b", s2)
        order = Order(**{field.name: getattr(s2, f"order_{field.name}") for field in fields(Order)})
        parts = [value for name, value in vars(s2).items() if name.startswith("product")]
        product = sum_of_products(parts, len(a.factor) + len(b.factor)) if len(parts) > 1 else parts[0]
        prepared, c = None, self._at(2)
        reduction: dict[str, Any] = {}
        if self.alu.large:
            prepared = prepare(m, a.number, c.exp, c.rsqrt, c.tanh)
            reduction = {"base": prepared.base, "places": prepared.places, "index_bits": prepared.index_bits}
            reduction |= {"significand": a.number.significand}
        other, taken = choose(m, self.alu, c, a, b, order, s2.b_low_zero, s2.c_zero, prepared)
        ready = arrange(m, self.alu, c, a, b, order, prepared)
        arranged: dict[str, Any] = {"moving": ready.moving, "amount": ready.amount, "staying": ready.staying}
        arranged |= {"minus": ready.minus, "product": product, "other": other}
        if has_floats(self.alu):
            arranged |= {"taken": taken, "sign": ready.sign, "cancel": ready.cancel, "top": ready.top}
        return self._load(m, 2, **arranged, **reduction)

    def _shift(self, m: Module, s3: SimpleNamespace) -> SimpleNamespace:
        """Step 3."""
        c = self._at(3)
        whole = product_of_integers(s3.product, UNIT)
        moving, staying = s3.moving, Mux(c.whole_product, whole, s3.staying[:ADDER_BITS])[:ADDER_BITS]
        if self.alu.large:
            scaled = s3.product[PRODUCT_LSB : PRODUCT_LSB + PRODUCT_BITS]
            moving = Mux(c.exp, scaled, moving)[:ADDER_BITS].as_signed()
        shifted, sticky = right_shift(m, "align", moving, s3.amount)
        values: dict[str, Any] = {"other": s3.other, "minus": s3.minus}
        if has_floats(self.alu):
            staying = Mux(c.product, s3.product[:WIDE], staying)
            values |= {"taken": s3.taken, "cancel": s3.cancel, "sign": s3.sign, "top": s3.top}
        if self.alu.large:
            exponent = self._reduce(m, s3, shifted[:PRODUCT_BITS])
            values |= {"sign": s3.sign & ~c.exp, "top": Mux(c.exp, exponent, s3.top)}
        return self._load(m, 3, moved=cat(shifted[0] | sticky, shifted[1:]), staying=staying, **values)

    def _reduce(self, m: Module, s3: SimpleNamespace, scaled: Value) -> Value:
        """Start the cubic in step 3; return exp's exponent."""
        m.submodules.cubic = cubic = Cubic()
        exp_index, exp_t, exponent = exp_parts(m, scaled, s3.sign)
        index, t = other_parts(m, s3.significand, self._at(3).rsqrt, s3.places, s3.index_bits)
        start = cycle_of(3, self.stages)
        m.d.comb += [
            cubic.en.eq(self.en[start : start + CUBIC_STAGES]),
            # exp's index comes last, out of a shifter and a negation: its base, a constant, has its own adder.
            cubic.row.eq(Mux(self._at(3).exp, EXP.base + exp_index, s3.base + index)),
            cubic.t.eq(Mux(self._at(3).exp, exp_t, t)),
        ]
        self._cubic = cubic.value
        for cycle in range(start + CUBIC_STAGES, cycle_of(9, self.stages)):
            self._cubic = self._registers(m, cycle, cubic=self._cubic).cubic
        return exponent

    def _add(self, m: Module, s4: SimpleNamespace) -> SimpleNamespace:
        """Step 4. Adds one at an integer's unit to negate or to round up, but not if both: they cancel."""
        c = self._at(4)
        up = c.round & s4.moved[1] & (s4.moved[0] | s4.moved[UNIT])
        carry = net(m, "carry", (s4.minus | c.minus_b) ^ up)
        moved = s4.moved ^ s4.minus.replicate(ADDER_BITS)
        moved = cat(Mux(c.whole, carry.replicate(UNIT), moved[:UNIT]), moved[UNIT:])
        staying = s4.staying[:ADDER_BITS] ^ c.minus_b.replicate(ADDER_BITS)
        total = (moved + staying + carry)[:ADDER_BITS]
        values: dict[str, Any] = {"total": cat(total, s4.staying[ADDER_BITS:]), "other": s4.other}
        if has_floats(self.alu):
            values |= {"taken": s4.taken, "cancel": s4.cancel, "sign": s4.sign, "top": s4.top}
        return self._load(m, 4, **values)

    def _saturate(self, m: Module, s5: SimpleNamespace) -> SimpleNamespace:
        """Step 5."""
        c = self._at(5)
        whole = saturate(m, c, s5.total[UNIT:ADDER_BITS])
        values: dict[str, Any] = {"other": Mux(c.integer_result, whole, s5.other)}
        if has_floats(self.alu):
            number, places = normalize(m, "normalize_s5", s5.total, _PLACES[5])
            values |= {"number": number, "places": places, "taken": s5.taken | c.integer_result}
            values |= {"cancel": s5.cancel, "sign": s5.sign, "top": s5.top}
        return self._load(m, 5, **values)

    def _finish(self, m: Module, now: SimpleNamespace) -> Signal:
        """Steps 6 to 10, with floating point."""
        rest = WIDE - ROUND_BITS
        for step in (6, 7):
            passed = {name: getattr(now, name) for name in ("other", "taken", "cancel", "sign", "top")}
            number, places = normalize(m, f"normalize_s{step}", now.number, _PLACES[step])
            if step == 7:
                number, passed["sticky"] = number[rest:], number[:rest].any()
            now = self._load(m, step, number=number, places=cat(places, now.places), **passed)
        now = self._place(m, now)
        now = self._move(m, now)
        magnitude = pack(m, now.shifted, now.lost, now.field, now.over, self._at(10).half)
        sign = Mux(self._at(10).half, now.sign << (F16.bits - 1), now.sign << (F32.bits - 1))
        return self._load(m, 10, result=Mux(now.taken, now.other, (magnitude | sign)[:WORD])).result

    def _place(self, m: Module, s8: SimpleNamespace) -> SimpleNamespace:
        """Step 8."""
        c = self._at(8)
        zero = net(m, "zero", ~s8.number[-1] & ~c.cubic)
        exponent = (s8.top - Mux(c.cubic, 0, s8.places))[:WIDE_EXPONENT_BITS].as_signed()
        placed = vars(place(m, exponent, zero, c.half))
        passed = {name: getattr(s8, name) for name in ("number", "sticky", "other", "taken")}
        return self._load(m, 8, **placed, **passed, sign=s8.sign & ~(s8.cancel & zero))

    def _move(self, m: Module, s9: SimpleNamespace) -> SimpleNamespace:
        """Step 9."""
        c = self._at(9)
        placed = Placed(**{field.name: getattr(s9, field.name) for field in fields(Placed)})
        number, sticky = s9.number, s9.sticky
        if self.alu.large:
            value = cat(Const(0, ROUND_BITS - PATH.value_bits), self._cubic)
            number, sticky = Mux(c.cubic, value, number), sticky & ~c.cubic
        shifted, lost, field, over = shift_out(m, number, sticky, placed, low=self.alu.large)
        passed = {"other": s9.other, "taken": s9.taken, "sign": s9.sign}
        return self._load(m, 9, shifted=shifted, lost=lost, field=field, over=over, **passed)

    def _carry(self, m: Module, s6: SimpleNamespace) -> Signal:
        """Steps 6 to 10, of integers."""
        result = s6.other
        for step in range(6, STEPS):
            result = self._load(m, step, result=result).result
        return result
