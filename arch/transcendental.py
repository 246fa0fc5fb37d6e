"""Facts of exp, tanh and rsqrt: formats, widths, constants and the coefficient table.

The three functions share one integer data path: range reduction gives a table row and a fraction `t`, a cubic
in `t` gives a fixed-point value in [0.5, 2), and one rounding packs it. fp16 and fp32 differ only in decoding
and packing. Golden model and hardware both read this file; `docs/decisions/0002-transcendentals.md` specifies
the steps between.

Source of facts: our decision, except the formats (IEEE 754-2019, table 3.5).
"""

from dataclasses import dataclass

from arch.transcendental_table import ROWS

__all__ = [
    "EXP",
    "F16",
    "F32",
    "PATH",
    "RSQRT",
    "TABLE",
    "TANH",
    "Binade",
    "Exp",
    "FloatFormat",
    "Path",
    "Row",
    "Rsqrt",
    "Tanh",
]


@dataclass(frozen=True)
class FloatFormat:
    """Layout of a binary interchange format.

    Attributes
    ----------
    name : str
        Type name as the instruction set spells it.
    exponent_bits, fraction_bits : int
        Widths of the exponent and trailing significand fields.
    """

    name: str
    exponent_bits: int
    fraction_bits: int

    @property
    def bits(self) -> int:
        """Width of the whole value."""
        return 1 + self.exponent_bits + self.fraction_bits

    @property
    def bias(self) -> int:
        """Exponent bias; also the largest exponent of a finite value."""
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def min_exponent(self) -> int:
        """Exponent of the smallest normal value."""
        return 1 - self.bias

    @property
    def sign(self) -> int:
        """Mask of the sign bit."""
        return 1 << (self.bits - 1)

    @property
    def inf(self) -> int:
        """Bits of plus infinity; also the mask of the exponent field."""
        return ((1 << self.exponent_bits) - 1) << self.fraction_bits

    @property
    def one(self) -> int:
        """Bits of 1.0."""
        return self.bias << self.fraction_bits

    @property
    def nan(self) -> int:
        """Bits of the canonical quiet NaN (our decision: positive, only the quiet bit set)."""
        return self.inf | 1 << (self.fraction_bits - 1)


@dataclass(frozen=True)
class Path:
    """Widths of the shared polynomial `c0 + t*(c1 + t*(c2 + t*c3))`.

    Attributes
    ----------
    fraction_bits : int
        Fraction bits of the coefficients, of every sum and of the value.
    t_bits : int
        Bits of `t`, an unsigned fraction in [0, 1).
    t_high_bits : int
        Top bits of `t` that the innermost multiplier sees.
    c0_bits : int
        Width of `c0`, unsigned.
    c1_bits, c2_bits, c3_bits : int
        Widths of the other coefficients, two's complement.
    c1_sum_bits, c2_sum_bits : int
        Widths of the sums that replace `c1` and `c2`, two's complement.
    value_bits : int
        Width of the value, unsigned.
    """

    fraction_bits: int
    t_bits: int
    t_high_bits: int
    c0_bits: int
    c1_bits: int
    c2_bits: int
    c3_bits: int
    c1_sum_bits: int
    c2_sum_bits: int
    value_bits: int


@dataclass(frozen=True)
class Row:
    """One table row: the coefficients of one segment, integers in units of 2**-PATH.fraction_bits."""

    c0: int
    c1: int
    c2: int
    c3: int


@dataclass(frozen=True)
class Exp:
    """Range reduction of exp: `x * log2(e) = k + f`, then `2**f`.

    Attributes
    ----------
    base : int
        First table row.
    index_bits : int
        Top bits of `f` that choose the row.
    log2e, log2e_fraction_bits : int
        The multiplier constant and its fraction bits (round to nearest).
    overflow_exponent : int
        From |x| >= 2**overflow_exponent on the result is +inf or +0 in either format.
    """

    base: int
    index_bits: int
    log2e: int
    log2e_fraction_bits: int
    overflow_exponent: int


@dataclass(frozen=True)
class Rsqrt:
    """Range reduction of rsqrt: `x = m * 4**h` with m in [1, 4).

    Attributes
    ----------
    base : int
        First table row; the odd exponents' half follows the even ones'.
    index_bits : int
        Top fraction bits of the significand that choose the row within a half.
    """

    base: int
    index_bits: int


@dataclass(frozen=True)
class Binade:
    """Table rows of tanh for |x| in [2**exponent, 2**(exponent + 1)).

    Attributes
    ----------
    exponent : int
        Exponent of |x|.
    index_bits : int
        Top fraction bits of the significand that choose the row.
    base : int
        First table row.
    scale : int
        The polynomial gives `tanh(|x|) * 2**scale`.
    """

    exponent: int
    index_bits: int
    base: int
    scale: int


@dataclass(frozen=True)
class Tanh:
    """Ranges of tanh.

    Attributes
    ----------
    binades : tuple of Binade
        Ascending, without gaps.
    one_exponent, one_index : int
        |x| gives 1 when its exponent is above `one_exponent`, or equals it while the row index is at least
        `one_index`. Below the first binade the result is x.
    """

    binades: tuple[Binade, ...]
    one_exponent: int
    one_index: int


def _binades(base: int) -> tuple[Binade, ...]:
    """Lay the rows of tanh one after the other; the last binade stops at `one_index`."""
    index_bits = {
        -12: 0,
        -11: 0,
        -10: 0,
        -9: 0,
        -8: 0,
        -7: 0,
        -6: 1,
        -5: 2,
        -4: 2,
        -3: 3,
        -2: 4,
        -1: 4,
        0: 5,
        1: 5,
        2: 5,
        3: 3,
    }
    binades = []
    for exponent, bits in index_bits.items():
        binades.append(Binade(exponent, bits, base, -min(exponent, 0)))
        base += 1 << bits
    return tuple(binades)


F16 = FloatFormat("f16", exponent_bits=5, fraction_bits=10)
F32 = FloatFormat("f32", exponent_bits=8, fraction_bits=23)

PATH = Path(
    fraction_bits=30,
    t_bits=23,
    t_high_bits=16,
    c0_bits=31,
    c1_bits=31,
    c2_bits=21,
    c3_bits=16,
    c1_sum_bits=31,
    c2_sum_bits=21,
    value_bits=31,
)
EXP = Exp(base=0, index_bits=5, log2e=0xB8AA3B296, log2e_fraction_bits=35, overflow_exponent=7)
RSQRT = Rsqrt(base=32, index_bits=5)
TANH = Tanh(_binades(base=96), one_exponent=3, one_index=2)
TABLE = tuple(Row(*row) for row in ROWS)
