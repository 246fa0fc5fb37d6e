"""The SECDED code of a superlane's word: a Hsiao code over 8 bits per lane (published: 128 + 9 bits).

Every column of the parity-check matrix has odd weight, so a single error gives an odd syndrome that names its bit and
a double error an even one (Hsiao, 1970). The choice of columns is our decision: lightest first, then
those that keep the rows even, then by value.
"""

from functools import cache
from itertools import combinations


def check_bits(data_bits: int) -> int:
    """Check bits of a word: 7 for 32, 8 for 64, 9 for 128 data bits."""
    bits = 4
    while 2 ** (bits - 1) < data_bits + bits:
        bits += 1
    return bits


@cache
def columns(data_bits: int) -> tuple[int, ...]:
    """Column of the parity-check matrix for each data bit: the check bits that it enters, as a mask.

    The check bits' own columns are the powers of two.
    """
    width = check_bits(data_bits)
    found: list[int] = []
    loads = [0] * width
    for weight in range(3, width + 1, 2):
        left = {sum(1 << n for n in places) for places in combinations(range(width), weight)}
        while left:
            mask = min(left, key=lambda m: (sum(loads[n] for n in range(width) if m >> n & 1), m))
            left.remove(mask)
            found.append(mask)
            loads = [load + (mask >> n & 1) for n, load in enumerate(loads)]
            if len(found) == data_bits:
                return tuple(found)
    raise ValueError(f"data_bits must be at most {len(found)} for {width} check bits, not {data_bits!r}")


@cache
def rows(data_bits: int) -> tuple[int, ...]:
    """For each check bit the data bits that it covers, as a mask."""
    table = columns(data_bits)
    return tuple(
        sum(1 << bit for bit, mask in enumerate(table) if mask >> check & 1) for check in range(check_bits(data_bits))
    )
