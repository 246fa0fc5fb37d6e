"""Fields of instruction words: position, kind, text form, allowed values."""

import enum
import re
from dataclasses import dataclass

from arch.config import OFFSET_BITS
from arch.conveyor import Direction
from arch.types import Type


class Kind(enum.Enum):
    """How a field's bits are read and spelled.

    ``STREAM`` is a number and a direction bit, "E4" or "W31". ``OPERAND`` is a VXM operand: nothing, a stream, a mesh
    neighbor, the immediate, the ALU's own result. ``OUT`` is a stream or nothing. ``ADDRESS`` is "bank:offset".
    """

    UINT = "unsigned"
    SINT = "signed"
    FLAG = "flag"
    CHOICE = "choice"
    TYPE = "type"
    STREAM = "stream"
    OUT = "stream or none"
    OPERAND = "operand"
    ADDRESS = "address"


#: Bits of a stream reference: 5 of number, then the direction.
STREAM_BITS = 6

#: Sources of a VXM operand by encoding; "stream" is spelled as the stream itself, "none" by leaving the field out.
SOURCES = ("none", "stream", "N", "E", "S", "W", "imm", "self")
SOURCE_BITS = 3


@dataclass(frozen=True)
class Field:
    """One field of an instruction word.

    Attributes
    ----------
    name
        Spelling in program text.
    lsb, width
        Place in the word, bits.
    kind
        How it is read.
    doc
        Meaning, a phrase.
    choices
        Spellings of a ``CHOICE`` by value.
    low, high
        Allowed values, for ``UINT`` and ``SINT``; the width's limits where None.
    default
        Value where the text leaves the field out; None means that it must be given.
    """

    name: str
    lsb: int
    width: int
    kind: Kind
    doc: str
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    default: int | None = None

    @property
    def minimum(self) -> int:
        """Lowest legal value."""
        if self.low is not None:
            return self.low
        return -(1 << (self.width - 1)) if self.kind is Kind.SINT else 0

    @property
    def maximum(self) -> int:
        """Highest legal value."""
        if self.high is not None:
            return self.high
        if self.kind is Kind.CHOICE:
            return len(self.choices) - 1
        return (1 << (self.width - (self.kind is Kind.SINT))) - 1

    @property
    def mask(self) -> int:
        """Bits of the word that the field covers."""
        return ((1 << self.width) - 1) << self.lsb

    def extract(self, word: int) -> int:
        """Value of the field in a word."""
        value = (word >> self.lsb) & ((1 << self.width) - 1)
        if self.kind is Kind.SINT and value >> (self.width - 1):
            value -= 1 << self.width
        return value

    def insert(self, value: int) -> int:
        """Bits of a value, in place."""
        return (value & ((1 << self.width) - 1)) << self.lsb

    def legal(self, value: int) -> bool:
        """Whether the encoding of ``value`` is defined, apart from what the configuration forbids."""
        if not self.minimum <= value <= self.maximum:
            return False
        if self.kind is Kind.OPERAND:
            return operand_source(value) == "stream" or value >> SOURCE_BITS == 0
        if self.kind is Kind.OUT:
            return bool(value & 1) or value == 0
        return True

    def format(self, value: int) -> str:
        """Spelling of a value in program text."""
        if self.kind is Kind.STREAM:
            return stream_name(value)
        if self.kind is Kind.OUT:
            return stream_name(value >> 1) if value & 1 else "none"
        if self.kind is Kind.OPERAND:
            source = operand_source(value)
            return stream_name(value >> SOURCE_BITS) if source == "stream" else source
        if self.kind is Kind.ADDRESS:
            return f"{value >> OFFSET_BITS}:{value & ((1 << OFFSET_BITS) - 1)}"
        if self.kind is Kind.CHOICE:
            return self.choices[value]
        if self.kind is Kind.TYPE:
            return Type.from_code(value).value
        return str(value)

    def parse(self, text: str) -> int:
        """Value of a spelling; ``ValueError`` says what is allowed."""
        value = self._parse(text)
        if value is None or not self.legal(value):
            raise ValueError(f"{self.name} must be {self.allowed()}, not {text!r}")
        return value

    def allowed(self) -> str:
        """What the field takes, as a phrase for messages and the manual."""
        if self.kind is Kind.STREAM:
            return "a stream (E0..E31 or W0..W31)"
        if self.kind is Kind.OUT:
            return "a stream (E0..E31 or W0..W31) or none"
        if self.kind is Kind.OPERAND:
            return "a stream (E0..E31 or W0..W31), N, E, S, W, imm, self or none"
        if self.kind is Kind.ADDRESS:
            return "bank:offset, 0:0 to 1:4095"
        if self.kind is Kind.CHOICE:
            return f"one of {', '.join(self.choices)}"
        if self.kind is Kind.TYPE:
            return f"one of {', '.join(t.value for t in Type)}"
        if self.kind is Kind.FLAG:
            return "0 or 1"
        return f"an integer from {self.minimum} to {self.maximum}"

    def _parse(self, text: str) -> int | None:
        if self.kind is Kind.STREAM:
            return parse_stream(text)
        if self.kind is Kind.OUT:
            stream = parse_stream(text)
            return 0 if text == "none" else None if stream is None else stream << 1 | 1
        if self.kind is Kind.OPERAND:
            if text in SOURCES and text != "stream":
                return SOURCES.index(text)
            stream = parse_stream(text)
            return None if stream is None else stream_operand(stream)
        if self.kind is Kind.ADDRESS and ":" in text:
            bank, _, offset = text.partition(":")
            pair = (parse_integer(bank), parse_integer(offset))
            if pair[0] not in (0, 1) or pair[1] is None or not 0 <= pair[1] < 1 << OFFSET_BITS:
                return None
            return pair[0] << OFFSET_BITS | pair[1]
        if self.kind is Kind.CHOICE:
            return self.choices.index(text) if text in self.choices else None
        if self.kind is Kind.TYPE:
            return next((t.code for t in Type if t.value == text), None)
        return parse_integer(text)


_INTEGER = re.compile(r"[+-]?(0x[0-9a-fA-F]{1,32}|0b[01]{1,128}|[0-9]{1,39})")
_STREAM = re.compile(r"([EW])([0-9]{1,2})")


def parse_integer(text: str) -> int | None:
    """Integer of a decimal, 0x or 0b spelling; None if it is none."""
    if not _INTEGER.fullmatch(text):
        return None
    digits = text.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2}.get(digits[:2], 10)
    return int(digits, base) * (-1 if text[0] == "-" else 1)


def parse_stream(text: str) -> int | None:
    """Reference of a stream's name; None if it is none."""
    match = _STREAM.fullmatch(text)
    if not match or int(match[2]) > 31:
        return None
    return stream_ref(Direction("EW".index(match[1])), int(match[2]))


def stream_ref(direction: Direction, number: int) -> int:
    """Six-bit stream reference."""
    return direction << 5 | number


def stream_direction(ref: int) -> Direction:
    """Direction of a stream reference."""
    return Direction(ref >> 5)


def stream_number(ref: int) -> int:
    """Number of a stream reference, the first of its group."""
    return ref & 31


def stream_name(ref: int) -> str:
    """Spelling of a stream reference, such as "E4"."""
    return f"{stream_direction(ref).letter}{stream_number(ref)}"


def stream_operand(ref: int) -> int:
    """VXM operand that is a stream."""
    return SOURCES.index("stream") | ref << SOURCE_BITS


def operand_source(value: int) -> str:
    """Source of a VXM operand, one of ``SOURCES``."""
    return SOURCES[value & ((1 << SOURCE_BITS) - 1)]
