"""The host's registers, made from the table of ``arch.host``: what may be read and written, and what is refused."""

from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.host import ADDRESS_BITS, DATA_BITS, Access, Command, Refusal, Register, largest_fuse, registers
from hdl.host.axil import STROBES
from hdl.seam import Block

#: Bits of a refusal's and of a command's code.
REFUSAL_BITS = max(Refusal).bit_length()
COMMAND_BITS = max(Command).bit_length()


def settings(config: Config) -> list[Register]:
    """Registers that the host sets and the hardware reads."""
    return [r for r in registers(config).values() if r.access is Access.BOTH]


def readings(config: Config) -> list[Register]:
    """Registers that the hardware sets and the host reads."""
    return [r for r in registers(config).values() if r.access is Access.READ]


def view(config: Config, name: str, field: str, value: Value) -> Any:
    """A field of a register's value."""
    part = registers(config)[name].field(field)
    return value[part.lsb : part.lsb + part.width]


class Registers(Block):
    """Register file. Latency: writes count from the next cycle on, reads are answered in the same.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    write, write_address, write_data, write_strobe, write_refused
        A write of the host, which is done in the next cycle, and whether the one of the cycle before is refused.
    read, read_address, read_data, read_refused
        A read of the host.
    running, started, busy : In(1)
        A program runs; the chip was started since its last reset; a command is under way.
    now_<name> : In(32)
        Value of each register of ``readings``.
    set_<name> : Out(32)
        Value of each register of ``settings``.
    start, clear : Out(1)
        Pulses, the cycle after the write is done; a write of ``FUSE`` clears, too, in the first cycle of its new value.
    command : Out(3), go : Out(1)
        Code of the command whose write is done in this cycle, and whether it starts, unless ``command_refused``.
    command_refused : In(4)
        Refusal of that code, or 0.
    select_en, select : In(1), In(32)
        Another value for ``SELECT``.
    event : In(4)
        A refusal that comes up while a command is under way, or 0.
    """

    def __init__(self, *, config: Config):
        self.config = config
        super().__init__(
            "host_registers",
            (config.fingerprint.hex()[:8],),
            {
                "write": In(1),
                "write_address": In(ADDRESS_BITS),
                "write_data": In(DATA_BITS),
                "write_strobe": In(STROBES),
                "write_refused": Out(1),
                "read": In(1),
                "read_address": In(ADDRESS_BITS),
                "read_data": Out(DATA_BITS),
                "read_refused": Out(1),
                "running": In(1),
                "started": In(1),
                "busy": In(1),
                "start": Out(1),
                "clear": Out(1),
                "command": Out(COMMAND_BITS),
                "go": Out(1),
                "command_refused": In(REFUSAL_BITS),
                "select_en": In(1),
                "select": In(DATA_BITS),
                "event": In(REFUSAL_BITS),
                **{f"now_{r.name.lower()}": In(DATA_BITS) for r in readings(config)},
                **{f"set_{r.name.lower()}": Out(DATA_BITS, init=r.reset) for r in settings(config)},
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        table = registers(self.config)
        refusal, error = Signal(Refusal), Signal(REFUSAL_BITS)
        self._data_t1, self._excess_t1 = Signal.like(self.write_data, name="data_t1"), Signal(name="excess_t1")
        write, address = Signal(name="write_t1"), Signal.like(self.write_address, name="address_t1")
        whole = Signal(name="whole_t1")
        m.d.sync += [
            write.eq(self.write),
            whole.eq(self.write_strobe.all()),
            address.eq(self.write_address),
            self._data_t1.eq(self.write_data),
        ]
        # Bits that the register does not have.
        with m.Switch(self.write_address):
            for register in table.values():
                if register.access.writable:
                    with m.Case(register.offset):
                        m.d.sync += self._excess_t1.eq((self.write_data & ~register.mask) != 0)
        m.d.comb += [refusal.eq(Refusal.REGISTER), self.command.eq(self._data_t1)]
        m.d.sync += [self.start.eq(0), self.clear.eq(0)]
        with m.If(write & whole):
            with m.Switch(address):
                for register in table.values():
                    if register.access.writable:
                        with m.Case(register.offset):
                            self._write(m, register, refusal)
        m.d.comb += self.write_refused.eq(write & (refusal != Refusal.NONE))
        with m.If(self.select_en):
            m.d.sync += self.set_select.eq(self.select)
        self._read(m, error)

        # A cycle late: no host can ask so soon after the answer to a write.
        clears, why = Signal(name="clears_t2"), Signal(REFUSAL_BITS, name="why_t2")
        m.d.sync += [
            clears.eq(write & ~self.write_refused & (address == table["ERROR"].offset)),
            why.eq(Mux(self.write_refused, refusal, Mux(self.read_refused, Refusal.REGISTER, self.event))),
        ]
        with m.If(clears):
            m.d.sync += error.eq(Refusal.NONE)
        with m.Elif(error == Refusal.NONE):
            m.d.sync += error.eq(why)
        return m

    def _write(self, m: Module, register: Register, refusal: Signal) -> None:
        """What a write of one register does, and why it might be refused."""
        why: Any = Refusal.NONE
        if not register.while_busy:
            why = Mux(self.busy, Refusal.BUSY, why)
        if not register.while_running:
            why = Mux(self.running, Refusal.RUNNING, why)
        why = Mux(self._excess_t1, Refusal.REGISTER, why)
        m.d.comb += refusal.eq(why)
        with m.If(why == Refusal.NONE):
            if register.name == "CONTROL":
                self._control(m, refusal)
            elif register.name == "COMMAND":
                m.d.comb += [refusal.eq(self.command_refused), self.go.eq(self.command_refused == Refusal.NONE)]
            elif register.name == "FUSE":
                self._fuse(m, refusal)
            elif register.access is Access.BOTH:
                m.d.sync += getattr(self, f"set_{register.name.lower()}").eq(self._data_t1)

    def _control(self, m: Module, refusal: Signal) -> None:
        start, clear = (view(self.config, "CONTROL", name, self._data_t1) for name in ("start", "reset"))
        with m.If(start & clear):
            m.d.comb += refusal.eq(Refusal.COMMAND)
        with m.Elif(clear):
            m.d.sync += self.clear.eq(1)
        with m.Elif(start):
            with m.If(self.running):
                m.d.comb += refusal.eq(Refusal.RUNNING)
            with m.Elif(self.started):
                m.d.comb += refusal.eq(Refusal.STARTED)
            with m.Elif(self.busy):
                m.d.comb += refusal.eq(Refusal.BUSY)
            with m.Else():
                m.d.sync += self.start.eq(1)

    def _fuse(self, m: Module, refusal: Signal) -> None:
        """Another superlane is bypassed from a reset on: what the chip holds belongs to the superlanes it had."""
        with m.If(self._data_t1 > largest_fuse(self.config)):
            m.d.comb += refusal.eq(Refusal.RANGE)
        with m.Elif(self.started):
            m.d.comb += refusal.eq(Refusal.STARTED)
        with m.Else():
            m.d.sync += [self.set_fuse.eq(self._data_t1), self.clear.eq(1)]

    def _read(self, m: Module, error: Signal) -> None:
        m.d.comb += self.read_refused.eq(self.read)
        with m.Switch(self.read_address):
            for register in registers(self.config).values():
                if not register.access.readable:
                    continue
                value: Any = register.reset
                if register.access is Access.BOTH:
                    value = getattr(self, f"set_{register.name.lower()}")
                elif register.access is Access.READ:
                    value = getattr(self, f"now_{register.name.lower()}")
                elif register.access is Access.CLEAR:
                    value = error
                with m.Case(register.offset):
                    m.d.comb += [self.read_data.eq(value), self.read_refused.eq(0)]
