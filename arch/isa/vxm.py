"""VXM instructions (published classes: unary, binary, conversion, ReLU, Tanh, Exp, RSqrt; the list is our decision)."""

from dataclasses import dataclass

from arch.isa.fields import Field, Kind
from arch.isa.spec import Spec
from arch.queues import Unit
from arch.types import FLOAT_TYPES, INTEGER_TYPES, Type

_UNITS = (Unit.VXM,)
_BASE = 0x20

_TYPE = Field("type", 8, 3, Kind.TYPE, "element type")
_TO = Field("to", 11, 3, Kind.TYPE, "type of the result")
_SAT = Field("sat", 14, 1, Kind.FLAG, "saturate instead of wrapping; integers only", default=0)
_A = Field("a", 16, 9, Kind.OPERAND, "first operand")
_B = Field("b", 25, 9, Kind.OPERAND, "second operand")
_C = Field("c", 34, 9, Kind.OPERAND, "condition: a mesh neighbor, self or imm")
_OUT = Field("out", 48, 7, Kind.OUT, "stream to drive, of the result's width", default=0)
_IMM = Field("imm", 64, 32, Kind.UINT, "immediate, raw bits of the operand's type", default=0)
_OFFSET = Field("b", 25, 9, Kind.OPERAND, "i32 added after rounding, before saturation", default=0)

_SIGNED = tuple(t for t in Type if t.signed)


@dataclass(frozen=True)
class VxmOp:
    """What the table knows of a VXM operation beside its fields.

    Attributes
    ----------
    name
        Mnemonic.
    types
        Types it is defined for.
    operands
        Names of its operand fields.
    large
        Whether only the large ALUs have it.
    doc
        Meaning.
    saturates
        Whether it has a saturating form for integers.
    """

    name: str
    types: tuple[Type, ...]
    operands: tuple[str, ...]
    doc: str
    large: bool = False
    saturates: bool = False

    def fields(self) -> tuple[Field, ...]:
        """Fields of the operation's word."""
        row = [_TYPE]
        if self.name == "Cast":
            row.append(_TO)
        if self.saturates:
            row.append(_SAT)
        row.append(_A)
        if "b" in self.operands:
            row.append(_OFFSET if self.name == "Cast" else _B)
        if "c" in self.operands:
            row.append(_C)
        return (*row, _OUT, _IMM)


_ALL = tuple(Type)
_COMPARE = "1 where a {} b, else 0, as u8. Floats compare as IEEE 754 says: with a NaN only Ne is 1; zeros are equal."

_A1, _A2, _A3 = ("a",), ("a", "b"), ("a", "b", "c")
OPERATIONS = (
    VxmOp("Identity", _ALL, _A1, "a, unchanged (a NaN keeps its bits)."),
    VxmOp(
        "Latch",
        _ALL,
        _A1,
        "a, unchanged, and the mesh output holds it until this ALU's next result: a neighbor "
        "may use it in every cycle, and the ALU itself through self.",
    ),
    VxmOp("Not", INTEGER_TYPES, _A1, "Bitwise complement."),
    VxmOp(
        "Neg", _ALL, _A1, "0 - a; for floats the sign bit flips and a NaN becomes the canonical one.", saturates=True
    ),
    VxmOp(
        "Abs",
        _ALL,
        _A1,
        "Magnitude; for floats the sign bit clears and a NaN becomes the canonical one.",
        saturates=True,
    ),
    VxmOp("ReLU", _SIGNED, _A1, "The larger of a and +0; NaN gives the canonical NaN."),
    VxmOp("Tanh", FLOAT_TYPES, _A1, "Hyperbolic tangent: fp16 correctly rounded, fp32 faithful.", large=True),
    VxmOp("Exp", FLOAT_TYPES, _A1, "e to the a: fp16 correctly rounded, fp32 faithful.", large=True),
    VxmOp("RSqrt", FLOAT_TYPES, _A1, "1 over the square root of a: fp16 correctly rounded, fp32 faithful.", large=True),
    VxmOp("Add", _ALL, _A2, "a + b.", saturates=True),
    VxmOp("Sub", _ALL, _A2, "a - b.", saturates=True),
    VxmOp("Mul", _ALL, _A2, "a * b; integers keep the low bits or saturate.", saturates=True),
    VxmOp("Min", _ALL, _A2, "The lesser of a and b; a NaN wins, and -0 is less than +0."),
    VxmOp("Max", _ALL, _A2, "The greater of a and b; a NaN wins, and +0 is greater than -0."),
    VxmOp("And", INTEGER_TYPES, _A2, "Bitwise and."),
    VxmOp("Or", INTEGER_TYPES, _A2, "Bitwise or."),
    VxmOp("Xor", INTEGER_TYPES, _A2, "Bitwise exclusive or."),
    VxmOp("Shl", INTEGER_TYPES, _A2, "a shifted left by b, read as unsigned; from the width on, 0."),
    VxmOp(
        "Shr",
        INTEGER_TYPES,
        _A2,
        "a shifted right by b, read as unsigned; signed types copy the sign; from the width on, 0 or the sign.",
    ),
    VxmOp("Eq", _ALL, _A2, _COMPARE.format("equals")),
    VxmOp("Ne", _ALL, _A2, _COMPARE.format("differs from")),
    VxmOp("Lt", _ALL, _A2, _COMPARE.format("is less than")),
    VxmOp("Le", _ALL, _A2, _COMPARE.format("is at most")),
    VxmOp("Gt", _ALL, _A2, _COMPARE.format("is greater than")),
    VxmOp("Ge", _ALL, _A2, _COMPARE.format("is at least")),
    VxmOp("Mask", _ALL, _A2, "a where b, a u8, is not 0, else 0."),
    VxmOp("Select", _ALL, _A3, "a where c, a u8, is not 0, else b."),
    VxmOp(
        "Cast",
        _ALL,
        _A2,
        "a converted to another type. To an integer: rounded half to even (NaN to 0), plus the "
        "i32 operand b if there is one, then saturated. To a float: rounded half to even, without b. A cast to the "
        "same type is legal and canonicalizes a NaN.",
    ),
)

VXM = tuple(
    Spec(operation.name, _UNITS, _BASE + code, operation.fields(), operation.doc)
    for code, operation in enumerate(OPERATIONS)
)
OPERATION_OF = {operation.name: operation for operation in OPERATIONS}
COMPARISONS = ("Eq", "Ne", "Lt", "Le", "Gt", "Ge")


def operand_type(name: str, operand: str, element: Type) -> Type:
    """Type in which operation ``name`` reads an operand, its element type being ``element``."""
    if (name, operand) in (("Mask", "b"), ("Select", "c")):
        return Type.U8
    return Type.I32 if (name, operand) == ("Cast", "b") else element


def result_type(name: str, element: Type, to: Type | None = None) -> Type:
    """Type of the result of operation ``name``."""
    if name in COMPARISONS:
        return Type.U8
    return to if name == "Cast" and to is not None else element
