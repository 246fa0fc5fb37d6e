"""Room for blocks with many ports in Amaranth's netlist.

There the bits that a cell gives have numbers below 65,536, and so has the whole of what enters a module. The superlane
of the published machine gives 153,966 bits, most of them partial sums on their way up and results on their way down.
Amaranth 0.5 stops there without a word; nothing but the way in which a bit's name is packed into a number sets that
limit. The package is pinned, and a test exports a block of more bits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from amaranth.hdl import _nir

#: Bits of a bit's number within its cell; the cell's number is above them.
BITS = 24


@contextmanager
def wide_nets() -> Iterator[None]:
    """While this lasts, a netlist's cell may have up to 2 ** 24 bits. To be entered before a netlist is begun."""
    net: Any = _nir.Net

    def from_cell(cls: Any, cell: int, bit: int) -> Any:
        if bit not in range(1 << BITS) or cell < 0 or (cell == 0 and bit <= 1):
            raise ValueError(f"bit must be a number below {1 << BITS} that is no constant's, not {bit!r} of {cell!r}")
        return cls(cell << BITS | bit)

    changed = {
        "from_cell": classmethod(from_cell),
        "cell": property(lambda self: int(self) >> BITS),
        "bit": property(lambda self: int(self) & ((1 << BITS) - 1)),
    }
    kept = {name: net.__dict__[name] for name in changed}
    for name, value in changed.items():
        setattr(net, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(net, name, value)
