"""Faults of the host port."""

from scripts.mutate.fault import Fault

_ENGINE = ("tests/hdl/host/test_engine.py",)
_REGISTERS = ("tests/hdl/host/test_registers.py",)
_TOP = ("tests/hdl/host/test_top.py",)

FAULTS = (
    Fault(
        "hdl/host/axil.py",
        "self.bvalid.eq(1), self.bresp.eq(Mux(self.write_refused, SLVERR, OKAY))",
        "self.bvalid.eq(1), self.bresp.eq(OKAY)",
        "a refused write is answered with OKAY",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/axil.py",
        "self.write.eq(self.awvalid & self.wvalid & ~self.bvalid & ~written),",
        "self.write.eq(self.awvalid & ~self.bvalid & ~written),",
        "a write does not wait for its data",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/axil.py",
        "self.rdata.eq(Mux(self.read_refused, 0, self.read_data)),",
        "self.rdata.eq(self.read_data + self.read_refused),",
        "a refused read gives data",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/access.py",
        "m.d.sync += address.eq(address + 1)",
        "m.d.sync += address.eq(address + 2)",
        "vectors of a packet go to every second address",
        _ENGINE,
    ),
    Fault(
        "hdl/host/access.py",
        "takes.eq(Cat(self.ask, asked)[fetch + distance]),",
        "takes.eq(Cat(self.ask, asked)[fetch + distance - 1]),",
        "the host samples a cycle before the vector is there",
        _ENGINE,
    ),
    Fault(
        "hdl/host/reader.py",
        "store.word.eq(Mux(self.raw, self.taken.word[:bits], checker.data)),",
        "store.word.eq(self.taken.word[:bits]),",
        "the host reads without correction",
        _ENGINE,
    ),
    Fault(
        "hdl/host/reader.py",
        "(booked <= room(config) - config.superlanes)",
        "(booked <= room(config))",
        "reads do not stop when the output is blocked",
        _ENGINE,
    ),
    Fault(
        "hdl/host/writer.py",
        "self.too_long.eq(ends & ~self.s_last),",
        "self.too_long.eq(0),",
        "a packet that is too long is not noticed",
        _ENGINE,
    ),
    Fault(
        "hdl/host/engine.py",
        "limit.eq(self.timeout - 1)",
        "limit.eq(self.timeout)",
        "the watchdog barks a cycle late",
        _ENGINE,
    ),
    Fault(
        "hdl/host/engine.py",
        "offset + self.count[: OFFSET_BITS + 1] > config.bank_words)",
        "offset + self.count[: OFFSET_BITS + 1] > config.bank_words + 1)",
        "a command may reach one word beyond the bank",
        _ENGINE,
    ),
    Fault(
        "hdl/host/registers.py",
        "with m.If(write & whole):",
        "with m.If(write):",
        "a write of some bytes of a register counts",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/registers.py",
        "with m.Elif(error == Refusal.NONE):",
        "with m.Else():",
        "the last refusal is kept, not the first",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/registers.py",
        "            why = Mux(self.running, Refusal.RUNNING, why)\n",
        "            why = Mux(self.busy, Refusal.RUNNING, why)\n",
        "settings change while the program runs",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/registers.py",
        "self._excess_t1.eq((self.write_data & ~register.mask) != 0)",
        "self._excess_t1.eq((self.write_data & ~register.mask)[8:] != 0)",
        "bits that a register does not have are taken",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/registers.py",
        "            with m.Elif(self.started):\n                m.d.comb += refusal.eq(Refusal.STARTED)\n",
        "",
        "a chip starts twice",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/registers.py",
        "with m.If(self._data_t1 > largest_fuse(self.config)):",
        "with m.If(self._data_t1 > largest_fuse(self.config) + 1):",
        "the fuse may name a superlane that is not there",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/registers.py",
        "m.d.sync += [self.set_fuse.eq(self._data_t1), self.clear.eq(1)]",
        "m.d.sync += self.set_fuse.eq(self._data_t1)",
        "the fuse changes without a reset",
        _REGISTERS,
    ),
    Fault(
        "hdl/host/top.py",
        "with m.If(running & (chip.cycle == file.set_limit) & (file.set_limit != 0)):",
        "with m.If(running & (chip.cycle == file.set_limit)):",
        "a limit of 0 is a limit",
        _TOP,
    ),
    Fault(
        "hdl/host/top.py",
        "m.d.sync += [started.eq(0), over_limit.eq(0)]",
        "m.d.sync += started.eq(0)",
        "the limit that a program reached outlives a reset",
        _TOP,
    ),
    Fault(
        "hdl/host/top.py",
        "engine.recorded.eq(chip.report.code.any() | chip.report.fixed.any()),",
        "engine.recorded.eq(chip.report.code.any()),",
        "reports of corrected words alone are not found",
        _TOP,
    ),
    Fault(
        "hdl/host/top.py",
        "file.now_issued.eq(chip.issued),",
        "file.now_issued.eq(chip.waited),",
        "the host reads one counter for the other",
        _TOP,
    ),
)
