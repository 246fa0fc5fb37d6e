"""How the instructions of a unit lie in the bits that climb its slice, made from the table of instructions.

Words have 128 bits, of which each unit's instructions leave many unused. Only the bits that some field of the unit
covers climb, closed up: a field keeps its width and finds itself at another place.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from amaranth import Cat, Shape, Value, signed, unsigned
from amaranth.lib import data

from arch.config import WORD_BYTES
from arch.isa.fields import Field, Kind
from arch.isa.spec import OPCODE_BITS, Spec
from arch.isa.table import TABLE
from arch.queues import Unit

WORD_BITS = 8 * WORD_BYTES
#: Field under which the opcode appears in every layout.
OPCODE = "opcode"


def specs_of(unit: Unit) -> tuple[Spec, ...]:
    """Instructions that the unit itself executes."""
    return tuple(spec for spec in TABLE if unit in spec.units)


@dataclass(frozen=True)
class UnitLayout:
    """Bits of a unit's instructions.

    Attributes
    ----------
    used
        Mask of the word's bits that climb.
    """

    used: int

    @property
    def width(self) -> int:
        """Bits that climb."""
        return self.used.bit_count()

    def place(self, lsb: int) -> int:
        """Place of the word's bit ``lsb`` among those that climb."""
        return (self.used & ((1 << lsb) - 1)).bit_count()

    def pack(self, word: Value) -> Any:
        """The bits that climb, of a word of 128 bits."""
        return Cat(word[bit] for bit in range(WORD_BITS) if self.used >> bit & 1)

    def pack_int(self, word: int) -> int:
        """The same of a number."""
        return sum((word >> bit & 1) << self.place(bit) for bit in range(WORD_BITS) if self.used >> bit & 1)

    def view(self, spec: Spec, bits: Value) -> data.View:
        """Fields of ``spec`` in bits that climb."""
        return data.View(self.layout(spec), bits)

    def layout(self, spec: Spec) -> data.FlexibleLayout:
        """Layout of ``spec`` in bits that climb: its fields by name, and the opcode."""
        fields = {OPCODE: data.Field(unsigned(OPCODE_BITS), 0)}
        fields |= {f.name: data.Field(shape_of(f), self.place(f.lsb)) for f in spec.fields}
        return data.FlexibleLayout(self.width, fields)


@cache
def layout_of(unit: Unit) -> UnitLayout:
    """Layout of a unit's instructions."""
    used = (1 << OPCODE_BITS) - 1
    for spec in specs_of(unit):
        for spec_field in spec.fields:
            used |= spec_field.mask
    return UnitLayout(used)


def word_layout(spec: Spec) -> data.FlexibleLayout:
    """Layout of an instruction's fields in the whole word."""
    fields = {OPCODE: data.Field(unsigned(OPCODE_BITS), 0)}
    fields |= {f.name: data.Field(shape_of(f), f.lsb) for f in spec.fields}
    return data.FlexibleLayout(WORD_BITS, fields)


def shape_of(spec_field: Field) -> Shape:
    """Shape of a field's value."""
    return signed(spec_field.width) if spec_field.kind is Kind.SINT else unsigned(spec_field.width)
