"""Field values as text or numbers: what text form and builder share."""

import math
import re
import struct
from collections.abc import Mapping

from arch.isa.fields import Field, operand_source, parse_integer
from arch.isa.spec import Op, Spec, make
from arch.isa.table import spec_named, specs_of
from arch.isa.vxm import OPERATION_OF, VXM, operand_type
from arch.queues import Queue
from arch.types import Type

#: Fields that may follow the mnemonic behind dots, in this order: ``Cast.f32.i8``, ``ABC.u8i8``.
SUFFIXES = ("type", "to", "form")

Value = int | float | str

_FLOAT = re.compile(r"[+-]?((\d+\.\d*|\.\d+|\d+)([eE][+-]?\d{1,3})?|inf|nan)", re.ASCII)
_FORMATS = {Type.F16: "<e", Type.F32: "<f"}


def instruction(queue: Queue, name: str) -> tuple[Spec, dict[str, str]]:
    """Instruction of a mnemonic with suffixes, and the fields that the suffixes give.

    Raises
    ------
    ValueError
        Naming what the queue takes, or which suffix is too many.
    """
    mnemonic, *suffixes = name.split(".")
    spec = spec_named(mnemonic, queue.unit)
    if spec is None:
        names = ", ".join(s.mnemonic for s in specs_of(queue.unit))
        raise ValueError(f"{queue.name} has no instruction {mnemonic!r}; it has {names}")
    places = [name for name in SUFFIXES if name in spec.by_name]
    if len(suffixes) > len(places):
        raise ValueError(f"{spec.mnemonic} takes {len(places)} suffixes, not {len(suffixes)}")
    return spec, dict(zip(places, suffixes, strict=False))


def field_named(spec: Spec, name: str) -> Field:
    """Field of an instruction; ``ValueError`` lists the names."""
    if name not in spec.by_name:
        names = ", ".join(f.name for f in spec.fields) or "none"
        raise ValueError(f"{spec.mnemonic} has no field {name!r}; its fields are {names}")
    return spec.by_name[name]


def operation(spec: Spec, fields: Mapping[str, Value]) -> Op:
    """Instruction of field values.

    Parameters
    ----------
    spec
        The instruction.
    fields
        Integers as they are encoded, or the spellings of the text form. The immediate of the VXM may also be a negative
        integer, and for floating-point types a float; text without a point or exponent is an integer, its raw bits.

    Raises
    ------
    ValueError
        Naming the field, what it may be, and what it is.
    """
    values = {}
    for name, value in fields.items():
        if spec in VXM and name == "imm":
            continue
        found = field_named(spec, name)
        if isinstance(value, str):
            values[name] = found.parse(value)
        elif isinstance(value, float):
            raise ValueError(f"{name} must be {found.allowed()}, not {value!r}")
        else:
            values[name] = int(value)
    if spec in VXM and "imm" in fields:
        values["imm"] = _immediate(make(spec, **values), fields["imm"])
    return make(spec, **values)


def element_bits(element: Type, value: Value) -> int:
    """Raw bits of an element given as a number or its spelling, ``ValueError`` if the type has no such value."""
    allowed = f"a number of type {element.value}"
    number: int | float | None = value if not isinstance(value, str) else parse_integer(value)
    if number is None and element.floating and isinstance(value, str) and _FLOAT.fullmatch(value):
        number = float(value)
    if element.floating and number is not None:
        try:
            raw = struct.pack(_FORMATS[element], number)
        except (OverflowError, struct.error):
            raise ValueError(f"{value} is out of range: it must be {allowed}") from None
        if math.isfinite(number) and not math.isfinite(struct.unpack(_FORMATS[element], raw)[0]):
            raise ValueError(f"{value} is out of range: it must be {allowed}")
        return int.from_bytes(raw, "little")
    low = -(1 << element.bits - 1) if element.signed else 0
    high = (1 << element.bits - element.signed) - 1
    if not isinstance(number, int) or not low <= number <= high:
        raise ValueError(f"{value} must be {allowed}" + ("" if element.floating else f", {low} to {high}"))
    return number & (1 << element.bits) - 1


def _immediate(op: Op, value: Value) -> int:
    """Raw bits of an immediate, in the type of the operand that uses it."""
    found = op.spec.by_name["imm"]
    raw = parse_integer(value) if isinstance(value, str) else value
    if isinstance(raw, int) and raw >= 0:
        return found.parse(str(raw))
    roles = (r for r in OPERATION_OF[op.mnemonic].operands if operand_source(op[r]) == "imm")
    role = next(roles, None)
    if role is None:
        raise ValueError(f"imm must be {found.allowed()} where no operand uses it, not {value!r}")
    element = operand_type(op.mnemonic, role, Type.from_code(op["type"]))
    try:
        return element_bits(element, value)
    except ValueError:
        raise ValueError(f"imm must be {found.allowed()} or a number of type {element.value}, not {value!r}") from None
