"""Element types of the machine (published: int8/16/32, uint8/16/32, fp16, fp32)."""

import enum


class Type(enum.Enum):
    """An element type. The value is its spelling in program text; the order of members is its encoding.

    Attributes
    ----------
    bytes : int
        Width in bytes, equal to the number of adjacent streams (the stream group) that carry it.
    signed : bool
        True for signed integers and for floating point.
    floating : bool
        True for IEEE 754 binary16 and binary32.
    """

    I8 = "i8"
    I16 = "i16"
    I32 = "i32"
    U8 = "u8"
    U16 = "u16"
    U32 = "u32"
    F16 = "f16"
    F32 = "f32"

    @property
    def code(self) -> int:
        """Three-bit encoding."""
        return _ORDER.index(self)

    @classmethod
    def from_code(cls, code: int) -> "Type":
        """Type of a three-bit encoding."""
        return _ORDER[code]

    @property
    def bits(self) -> int:
        """Width in bits."""
        return int(self.value[1:])

    @property
    def bytes(self) -> int:
        """Width in bytes."""
        return self.bits // 8

    @property
    def floating(self) -> bool:
        """Whether this is a floating-point type."""
        return self.value[0] == "f"

    @property
    def signed(self) -> bool:
        """Whether the type has negative values."""
        return self.value[0] != "u"


_ORDER = tuple(Type)

INTEGER_TYPES = tuple(t for t in Type if not t.floating)
FLOAT_TYPES = tuple(t for t in Type if t.floating)
