"""Decoding of fp16 and fp32 to one form, wide enough for both."""

from dataclasses import dataclass

from amaranth import Const, Module, Mux, Value

from arch.transcendental import F16, F32
from hdl.float.nets import cat, net

#: Bits of a significand with its leading one.
SIGNIFICAND_BITS = F32.fraction_bits + 1
#: Bits of an exponent, two's complement: that of any operand, infinities included.
EXPONENT_BITS = F32.exponent_bits + 1
#: Bits of an exponent anywhere inside: sums of two, less the places of a normalization.
WIDE_EXPONENT_BITS = EXPONENT_BITS + 1


@dataclass(frozen=True)
class Unpacked:
    """A number of either format: ``significand * 2**(exponent - 23)``, subnormals not normalized.

    Attributes
    ----------
    sign, zero, inf, nan : Value
        Flags.
    exponent : Value
        Signed, EXPONENT_BITS; the smallest normal exponent for subnormals and zeros.
    significand : Value
        SIGNIFICAND_BITS, the leading one of a normal number at the top.
    """

    sign: Value
    zero: Value
    inf: Value
    nan: Value
    exponent: Value
    significand: Value


@dataclass(frozen=True)
class Kind:
    """What the fields of a number tell.

    Attributes
    ----------
    normal, special, some : Value
        Whether the field of the exponent has a one, whether it is all ones, and whether the fraction has a one.
    """

    normal: Value
    special: Value
    some: Value


def classify(m: Module, name: str, bits: Value, half: Value) -> Kind:
    """First half of the decoding; parameters as of :func:`unpack`."""
    fraction, field = _fields(m, f"{name}_kind", bits, half)
    return Kind(
        normal=net(m, f"{name}_normal", field.any()),
        special=net(m, f"{name}_special", Mux(half, field[: F16.exponent_bits].all(), field.all())),
        some=net(m, f"{name}_some", fraction.any()),
    )


def unpack(m: Module, name: str, bits: Value, half: Value, kind: Kind) -> Unpacked:
    """Decode 32 bits as fp32, or their low 16 as fp16 where ``half``.

    Parameters
    ----------
    m : Module
    name : str
        Prefix of the wires.
    bits : Value
        32 bits.
    half : Value
        One bit.
    kind : Kind
        What :func:`classify` says of them.
    """
    fraction, field = _fields(m, name, bits, half)
    # A subnormal has the exponent of field 1.
    unbiased = cat(field[0] | ~kind.normal, field[1:], Const(0, 1)).as_signed()
    exponent = net(m, f"{name}_exponent", (unbiased - Mux(half, F16.bias, F32.bias))[:EXPONENT_BITS].as_signed())
    return Unpacked(
        sign=Mux(half, bits[F16.bits - 1], bits[F32.bits - 1]),
        zero=~kind.normal & ~kind.some,
        inf=kind.special & ~kind.some,
        nan=kind.special & kind.some,
        exponent=exponent,
        significand=cat(fraction, kind.normal),
    )


def _fields(m: Module, name: str, bits: Value, half: Value) -> tuple[Value, Value]:
    """Fraction, from the top, and field of the exponent."""
    wide, narrow = F32.fraction_bits, F16.fraction_bits
    field32, field16 = bits[wide : wide + F32.exponent_bits], bits[narrow : narrow + F16.exponent_bits]
    pad = Const(0, wide - narrow)
    fraction = net(m, f"{name}_fraction", Mux(half, cat(pad, bits[:narrow]), bits[:wide]))
    return fraction, net(m, f"{name}_field", Mux(half, field16, field32))
