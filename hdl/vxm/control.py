"""Control of an ALU: what its lanes need to know of an instruction, step by step.

An instruction is decoded once for all lanes of a superlane; `Control` rides beside their pipelines, and each step
drops what no later step needs. The decoder is made from ``arch.isa.vxm``: what an ALU lacks is constant, hence no
logic.
"""

from collections.abc import Mapping
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from arch.config import Alu
from arch.isa.vxm import COMPARISONS, OPERATIONS, VxmOp
from arch.types import FLOAT_TYPES, Type


def _flags(*names: str, **wide: int) -> data.StructLayout:
    return data.StructLayout({**dict.fromkeys(names, 1), **wide})


#: Step 0, looking at the operands. ``half``: fp16. ``w8``, ``w16``: width of a; else 32. ``raw_b``: b is an i32.
UNPACK = _flags("half", "signed", "w8", "w16", "raw_b")
#: Step 1, reading them. ``power`` and ``log2e``: the multiplier takes two to the b, or log2(e), for b.
FACTORS = _flags("half", "floating", "w8", "w16", "raw_b", "power", "log2e")

#: Step 2, comparing: kind and width of the type; and looking at the operand of exp, rsqrt and tanh.
ORDER = _flags("floating", "signed", "w8", "w16", "exp", "rsqrt", "tanh")

#: Step 3. ``truth``: result bits by those of (a, b), from (0, 0) to (1, 1). ``binary``: b is of the element type.
#: ``canonical``: a NaN operand gives the canonical NaN.
#: ``by_less``, ``by_equal``, ``invert``: which order makes a comparison hold. ``add``: floats, or one float through the
#: adder; ``plus``: two of them. ``minus``: b changes sign. ``whole_a``, ``whole_b``: integers for the adder.
#: ``minus_a``: a changes sign, always, or with ``absolute`` where it is negative. ``other``: the result is made by
#: this and the next step.
CHOOSE = _flags(
    *("floating", "binary", "canonical"),
    *("minimum", "maximum", "compare", "by_less", "by_equal", "invert", "mask", "select", "relu"),
    *("add", "plus", "minus", "multiply", "to_integer", "from_integer"),
    *("whole_a", "whole_b", "minus_a", "absolute", "exp", "rsqrt", "tanh", "other"),
    truth=4,
)
#: Step 4. ``flip``, ``clear``: the float's sign. ``shift_right``: integers.
PICK = _flags("half", "w8", "w16", "flip", "clear", "shift_right", "exp", "rsqrt", "tanh")
#: Steps 5 and 6, the shifter. ``product``, ``whole_product``: the multiplier's, of floats or of integers, takes b's
#: place. ``to_half``: the result is fp16.
ALIGN = _flags("rsqrt", "product", "whole_product", "to_half")
REDUCE = _flags("exp")
#: Step 7, the adder. ``whole``: integers. ``round``: to nearest even. ``minus_b``: subtract b.
ADD = _flags("whole", "round", "minus_b")
#: Steps 8 and 9, saturation, by the result's type. ``integer_result``: the result is the adder's integer. ``half``: it
#: is fp16.
SATURATE = _flags("integer_result", "saturate", "signed", "w8", "w16")
LIMIT = _flags("signed", "w8", "w16", "half")
#: Steps 10 to 17, rounding. ``cubic``: exp, rsqrt or tanh.
ROUND = _flags("half", "cubic")

#: All of it, by the step of ``hdl.vxm.lane`` that uses it.
STEPS = {
    0: UNPACK,
    1: FACTORS,
    2: ORDER,
    3: CHOOSE,
    4: PICK,
    5: ALIGN,
    6: REDUCE,
    7: ADD,
    8: SATURATE,
    9: LIMIT,
    10: ROUND,
    12: ROUND,
    13: ROUND,
    15: ROUND,
    17: ROUND,
}
CONTROL = data.StructLayout({f"s{step}": layout for step, layout in STEPS.items()})

