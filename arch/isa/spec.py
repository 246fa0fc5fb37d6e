"""What an instruction is: its specification, a value of it, and the word that several values share."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from arch.isa.fields import Field
from arch.queues import Unit

#: Every word's opcode: its lowest byte. Zero is no opcode, so that empty memory is no program.
OPCODE_BITS = 8


@dataclass(frozen=True, eq=False)
class Spec:
    """One instruction of the table; there is one object of each, so that identity is equality, and quick.

    Attributes
    ----------
    mnemonic
        Spelling, as in the papers.
    units
        Units whose queues take it; empty for the instructions that every queue takes.
    opcode
        Lowest byte of the word. The parts of MEM have one bit each, so that a word may hold a read and a write part.
    fields
        Fields in the order of their text.
    doc
        Meaning, one paragraph.
    """

    mnemonic: str
    units: tuple[Unit, ...]
    opcode: int
    fields: tuple[Field, ...]
    doc: str

    @property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by name."""
        return MappingProxyType({f.name: f for f in self.fields})


@dataclass(frozen=True)
class Op:
    """One instruction: a specification with a value for each of its fields, in the order of the fields.

    A MEM word may hold two of them, a read part and a write part; every other word holds one.
    """

    spec: Spec
    values: tuple[int, ...]

    def __getitem__(self, name: str) -> int:
        for spec_field, value in zip(self.spec.fields, self.values, strict=True):
            if spec_field.name == name:
                return value
        raise KeyError(name)

    @property
    def mnemonic(self) -> str:
        """Spelling of the instruction."""
        return self.spec.mnemonic

    def replace(self, **changes: int) -> "Op":
        """The same instruction with other field values."""
        return make(self.spec, **{**self.asdict(), **changes})

    def asdict(self) -> dict[str, int]:
        """Field values by name."""
        return {f.name: v for f, v in zip(self.spec.fields, self.values, strict=True)}

    def encode(self) -> int:
        """Bits of the word that this instruction sets."""
        word = self.spec.opcode
        for spec_field, value in zip(self.spec.fields, self.values, strict=True):
            word |= spec_field.insert(value)
        return word


def make(spec: Spec, **values: int) -> Op:
    """Instruction of field values; ``ValueError`` names a field that is missing, unknown or out of range."""
    unknown = set(values) - {f.name for f in spec.fields}
    if unknown:
        names = ", ".join(f.name for f in spec.fields) or "none"
        raise ValueError(f"{spec.mnemonic} has no field {sorted(unknown)[0]!r}; its fields are {names}")
    row = []
    for spec_field in spec.fields:
        value = values.get(spec_field.name, spec_field.default)
        if value is None:
            raise ValueError(f"{spec.mnemonic} needs {spec_field.name}: {spec_field.allowed()}")
        if not spec_field.legal(value):
            raise ValueError(f"{spec_field.name} must be {spec_field.allowed()}, not {value!r}")
        row.append(value)
    return Op(spec, tuple(row))
