"""Faults of MEM, and of links."""

from scripts.mutate.fault import Fault

_MEM = ("tests/hdl/mem/test_random.py", "tests/hdl/mem/test_tile.py")
_C2C = ("tests/hdl/c2c/test_c2c.py",)

FAULTS = (
    Fault(
        "hdl/mem/part.py",
        "Cat(offset, bank).eq(address),",
        "Cat(offset, bank).eq(address + 1),",
        "addresses of maps are off by one",
        _MEM,
    ),
    Fault(
        "hdl/mem/part.py",
        "(offset >= indexed.lo) & (offset <= indexed.hi)",
        "(offset >= indexed.lo) & (offset < indexed.hi)",
        "the highest offset of a Gather counts as out of range",
        _MEM,
    ),
    Fault(
        "hdl/mem/part.py",
        "& (address[OFFSET_BITS + 1 :] == 0)",
        "",
        "high bits of a map entry are not looked at",
        _MEM,
    ),
    Fault(
        "hdl/mem/part.py",
        "self.access_t1.eq(self.used & ok)",
        "self.access_t1.eq(self.used)",
        "an access out of range is not held back",
        _MEM,
    ),
    Fault(
        "hdl/mem/part.py",
        "address.eq(checker.data)",
        "address.eq(tap.words)",
        "a map is used without correction",
        _MEM,
    ),
    Fault(
        "hdl/mem/part.py",
        "self.used.eq(self.used_or_dark & self.lit)",
        "self.used.eq(self.used_or_dark)",
        "a dark superlane reads and stores",
        _MEM,
    ),
    Fault(
        "hdl/mem/tile.py",
        "write.out_of_range << 1 | read.bad_index << 2 | write.bad_index << 3",
        "write.out_of_range << 1 | read.bad_index << 3 | write.bad_index << 2",
        "faults INDEX of the two parts are swapped",
        _MEM,
    ),
    Fault(
        "hdl/mem/tile.py",
        "corrected.eq(read.corrected + write.corrected)",
        "corrected.eq(read.corrected | write.corrected)",
        "of two maps corrected in one cycle one counts",
        _MEM,
    ),
    Fault(
        "hdl/mem/tile.py",
        "wdata_t1.eq(tap.words ^ self.flip)",
        "wdata_t1.eq(self.flip)",
        "an injection replaces the stored word",
        _MEM,
    ),
    Fault(
        "hdl/mem/tile.py",
        "m.d.comb += sram.addr.eq(write.addr_t1)",
        "pass",
        "writes go to the address of the read part",
        _MEM,
    ),
    Fault(
        "hdl/mem/tile.py",
        "with m.If(read.access_t1):\n            m.d.sync += bank_t2.eq(read.bank_t1)",
        "m.d.sync += bank_t2.eq(write.bank_t1)",
        "the word read is taken from the other part's bank",
        _MEM,
    ),
    Fault(
        "hdl/mem/tile.py",
        "extra = self.config.stages.mem_access - 1",
        "extra = self.config.stages.mem_access",
        "a Read takes a cycle more",
        _MEM,
    ),
    Fault(
        "hdl/c2c/link.py",
        "self.cycles = stages.c2c - stages.operand",
        "self.cycles = stages.c2c - stages.operand + 1",
        "a link takes a cycle more",
        _C2C,
    ),
    Fault(
        "hdl/c2c/link.py",
        "m.d.sync += valid_next.eq(valid & ~link.deskew)",
        "m.d.sync += valid_next.eq(valid)",
        "Deskew leaves what is on the link",
        _C2C,
    ),
    Fault(
        "hdl/c2c/tile.py",
        "late.eq(stage & ~deskew if n else stage)",
        "late.eq(stage)",
        "Deskew leaves what is in the operand stage",
        _C2C,
    ),
    Fault(
        "hdl/c2c/tile.py",
        "absent = receives & ~arrives & (self.number == 0)",
        "absent = receives & ~arrives",
        "fault ABSENT in every superlane",
        _C2C,
    ),
    Fault(
        "hdl/c2c/tile.py",
        "driven = Mux(arrives & self.lit, word, 0)",
        "driven = Mux(arrives, word, 0)",
        "a dark superlane drives what the link gives",
        _C2C,
    ),
    Fault(
        "hdl/sram.py",
        "read.en.eq(self.en & ~self.write),",
        "read.en.eq(self.en),",
        "a write of a bank changes what the last read gave",
        ("tests/hdl/test_sram.py",),
    ),
    Fault(
        "hdl/sram.py",
        "            write.en.eq(self.write_en),",
        "            write.en.eq(self.write_en & ~self.read_en),",
        "a row is lost that is written while another is read",
        ("tests/hdl/test_sram.py",),
    ),
)