#: Flags by the type of the operands, in the steps that look at it, and by that of the result.
_READING = {n: ("half", "floating", "signed", "w8", "w16") for n in (0, 1, 2, 3, 4)}
_WRITING = {n: ("half", "signed", "w8", "w16") for n in STEPS if n > max(_READING)}
#: Steps that know operations by their names.
_CHOOSING = (2, 3, 4)
_ROUNDING = [step for step, layout in STEPS.items() if layout is ROUND]

#: Bits of an operation's number: its place in ``arch.isa.vxm.OPERATIONS``.
OPERATION_BITS = (len(OPERATIONS) - 1).bit_length()
#: Bits of a type's code.
TYPE_BITS = (len(Type) - 1).bit_length()

#: Results by the bits of (a, b): 00, 01, 10, 11 from the lowest.
_A, _NONE = 0b1100, 0b0000
_TRUTH = {"Not": 0b0011, "And": 0b1000, "Or": 0b1110, "Xor": 0b0110}

#: What needs no arithmetic.
_PICKED = ("Identity", "Latch", "Mask", "Select", "Min", "Max", "ReLU")
_CHOSEN = (*_PICKED, *_TRUTH, *COMPARISONS)
#: Flags of ``ORDER``, ``CHOOSE`` and ``PICK`` that hold for an operation whatever its type.
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
#: Further ones for integers, and for floats.
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
        result = _width_flags(final, types)
        for step, names in _READING.items():
            m.d.comb += _set(c, step, {name: source[name] for name in names})
        for step, names in _WRITING.items():
            m.d.comb += _set(c, step, {name: result[name] for name in names})
        m.d.comb += [c.s5.to_half.eq(result["half"]), c.s8.saturate.eq(self.sat | cast)]
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
        statements = [c.s3.truth.eq(truth), c.s3.canonical.eq(floating if name not in _KEEP_NAN else 0)]
        for step in _CHOOSING:
            statements += _set(c, step, dict.fromkeys(_ALWAYS.get(name, ()), Const(1)))
            statements += _set(c, step, dict.fromkeys(_INTEGERS.get(name, ()), whole))
            statements += _set(c, step, dict.fromkeys(_FLOATS.get(name, ()), floating))
        if name in _CHOSEN:
            statements.append(c.s3.other.eq(1))
        elif not operation.large:
            statements += [c.s8.integer_result.eq(whole), c.s7.whole.eq(whole)]
        if name in ("Mul", "Shl"):
            statements += [c.s5.whole_product.eq(whole), c.s5.product.eq(floating), c.s1.power.eq(name == "Shl")]
        if name == "Sub":
            statements.append(c.s7.minus_b.eq(whole))
        if operation.large:
            statements += [*(c[f"s{n}"].cubic.eq(1) for n in _ROUNDING), c.s1.log2e.eq(name == "Exp")]
            statements += [c.s5.rsqrt.eq(name == "RSqrt"), c.s6.exp.eq(name == "Exp")]
        return statements

    def _cast(self, c: data.View, floating: Value, to_floating: Value) -> list[Any]:
        """Statements for the conversion between any two types."""
        return [
            c.s0.raw_b.eq(1),
            c.s1.raw_b.eq(1),
            c.s3.truth.eq(_A),
            c.s3.canonical.eq(floating & to_floating),
            c.s3.add.eq(floating & to_floating),
            c.s3.to_integer.eq(floating & ~to_floating),
            c.s3.from_integer.eq(~floating & to_floating),
            c.s3.whole_a.eq(~floating),
            c.s3.minus_a.eq(~floating & to_floating),
            c.s3.absolute.eq(1),
            c.s3.whole_b.eq(~to_floating),
            c.s7.whole.eq(~floating | ~to_floating),
            c.s7.round.eq(floating & ~to_floating),
            c.s8.integer_result.eq(~to_floating),
        ]


def _set(c: data.View, step: int, flags: Mapping[str, Value]) -> list[Any]:
    """Statements that set those of the flags that a step has."""
    return [c[f"s{step}"][name].eq(value) for name, value in flags.items() if name in STEPS[step].members]


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
