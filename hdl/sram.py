"""Memories: the only places in the machine that hold some, so that a technology's macros can take their place.

SRAM reads synchronously: data of the address of cycle t stand in cycle t + 1, and stay until the next read.
Addresses have at least one bit, and memories two words: a port without bits is lost in Verilog.
"""

from typing import Any

from amaranth import Module
from amaranth.lib import memory
from amaranth.lib.wiring import In, Out

from hdl.seam import Block

#: Attribute of a memory by which Yosys knows that no read depends on a write of the same cycle.
_ANY = "no_rw_check"


def _check(depth: int, width: int) -> None:
    for name, value in (("depth", depth), ("width", width)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a positive integer, not {value!r}")


class SinglePort(Block):
    """Memory with one access per cycle, a read or a write. Latency 1.

    Parameters
    ----------
    depth, width : int
        Rows, and bits of each.

    Members
    -------
    en : In(1)
        Whether there is an access.
    write : In(1)
        Whether it is a write; ``rdata`` then keeps its value.
    addr : In(range(max(2, depth)))
    wdata : In(width)
    rdata : Out(width)
        Row of the last read, from the cycle after it on.
    """

    def __init__(self, *, depth: int, width: int):
        _check(depth, width)
        self.depth, self.width = depth, width
        super().__init__(
            "sram1",
            (f"{depth}x{width}",),
            {"en": In(1), "write": In(1), "addr": In(range(max(2, depth))), "wdata": In(width), "rdata": Out(width)},
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.mem = mem = memory.Memory(shape=self.width, depth=max(2, self.depth), init=[])
        read, write = mem.read_port(), mem.write_port()
        m.d.comb += [
            read.addr.eq(self.addr),
            read.en.eq(self.en & ~self.write),
            self.rdata.eq(read.data),
            write.addr.eq(self.addr),
            write.en.eq(self.en & self.write),
            write.data.eq(self.wdata),
        ]
        return m


class DualPort(Block):
    """Memory with one read and one write per cycle. Latency 1.

    Parameters
    ----------
    depth, width : int
        Rows, and bits of each.
    old : bool
        Whether a read of the row that is written in the same cycle gives the row as it was before. Else it gives
        anything, until the next read: an FPGA's block RAM then needs no logic that keeps the old row beside it.

    Members
    -------
    read_en : In(1)
    read_addr : In(range(max(2, depth)))
    rdata : Out(width)
        Row of the last read, from the cycle after it on.
    write_en : In(1)
    write_addr : In(range(max(2, depth)))
    wdata : In(width)
    """

    def __init__(self, *, depth: int, width: int, old: bool = True):
        _check(depth, width)
        self.depth, self.width, self.old = depth, width, old
        super().__init__(
            "sram2",
            (f"{depth}x{width}", *(() if old else ("any",))),
            {
                "read_en": In(1),
                "read_addr": In(range(max(2, depth))),
                "rdata": Out(width),
                "write_en": In(1),
                "write_addr": In(range(max(2, depth))),
                "wdata": In(width),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        attributes = {} if self.old else {_ANY: 1}
        m.submodules.mem = mem = memory.Memory(shape=self.width, depth=max(2, self.depth), init=[], attrs=attributes)
        read, write = mem.read_port(), mem.write_port()
        m.d.comb += [
            read.addr.eq(self.read_addr),
            read.en.eq(self.read_en),
            self.rdata.eq(read.data),
            write.addr.eq(self.write_addr),
            write.en.eq(self.write_en),
            write.data.eq(self.wdata),
        ]
        return m


class RegisterFile(Block):
    """A small memory that is written in a cycle and read in the next, and gives its rows in the cycle of the address.

    Parameters
    ----------
    depth, width : int
        Rows, and bits of each.
    readers : int
        Rows that are read at once.

    Members
    -------
    read_addr : In(range(max(2, depth))).array(readers)
    rdata : Out(width).array(readers)
        Rows, as before this cycle's write.
    write_en : In(1)
    write_addr : In(range(max(2, depth)))
    wdata : In(width)
    """

    def __init__(self, *, depth: int, width: int, readers: int = 1):
        _check(depth, width)
        self.depth, self.width, self.readers = depth, width, readers
        address = In(range(max(2, depth)))
        reading = {"read_addr": address.array(readers), "rdata": Out(width).array(readers)}
        writing = {"write_en": In(1), "write_addr": address, "wdata": In(width)}
        super().__init__("register_file", (f"{depth}x{width}", readers), {**reading, **writing})

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.mem = mem = memory.Memory(shape=self.width, depth=max(2, self.depth), init=[])
        write = mem.write_port()
        for address, row in zip(self.read_addr, self.rdata, strict=True):
            read = mem.read_port(domain="comb")
            m.d.comb += [read.addr.eq(address), row.eq(read.data)]
        m.d.comb += [write.en.eq(self.write_en), write.addr.eq(self.write_addr), write.data.eq(self.wdata)]
        return m
