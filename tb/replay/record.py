"""What a simulator showed in a run: the values of some variables after each step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb.frames import Name


@dataclass(frozen=True)
class Record:
    """Values of variables.

    Attributes
    ----------
    names
        The variables, and the bits of each.
    rows
        uint8[steps, bytes]: the variables one behind the other, each in :func:`size_of` bytes.
    """

    names: tuple[tuple[Name, int], ...]
    rows: NDArray[np.uint8]

    def numbers(self, wanted: Name) -> Iterator[int]:
        """Values of one variable, step by step."""
        at = 0
        for name, bits in self.names:
            size = size_of(bits)
            if name == wanted:
                for row in self.rows[:, at : at + size]:
                    yield int.from_bytes(row.tobytes(), "little")
                return
            at += size
        raise ValueError(f"{'.'.join(wanted)} must be one of the variables recorded")


def size_of(bits: int) -> int:
    """Bytes in which a variable of so many bits lies: a power of two up to 8, else a multiple of 4."""
    size = -(-bits // 8)
    return 1 << (size - 1).bit_length() if size <= 8 else -(-size // 4) * 4


def row_of(values: Sequence[int], widths: Sequence[int]) -> NDArray[np.uint8]:
    """A row of a record."""
    parts = (value.to_bytes(size_of(bits), "little") for value, bits in zip(values, widths, strict=True))
    return np.frombuffer(b"".join(parts), np.uint8)
