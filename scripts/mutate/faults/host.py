"""Faults of the host port."""

from scripts.mutate.fault import Fault

_ENGINE = ("tests/hdl/host/test_engine.py",)
_REGISTERS = ("tests/hdl/host/test_registers.py",)

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
        "self.write.eq(self.awvalid & self.wvalid & (~self.bvalid | self.bready)),",
        "self.write.eq(self.awvalid & (~self.bvalid | self.bready)),",
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
        "late.eq(stalls & (still + 1 == self.timeout)),",
        "late.eq(stalls & (still == self.timeout) & self.timeout.any()),",
        "the watchdog barks a cycle late",
        _ENGINE,
    ),
    Fault(
        "hdl/host/engine.py",
        "offset + self.count > config.bank_words",
        "offset + self.count > config.bank_words + 1",
        "a command may reach one word beyond the bank",
        _ENGINE,
    ),
)
