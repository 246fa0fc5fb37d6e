"""The data path of one ALU in one lane."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from amaranth import Const, Module, Mux, Signal, Value
from amaranth.hdl import ValueLike
from amaranth.lib.wiring import In, Out

from arch.config import Alu
from arch.transcendental import EXP
from hdl.float.compare import Keys, order_of
from hdl.float.cubic import SPLIT_STAGES, STAGES, Cubic
from hdl.float.nets import cat, net
from hdl.float.reduction import (
    Prepared,
    chosen_fraction,
    exp_parts,
    exp_scaled,
    other_parts,
    prepare,
    settle,
)
from hdl.float.round import relate
from hdl.float.shift import advance, leading, right_shift
from hdl.float.unpack import SIGNIFICAND_BITS, Unpacked
from hdl.numeric import partial_products, sum_of_products
from hdl.seam import Block
from hdl.vxm.arrange import ADDER_BITS, UNIT, WIDE, amount_of, arrange
from hdl.vxm.choose import SPECIAL_FIELDS, choose, constant, decide, keys_of
from hdl.vxm.control import STEPS as CONTROLS
from hdl.vxm.finish import finish
from hdl.vxm.operand import CONDITION_BITS, WORD, Operand, has_floats, inspect, nothing, read
from hdl.vxm.pipeline import Pipeline
from hdl.vxm.saturate import limit, product_of_integers, saturate
from hdl.vxm.steps import DEPTH, STEPS, cycle_of, ends_cycle

#: Places by which a sum or product may have to move up, in step 9; `hdl.vxm.finish` does the rest.
_FAR = (32, 16, 8)
#: Bits of a shift's distance that its second half takes.
NEAR = 1

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
    0    cut the operands to their type; zeros, infinities and NaN
    1    decode them (integer, fp16, fp32 to one form each)
    2    multiply halves; compare; exp, rsqrt, tanh: look at the operand
    3    add up the products; which choice, which special value; swap, difference of exponents
    4    choose; distance of the shift; exp: the product's highest part
    5    shift right by fours
    6    shift right by ones with sticky bit; exp: reduce; row of the table
    7    add, or round to an integer
    8    how far to normalize by 32, 16, 8; whether to saturate
    9    normalize by these; saturate
    10   normalize by 4, 2
    11   normalize by 1
    12   exponent
    13   shift of a subnormal result
    14   wait for the cubic
    15   take it
    16   shift to the place of the rounding
    17   round, lay out; the result's register
    ==== ============================================================================================

    The cubic takes 5 cycles from step 6 on, or 9 where there are so many before step 15. Between the steps stand as
    many registers as there are stages (`hdl.vxm.steps`).

    Registers of the data path have no reset and load only behind an instruction, so that an idle ALU keeps still. The
    result stays until the next one: that is all that `Latch` needs.

    Parameters
    ----------
    alu : Alu
        What the ALU has; what it lacks is not built.
    stages : int
        Of :class:`hdl.vxm.alu.Alu`, from 8 on; those beyond the steps stand before the result.

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
        p = Pipeline(m, self.stages, self.en, {step: getattr(self, f"s{step}") for step in CONTROLS})
        now = self._decode(p)
        now = self._read(p, now)
        now = self._compare(p, now)
        now = self._decide(p, now)
        now = self._choose(p, now)
        now = self._shift(p, now)
        now = self._align(p, now)
        now = self._add(p, now)
        now = self._saturate(p, now)
        now = self._limit(p, now)
        if has_floats(self.alu):
            result = finish(p, now, self._cubic if self.alu.large else None)
        else:
            result = self._carry(p, now)
        for cycle in range(cycle_of(STEPS, self.stages), self.stages):
            result = p.registers(cycle, result=result).result
        m.d.comb += self.result.eq(result)
        return m

    def _decode(self, p: Pipeline) -> SimpleNamespace:
        """Step 0."""
        found = inspect(p.m, self.alu, p.at(0), self.a, self.b)
        return p.load(0, b_low_zero=~self.b[:CONDITION_BITS].any(), c_zero=~self.c.any(), **found)

    def _read(self, p: Pipeline, s1: SimpleNamespace) -> SimpleNamespace:
        """Step 1."""
        a, b = read(p.m, self.alu, p.at(1), s1)
        operands = {**self._fields("a", a), **self._fields("b", b)}
        return p.load(1, b_low_zero=s1.b_low_zero, c_zero=s1.c_zero, **operands)

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

    def _compare(self, p: Pipeline, s2: SimpleNamespace) -> SimpleNamespace:
        """Step 2."""
        a, b = self._operand("a", s2), self._operand("b", s2)
        order = keys_of(p.m, p.at(2), a, b)
        # Where no register stands between the products and their sum, a simulator has less work with the whole.
        products = partial_products(a.factor, b.factor) if ends_cycle(2, self.stages) else [a.factor * b.factor]
        orders = {f"order_{field.name}": getattr(order, field.name) for field in fields(Keys)}
        parts: dict[str, Any] = {f"product{n}": part for n, part in enumerate(products)}
        if self.alu.large:
            c = p.at(2)
            prepared = prepare(p.m, a.number, c.exp, c.rsqrt, c.tanh)
            parts |= {f"reduce_{field.name}": getattr(prepared, field.name) for field in fields(Prepared)}
        return p.load(2, **vars(s2), **orders, **parts)

    def _decide(self, p: Pipeline, s3: SimpleNamespace) -> SimpleNamespace:
        """Step 3."""
        a, b = self._operand("a", s3), self._operand("b", s3)
        keys = Keys(**{field.name: getattr(s3, f"order_{field.name}") for field in fields(Keys)})
        order = order_of(p.m, keys, a.number.sign, b.number.sign, p.at(3).floating)
        prepared, c = None, p.at(3)
        parts = [value for name, value in vars(s3).items() if name.startswith("product")]
        product = sum_of_products(parts, len(a.factor) + len(b.factor)) if len(parts) > 1 else parts[0]
        reduction: dict[str, Any] = {}
        if self.alu.large:
            found = {field.name: getattr(s3, f"reduce_{field.name}") for field in fields(Prepared)}
            prepared = Prepared(**found)
            reduction = {f"reduce_{name}": found[name] for name in ("places", "base", "index_bits", "result")}
            reduction |= {"reduce_exponent": a.number.exponent, "significand": a.number.significand}
        decided = decide(p.m, self.alu, c, a, b, order, s3.b_low_zero, s3.c_zero, prepared)
        ready = arrange(p.m, self.alu, c, a, b, order)
        arranged: dict[str, Any] = {name: getattr(ready, name) for name in ("moving", "shift", "staying", "minus")}
        if has_floats(self.alu):
            arranged |= {name: getattr(ready, name) for name in ("down", "sign", "cancel", "top")}
        return p.load(3, a_bits=a.bits, b_bits=b.bits, product=product, **arranged, **decided, **reduction)

    def _choose(self, p: Pipeline, s4: SimpleNamespace) -> SimpleNamespace:
        """Step 4."""
        c, down = p.at(4), s4.down if has_floats(self.alu) else Const(0)
        values: dict[str, Any] = {name: getattr(s4, name) for name in ("moving", "staying", "minus", "product")}
        values["amount"] = amount_of(p.m, self.alu, c, s4.shift, down)
        values["other"] = choose(p.m, self.alu, c, s4, s4.a_bits, s4.b_bits)
        if has_floats(self.alu):
            values |= {name: getattr(s4, name) for name in (*SPECIAL_FIELDS, "taken", "sign", "cancel", "top")}
        if self.alu.large:
            tanh = s4.reduce_base, s4.reduce_index_bits, s4.reduce_result
            base, index_bits, exponent = settle(p.m, tanh, s4.reduce_exponent, s4.reduce_places, c.rsqrt)
            values |= {"base": base, "index_bits": index_bits, "top": Mux(c.rsqrt | c.tanh, exponent, s4.top)}
            values |= {"places": s4.reduce_places, "significand": s4.significand}
            scaled = exp_scaled(p.m, s4.product, s4.significand, s4.sign)
            values["moving"] = Mux(c.exp, scaled, s4.moving).as_signed()
        return p.load(4, **values)

    def _shift(self, p: Pipeline, s5: SimpleNamespace) -> SimpleNamespace:
        """Step 5."""
        c = p.at(5)
        whole = product_of_integers(s5.product, UNIT)
        staying = Mux(c.whole_product, whole, s5.staying[:ADDER_BITS])[:ADDER_BITS]
        values: dict[str, Any] = {"other": s5.other, "minus": s5.minus}
        if has_floats(self.alu):
            staying = Mux(c.product, s5.product[:WIDE], staying)
            values["other"] = Mux(s5.fixed, constant(c.to_half, s5), s5.other)[:WORD]
            values |= {name: getattr(s5, name) for name in ("taken", "cancel", "sign", "top")}
        if self.alu.large:
            chosen = chosen_fraction(p.m, s5.significand, c.rsqrt, s5.places)
            values |= {"base": s5.base, "index_bits": s5.index_bits, "chosen": chosen}
        moving, lost = right_shift(p.m, "align_far", s5.moving, s5.amount[NEAR:], unit=1 << NEAR)
        return p.load(5, moving=moving, lost=lost, near=s5.amount[:NEAR], staying=staying, **values)

    def _align(self, p: Pipeline, s6: SimpleNamespace) -> SimpleNamespace:
        """Step 6."""
        shifted, sticky = right_shift(p.m, "align", s6.moving, s6.near, lost=s6.lost)
        values: dict[str, Any] = {"other": s6.other, "minus": s6.minus, "staying": s6.staying}
        if has_floats(self.alu):
            values |= {name: getattr(s6, name) for name in ("taken", "cancel", "sign", "top")}
        if self.alu.large:
            exp, exponent = p.at(6).exp, self._reduce(p, s6, shifted)
            values |= {"sign": s6.sign & ~exp, "top": Mux(exp, exponent, s6.top)}
        return p.load(6, moved=cat(shifted[0] | sticky, shifted[1:]), **values)

    def _reduce(self, p: Pipeline, s6: SimpleNamespace, scaled: Value) -> Value:
        """Start the cubic in step 6; return exp's exponent."""
        exp_index, exp_t, exponent = exp_parts(p.m, scaled, s6.sign)
        index, t = other_parts(p.m, s6.chosen, s6.index_bits)
        exp, start, end = p.at(6).exp, cycle_of(6, self.stages), cycle_of(15, self.stages)
        stages = SPLIT_STAGES if end - start >= SPLIT_STAGES else STAGES
        p.m.submodules.cubic = cubic = Cubic(stages=stages)
        p.m.d.comb += [
            cubic.en.eq(self.en[start : start + stages]),
            # exp's index comes last, out of a shifter and a negation: its base, a constant, has its own adder.
            cubic.row.eq(Mux(exp, EXP.base + exp_index, s6.base + index)),
            cubic.t.eq(Mux(exp, exp_t, t)),
        ]
        self._cubic = cubic.value
        for cycle in range(start + stages, end):
            self._cubic = p.registers(cycle, cubic=self._cubic).cubic
        return exponent

    def _add(self, p: Pipeline, s7: SimpleNamespace) -> SimpleNamespace:
        """Step 7. Adds one at an integer's unit to negate or to round up, but not if both: they cancel."""
        c = p.at(7)
        up = c.round & s7.moved[1] & (s7.moved[0] | s7.moved[UNIT])
        carry = net(p.m, "carry", (s7.minus | c.minus_b) ^ up)
        moved = s7.moved ^ s7.minus.replicate(ADDER_BITS)
        moved = cat(Mux(c.whole, carry.replicate(UNIT), moved[:UNIT]), moved[UNIT:])
        staying = s7.staying[:ADDER_BITS] ^ c.minus_b.replicate(ADDER_BITS)
        total = (moved + staying + carry)[:ADDER_BITS]
        values: dict[str, Any] = {"total": cat(total, s7.staying[ADDER_BITS:]), "other": s7.other}
        if has_floats(self.alu):
            values |= {name: getattr(s7, name) for name in ("taken", "cancel", "sign", "top")}
        return p.load(7, **values)

    def _saturate(self, p: Pipeline, s8: SimpleNamespace) -> SimpleNamespace:
        """Step 8."""
        c, whole = p.at(8), s8.total[UNIT:ADDER_BITS]
        bits, out = saturate(p.m, c, whole)
        values: dict[str, Any] = {"other": Mux(c.integer_result, bits, s8.other), "out": out & c.integer_result}
        values["negative"] = whole[-1]
        if has_floats(self.alu):
            values |= {"total": s8.total, "taken": s8.taken | c.integer_result}
            values |= {"places": leading(p.m, "leading", s8.total, _FAR)}
            values |= {name: getattr(s8, name) for name in ("cancel", "sign", "top")}
        return p.load(8, **values)

    def _limit(self, p: Pipeline, s9: SimpleNamespace) -> SimpleNamespace:
        """Step 9."""
        c = p.at(9)
        values: dict[str, Any] = {"other": Mux(s9.out, limit(c, s9.negative), s9.other)}
        if has_floats(self.alu):
            values |= {"number": advance(p.m, "normalize_far", s9.total, _FAR, s9.places)}
            values |= {"relative": relate(p.m, s9.top, c.half)}
            values |= {name: getattr(s9, name) for name in ("places", "taken", "cancel", "sign")}
        return p.load(9, **values)

    def _carry(self, p: Pipeline, s10: SimpleNamespace) -> Signal:
        """Steps 10 to 17, of integers."""
        result = s10.other
        for step in range(10, STEPS):
            result = p.load(step, result=result).result
        return result
