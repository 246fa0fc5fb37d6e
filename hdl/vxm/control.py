"""Control of an ALU: what its lanes need to know of an instruction, step by step.

An instruction is decoded once for all lanes of a superlane; `Control` rides beside their pipelines, and each step
drops what no later step needs. The decoder is made from ``arch.isa.vxm``: what an ALU lacks is constant, hence no
logic.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from arch.config import Alu
from arch.isa.vxm import COMPARISONS, OPERATIONS, VxmOp
from arch.types import FLOAT_TYPES, Type


def _flags(*names: str, **wide: int) -> data.StructLayout:
    return data.StructLayout({**dict.fromkeys(names, 1), **wide})


#: Step 0, reading the operands. ``half``: fp16. ``w8``, ``w16``: width of a; else 32. ``raw_b``: b is an i32.
#: ``power`` and ``log2e``: the multiplier takes two to the b, or log2(e), for b.
UNPACK = _flags("half", "floating", "signed", "w8", "w16", "raw_b", "power", "log2e")

#: Step 1, comparing: kind and width of the type.
ORDER = _flags("floating", "signed", "w8", "w16")

#: Step 2. ``to_half``: the result is fp16. ``truth``: result bits by those of (a, b), from (0, 0) to (1, 1).
#: ``binary``: b is of the element type. ``canonical``: a NaN operand gives the canonical NaN. ``flip``, ``clear``: the
#: float's sign.
#: ``by_less``, ``by_equal``, ``invert``: which order makes a comparison hold. ``add``: floats, or one float through the
#: adder; ``plus``: two of them. ``minus``: b changes sign. ``whole_a``, ``whole_b``: integers for the adder.
#: ``minus_a``: a changes sign, always, or with ``absolute`` where it is negative. ``integer_result``, ``other``: the
#: result is the adder's integer, or is made in this cycle.
CHOOSE = _flags(
    *("half", "to_half", "floating", "signed", "w8", "w16", "binary", "canonical", "flip", "clear"),
    *("minimum", "maximum", "compare", "by_less", "by_equal", "invert", "mask", "select", "relu"),
    *("add", "plus", "minus", "multiply", "to_integer", "from_integer", "shift_right"),
    *("whole_a", "whole_b", "minus_a", "absolute", "exp", "rsqrt", "tanh", "other"),
    truth=4,
)
#: Step 3, the shifter. ``product``, ``whole_product``: the multiplier's, of floats or of integers, takes b's place.
ALIGN = _flags("exp", "rsqrt", "product", "whole_product")
#: Step 4, the adder. ``whole``: integers. ``round``: to nearest even. ``minus_b``: subtract b.
ADD = _flags("whole", "round", "minus_b")
#: Step 5, saturation, by the result's type.
SATURATE = _flags("integer_result", "saturate", "signed", "w8", "w16")
#: Steps 8 to 10, rounding. ``cubic``: exp, rsqrt or tanh.
ROUND = _flags("half", "cubic")

#: All of it, by the step of ``hdl.vxm.lane`` that uses it.
STEPS = {
    0: UNPACK,
    1: ORDER,
    2: CHOOSE,
    3: ALIGN,
    4: ADD,
    5: SATURATE,
    8: ROUND,
    9: ROUND,
    10: ROUND,
}
CONTROL = data.StructLayout({f"s{step}": layout for step, layout in STEPS.items()})

#: Steps that look at the operands' type, and those that round.
_READING = {step: layout for step, layout in STEPS.items() if layout in (UNPACK, ORDER, CHOOSE)}
_ROUNDING = [step for step, layout in STEPS.items() if layout is ROUND]

#: Bits of an operation's number: its place in ``arch.isa.vxm.OPERATIONS``.
OPERATION_BITS = (len(OPERATIONS) - 1).bit_length()
#: Bits of a type's code.
TYPE_BITS = (len(Type) - 1).bit_length()

#: Results by the bits of (a, b): 00, 01, 10, 11 from the lowest.
_A, _NONE = 0b1100, 0b0000
_TRUTH = {"Not": 0b0011, "And": 0b1000, "Or": 0b1110, "Xor": 0b0110}

#: What the first cycle alone does.
_PICKED = ("Identity", "Latch", "Mask", "Select", "Min", "Max", "ReLU")
_CHOSEN = (*_PICKED, *_TRUTH, *COMPARISONS)
#: Flags of ``CHOOSE`` that hold for an operation whatever its type.
_ALWAYS: dict[str, tuple[str, ...]] = {
    "Min": ("minimum", "binary"),
    "Max": ("maximum", "binary"),
    "Mask": ("mask",),
    "Select": ("select",),
    "ReLU": ("relu",),
    "Eq": ("compare", "by_equal", "binary"),
    "Ne": ("compare", "by_equal", "invert", "binary"),
    "Lt": ("compare", "by_less", "binary"),
    "Le": ("compare", "by_less", "by_equal", "binary"),
    "Gt": ("compare", "by_less", "by_equal", "invert", "binary"),
    "Ge": ("compare", "by_less", "invert", "binary"),
    "Exp": ("exp",),
    "RSqrt": ("rsqrt",),
    "Tanh": ("tanh",),
}
#: Further flags of ``CHOOSE`` for integers, and for floats.
_INTEGERS: dict[str, tuple[str, ...]] = {
    "Neg": ("whole_a", "minus_a"),
    "Abs": ("whole_a", "minus_a", "absolute"),
    "Add": ("whole_a", "whole_b"),
    "Sub": ("whole_a", "whole_b"),
    "Shr": ("whole_a", "shift_right"),
}
_FLOATS: dict[str, tuple[str, ...]] = {
    "Neg": ("flip", "other"),
    "Abs": ("clear", "other"),
    "Add": ("add", "plus", "binary"),
    "Sub": ("add", "plus", "minus", "binary"),
    "Mul": ("multiply", "binary"),
}
_KEEP_NAN = ("Identity", "Latch", "Mask", "Select", *COMPARISONS)


class Decoder(wiring.Component):
    """Makes the control of an instruction. Latency 0.

    Parameters
    ----------
    alu : Alu
        Types and size of the ALU. Instructions that it lacks are refused before; here they give anything.

    Members
    -------
    en : In(1)
        Whether there is an instruction; without it the control is that of none.
    operation : In(5)
        Place in ``arch.isa.vxm.OPERATIONS``.
    type, to : In(3)
        Codes of the element type and of a Cast's result.
    sat : In(1)
        Whether integers saturate.
    control : Out(CONTROL)
    """

    en: In(1)
    operation: In(OPERATION_BITS)
    type: In(TYPE_BITS)
    to: In(TYPE_BITS)
    sat: In(1)
    control: Out(CONTROL.size)

    def __init__(self, *, alu: Alu):
        self.alu = alu
        super().__init__()

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # A signal for each flag: one that nobody sets is then a constant, not a part of a process without inputs.
        flags = [Signal(f.width, name=f"{name}_s{step}") for step, layout in STEPS.items() for name, f in layout]
        c = data.View(CONTROL, Cat(*flags))
        m.d.comb += self.control.eq(Cat(*flags))
        cast = Signal()
        final, types = Signal(TYPE_BITS), self.alu.types
        m.d.comb += final.eq(Mux(cast, self.to, self.type))
        floating, to_floating = _among(self.type, FLOAT_TYPES, types), _among(final, FLOAT_TYPES, types)
        source = _width_flags(self.type, types) | {"floating": floating}
        for flag, value in source.items():
            m.d.comb += [c[f"s{step}"][flag].eq(value) for step, layout in _READING.items() if flag in layout.members]
        result = _width_flags(final, types)
        m.d.comb += [c.s5[flag].eq(result[flag]) for flag in ("signed", "w8", "w16")]
        half = result["half"]
        m.d.comb += [
            c.s2.to_half.eq(half),
            *(c[f"s{n}"].half.eq(half) for n in _ROUNDING),
            c.s5.saturate.eq(self.sat | cast),
        ]
        with m.If(self.en), m.Switch(self.operation):
            for number, operation in enumerate(OPERATIONS):
                if _has(self.alu, operation):
                    with m.Case(number):
                        m.d.comb += cast.eq(operation.name == "Cast")
                        if operation.name == "Cast":
                            m.d.comb += self._cast(c, floating, to_floating)
                        else:
                            m.d.comb += self._ordinary(c, operation, floating)
        return m

    def _ordinary(self, c: data.View, operation: VxmOp, floating: Value) -> list[Any]:
        """Statements for an operation whose result is of its element type, or a comparison's."""
        name = operation.name
        both = set(operation.types) & set(self.alu.types)
        whole = Value.cast(any(not t.floating for t in both))
        whole = whole & ~floating
        truth = _TRUTH.get(name, _A)
        if name in COMPARISONS:
            truth = _NONE
        statements = [c.s2.truth.eq(truth), c.s2.canonical.eq(floating if name not in _KEEP_NAN else 0)]
        statements += [c.s2[flag].eq(1) for flag in _ALWAYS.get(name, ())]
        statements += [c.s2[flag].eq(whole) for flag in _INTEGERS.get(name, ())]
        statements += [c.s2[flag].eq(floating) for flag in _FLOATS.get(name, ())]
        if name in _CHOSEN:
            statements.append(c.s2.other.eq(1))
        elif not operation.large:
            statements += [c.s5.integer_result.eq(whole), c.s4.whole.eq(whole)]
        if name in ("Mul", "Shl"):
            statements += [c.s3.whole_product.eq(whole), c.s3.product.eq(floating), c.s0.power.eq(name == "Shl")]
        if name == "Sub":
            statements.append(c.s4.minus_b.eq(whole))
        if operation.large:
            statements += [*(c[f"s{n}"].cubic.eq(1) for n in _ROUNDING), c.s0.log2e.eq(name == "Exp")]
            statements += [c.s3[flag].eq(name == mnemonic) for flag, mnemonic in (("exp", "Exp"), ("rsqrt", "RSqrt"))]
        return statements

    def _cast(self, c: data.View, floating: Value, to_floating: Value) -> list[Any]:
        """Statements for the conversion between any two types."""
        return [
            c.s0.raw_b.eq(1),
            c.s2.truth.eq(_A),
            c.s2.canonical.eq(floating & to_floating),
            c.s2.add.eq(floating & to_floating),
            c.s2.to_integer.eq(floating & ~to_floating),
            c.s2.from_integer.eq(~floating & to_floating),
            c.s2.whole_a.eq(~floating),
            c.s2.minus_a.eq(~floating & to_floating),
            c.s2.absolute.eq(1),
            c.s2.whole_b.eq(~to_floating),
            c.s4.whole.eq(~floating | ~to_floating),
            c.s4.round.eq(floating & ~to_floating),
            c.s5.integer_result.eq(~to_floating),
        ]


def _has(alu: Alu, operation: VxmOp) -> bool:
    return bool(set(operation.types) & set(alu.types)) and (alu.large or not operation.large)


def _among(code: Value, wanted: tuple[Type, ...], types: tuple[Type, ...]) -> Value:
    """Whether a code is of a wanted type, all codes being of ``types``."""
    inside = [t.code for t in types if t in wanted]
    if len(inside) in (0, len(types)):
        return Value.cast(bool(inside))
    return code.matches(*inside)


def _width_flags(code: Value, types: tuple[Type, ...]) -> dict[str, Value]:
    return {
        "half": _among(code, (Type.F16,), types),
        "signed": _among(code, tuple(t for t in Type if t.signed), types),
        "w8": _among(code, tuple(t for t in Type if t.bytes == 1), types),
        "w16": _among(code, tuple(t for t in Type if t.bytes == 2), types),
    }
