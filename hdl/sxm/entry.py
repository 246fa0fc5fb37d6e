"""Map entries of Permute: what the paragraph of ``arch.isa.sxm.PERMUTE`` says of their 16 bits."""

from dataclasses import dataclass
from typing import Any

from amaranth import Cat, Value

from arch.config import BYTE_BITS
from hdl.words import piece

#: Lowest bit and bits of the three fields, and where the unused bits begin.
IN, MIDDLE, OUT = (0, 4), (4, 5), (9, 4)
UNUSED = 13


@dataclass(frozen=True)
class Entry:
    """Fields of the map entry of one lane."""

    bits: Value

    @property
    def source(self) -> Value:
        """Lane that feeds the wire of this number."""
        return self._field(IN)

    @property
    def superlane(self) -> Value:
        """Superlane whose wire of this number arrives here."""
        return self._field(MIDDLE)

    @property
    def wire(self) -> Value:
        """Wire that feeds this lane."""
        return self._field(OUT)

    @property
    def unused(self) -> Any:
        """Bits that must be zero."""
        return self.bits[UNUSED:]

    def _field(self, place: tuple[int, int]) -> Any:
        lsb, width = place
        return self.bits[lsb : lsb + width]


def entries(table: Value, lanes: int) -> list[Entry]:
    """Entries of a superlane, from the two words of the map: low bytes, then high bytes."""
    return [Entry(Cat(piece(table, lane, BYTE_BITS), piece(table, lanes + lane, BYTE_BITS))) for lane in range(lanes)]
