"""Selection of bytes: inside a superlane, and among the superlanes' words. Pure logic.

Every index counts in bytes of ``arch.config.BYTE_BITS``; a lane whose ``keep`` is low gives zero, so that an index out
of range does not matter.
"""

from typing import Any, ClassVar

from amaranth import Cat, Module, Mux, Value
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS
from hdl.seam import Block
from hdl.words import piece


def lane_bits(lanes: int) -> int:
    """Bits of a lane's number; lanes are a power of two."""
    return (lanes - 1).bit_length()


class Crossbar(Block):
    """Lane x of the result is lane ``index[x]`` of the data, or zero. Latency 0.

    Parameters
    ----------
    lanes : int
        ``config.lanes``.

    Members
    -------
    data : In(lanes * 8)
    index : In(lanes * lane_bits)
    keep : In(lanes)
    result : Out(lanes * 8)
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, lanes: int):
        self.lanes = lanes
        bits = lanes * BYTE_BITS
        ports = {"data": In(bits), "index": In(lanes * lane_bits(lanes)), "keep": In(lanes), "result": Out(bits)}
        super().__init__("crossbar", (lanes,), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        for lane in range(self.lanes):
            index = piece(self.index, lane, lane_bits(self.lanes))
            taken = Mux(self.keep[lane], self.data.word_select(index, BYTE_BITS), 0)
            m.d.comb += piece(self.result, lane, BYTE_BITS).eq(taken)
        return m


class Middle(Block):
    """Lane x of the result is lane x of word ``index[x]``, or zero. Latency 0.

    Parameters
    ----------
    words, lanes : int
        Words to choose from, and bytes of each.

    Members
    -------
    data : In(words * lanes * 8)
    index : In(lanes * index_bits)
        ``index_bits`` as of this object.
    keep : In(lanes)
    result : Out(lanes * 8)
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, words: int, lanes: int):
        self.words, self.lanes = words, lanes
        self.index_bits = max(1, (words - 1).bit_length())
        bits = lanes * BYTE_BITS
        super().__init__(
            "middle",
            (f"{words}x{lanes}",),
            {"data": In(words * bits), "index": In(lanes * self.index_bits), "keep": In(lanes), "result": Out(bits)},
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        for lane in range(self.lanes):
            column = Cat(byte_of(self.data, n, lane, self.lanes) for n in range(self.words))
            index = piece(self.index, lane, self.index_bits)
            taken = Mux(self.keep[lane], column.word_select(index, BYTE_BITS), 0)
            m.d.comb += piece(self.result, lane, BYTE_BITS).eq(taken)
        return m


def byte_of(data: Value, word: int, lane: int, lanes: int) -> Value:
    """Byte of a lane in one of adjacent words."""
    return piece(data, word * lanes + lane, BYTE_BITS)
