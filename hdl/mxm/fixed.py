"""The fixed point in which products of fp16 are summed exactly, and how it is cut into limbs.

A product of two fp16 numbers is an integer of 80 bits and a sign, in units of 2**-48 (docs/numerics.md). It is
cut into two limbs of 40 bits, each with the sign of the product; the limbs are summed by themselves, and the carry from
the lower to the upper one waits until the sum is complete. The even plane of a pair carries the lower limb, the odd
plane the upper one: so the adders and the wires of the int8 sums serve again.
"""

from arch.config import Config
from arch.transcendental import F16

#: Bits of an fp16 number.
ELEMENT_BITS = F16.bits
#: Bits of a significand with its leading one.
SIGNIFICAND_BITS = F16.fraction_bits + 1
#: Bits of the product of two significands.
PRODUCT_BITS = 2 * SIGNIFICAND_BITS
#: Exponent of the unit of the fixed point.
UNIT_EXPONENT = 2 * (F16.min_exponent - F16.fraction_bits)
#: Largest shift of a product: that of two of the largest finite numbers.
MAX_SHIFT = 2 * (F16.bias - F16.min_exponent)
#: Bits of a product in fixed point, without its sign.
FIXED_BITS = PRODUCT_BITS + MAX_SHIFT
#: Bits of a limb of a product, without its sign.
LIMB = FIXED_BITS // 2


def half_lanes(config: Config) -> int:
    """Lanes of a superlane that are the inner dimension of one f16 ABC."""
    return config.lanes // 2


def sum_bits(products: int) -> int:
    """Bits of the sum of that many limbs, two's complement."""
    return LIMB + 1 + (products - 1).bit_length()


def dot_bits(config: Config) -> int:
    """Bits of a limb of one supercell's sum."""
    return sum_bits(half_lanes(config))


def limb_bits(config: Config) -> int:
    """Bits of a limb of the whole sum; 49 for the published 160 products."""
    return sum_bits(config.superlanes * half_lanes(config))
