"""The chip with its host interface: what stands in an FPGA or behind a processor's bus.

Sources: ``arch.host``; ``docs/host.md``.
"""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.host import ADDRESS_BITS, DATA_BITS, State
from hdl.c2c.link import link_signature
from hdl.chip import Chip
from hdl.faults import CYCLE_BITS
from hdl.host.axil import STROBES, AxiLiteSlave
from hdl.host.engine import Engine
from hdl.host.registers import Registers, settings, view
from hdl.looped import LINKS, LoopedChip
from hdl.pipeline import join
from hdl.seam import Block, Cleared
from hdl.vertical import armed_signature

#: Ports of the AXI4-Lite slave that the top shares with it.
_LITE = ("awaddr", "awvalid", "wdata", "wstrb", "wvalid", "bready", "araddr", "arvalid", "rready")
_LITE_OUT = ("awready", "wready", "bresp", "bvalid", "arready", "rdata", "rresp", "rvalid")


class HostedChip(Block):
    """A whole chip behind AXI4-Lite (registers) and AXI4-Stream (data, ``lanes`` bytes a beat, all of them valid).

    Parameters
    ----------
    config : Config
        The machine.
    looped : bool
        Whether its links are looped back inside; else they are ports.

    Members
    -------
    s_axil_*
        Registers, see ``arch.host``.
    s_axis_tvalid, s_axis_tready, s_axis_tdata, s_axis_tlast
        Packets from the host.
    m_axis_tvalid, m_axis_tready, m_axis_tdata, m_axis_tlast
        Packets to the host.
    links : Out(link_signature).array(c2c_links, superlanes)
        As of :class:`hdl.chip.Chip`, unless looped.
    """

    def __init__(self, *, config: Config, looped: bool = False):
        self.config, self.looped = config, looped
        address, word, beat = ADDRESS_BITS, DATA_BITS, config.word_bits
        super().__init__(
            "superlane_chip_looped" if looped else "superlane_chip",
            (config.fingerprint.hex()[:8],),
            {
                "s_axil_awaddr": In(address),
                "s_axil_awvalid": In(1),
                "s_axil_awready": Out(1),
                "s_axil_wdata": In(word),
                "s_axil_wstrb": In(STROBES),
                "s_axil_wvalid": In(1),
                "s_axil_wready": Out(1),
                "s_axil_bresp": Out(2),
                "s_axil_bvalid": Out(1),
                "s_axil_bready": In(1),
                "s_axil_araddr": In(address),
                "s_axil_arvalid": In(1),
                "s_axil_arready": Out(1),
                "s_axil_rdata": Out(word),
                "s_axil_rresp": Out(2),
                "s_axil_rvalid": Out(1),
                "s_axil_rready": In(1),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tdata": In(beat),
                "s_axis_tlast": In(1),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tdata": Out(beat),
                "m_axis_tlast": Out(1),
                **({} if looped else {LINKS: Out(link_signature(config)).array(config.c2c_links, config.superlanes)}),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        config = self.config
        m.submodules.axil = axil = AxiLiteSlave()
        m.submodules.registers = file = Registers(config=config)
        chip = self.chip()
        engine = Engine(config=config)
        m.submodules.chip = Cleared(chip, file.clear)
        m.submodules.engine = Cleared(engine, file.clear)
        started, running, over_limit = Signal(), Signal(), Signal()
        self._bus(m, axil, file)
        self._state(m, file, chip, started, running, over_limit)
        self._readings(m, file, chip, engine, Mux(running, State.RUNNING, Mux(started, State.IDLE, State.BOOTING)))
        self._commands(m, file, engine)
        self._data(m, engine, chip)
        if isinstance(chip, Chip):
            for mine, its in zip(self.links, chip.links, strict=True):
                for outer, inner in zip(mine, its, strict=True):
                    wiring.connect(m, wiring.flipped(outer), inner)
        self._arm(m, file, chip)
        if config.spare:
            m.d.comb += chip.fuse.eq(file.set_fuse)
        m.d.comb += [
            file.running.eq(running),
            file.started.eq(started),
            engine.running.eq(running),
            engine.started.eq(started),
            view(config, "STATUS", "over_limit", file.now_status).eq(over_limit),
        ]
        return m

    def chip(self) -> Chip | LoopedChip:
        """The chip inside; benches of the host's side put another one there."""
        return LoopedChip(config=self.config) if self.looped else Chip(config=self.config)

    def _bus(self, m: Module, axil: AxiLiteSlave, file: Registers) -> None:
        m.d.comb += [getattr(axil, name).eq(getattr(self, f"s_axil_{name}")) for name in _LITE]
        m.d.comb += [getattr(self, f"s_axil_{name}").eq(getattr(axil, name)) for name in _LITE_OUT]
        m.d.comb += [
            file.write.eq(axil.write),
            file.write_address.eq(axil.awaddr),
            file.write_data.eq(axil.wdata),
            file.write_strobe.eq(axil.wstrb),
            axil.write_refused.eq(file.write_refused),
            file.read.eq(axil.read),
            file.read_address.eq(axil.araddr),
            axil.read_data.eq(file.read_data),
            axil.read_refused.eq(file.read_refused),
        ]

    def _state(
        self, m: Module, file: Registers, chip: Chip | LoopedChip, started: Signal, running: Signal, over_limit: Signal
    ) -> None:
        """Booting, running or idle. The chip begins two cycles after the pulse that it gets here."""
        m.d.comb += [chip.start.eq(file.start), running.eq((started | file.start) & ~chip.idle)]
        with m.If(file.start):
            m.d.sync += started.eq(1)
        with m.If(running & (chip.cycle == file.set_limit) & (file.set_limit != 0)):
            m.d.sync += over_limit.eq(1)
        with m.If(file.clear):
            m.d.sync += [started.eq(0), over_limit.eq(0)]

    def _readings(self, m: Module, file: Registers, chip: Chip | LoopedChip, engine: Engine, state: Any) -> None:
        config = self.config
        selected = Signal.like(chip.report_superlane)
        # All records say whether the chip is faulty, from everywhere, so this comes late. But a program may end in the
        # very cycle in which a word fetched last, one too many, is on record.
        faulty = Signal()
        m.d.sync += selected.eq(view(config, "SELECT", "superlane", file.set_select))
        m.d["comb" if config.features.fetch else "sync"] += faulty.eq(chip.faulty)
        status = {"state": state, "busy": engine.busy, "faulty": faulty, "found": engine.found}
        fault = {"code": chip.report.code, "count": chip.report.count}
        m.d.comb += [view(config, "STATUS", name, file.now_status).eq(value) for name, value in status.items()]
        m.d.comb += [view(config, "FAULT", name, file.now_fault).eq(value) for name, value in fault.items()]
        m.d.comb += [
            file.now_cycle.eq(chip.cycle),
            file.now_done.eq(engine.done),
            file.now_host_corrected.eq(engine.corrected),
            file.now_host_failed.eq(engine.failed),
            file.now_first.eq(chip.report.first),
            file.now_corrected.eq(chip.report.fixed),
            file.now_issued.eq(chip.issued),
            file.now_parked.eq(chip.waited),
            chip.report_queue.eq(view(config, "SELECT", "queue", file.set_select)),
            # The superlanes take a cycle to find a queue's record.
            chip.report_superlane.eq(selected),
            engine.recorded.eq(chip.report.code.any() | chip.report.fixed.any()),
        ]

    def _commands(self, m: Module, file: Registers, engine: Engine) -> None:
        m.d.comb += [
            engine.code.eq(file.command),
            engine.go.eq(file.go),
            file.command_refused.eq(engine.refused),
            file.busy.eq(engine.busy),
            file.event.eq(engine.event),
            file.select_en.eq(engine.select_en),
            file.select.eq(engine.select_next),
        ]
        names = ("place", "count", "mode", "select", "timeout")
        m.d.comb += [getattr(engine, name).eq(getattr(file, f"set_{name}")) for name in names]

    def _data(self, m: Module, engine: Engine, chip: Chip | LoopedChip) -> None:
        m.d.comb += [
            *(getattr(engine, f"s_{name}").eq(getattr(self, f"s_axis_t{name}")) for name in ("valid", "data", "last")),
            self.s_axis_tready.eq(engine.s_ready),
            *(getattr(self, f"m_axis_t{name}").eq(getattr(engine, f"m_{name}")) for name in ("valid", "data", "last")),
            engine.m_ready.eq(self.m_axis_tready),
            *join(engine.text, chip.text),
            *join(engine.command, chip.command),
            *join(engine.host, chip.host),
            chip.host_vector.eq(engine.host_vector),
            *join(chip.host_taken, engine.host_taken),
        ]

    def _arm(self, m: Module, file: Registers, chip: Chip | LoopedChip) -> None:
        """The injection, as the registers describe it."""
        config, armed = self.config, chip.armed
        place = {
            name: view(config, "INJECT_PLACE", name, file.set_inject_place)
            for name in ("superlane", "position", "stream", "direction", "mem_slice", "hemisphere")
        }
        masks = [getattr(file, f"set_{r.name.lower()}") for r in settings(config) if r.name.startswith("INJECT_MASK")]
        assert armed_signature(config).members["cycle"].shape == CYCLE_BITS
        mask = Signal(config.code_bits)
        for n, part in enumerate(masks):
            m.d.comb += mask[n * DATA_BITS : (n + 1) * DATA_BITS].eq(part)
        m.d.comb += [
            armed.stream_en.eq(view(config, "INJECT", "stream", file.set_inject)),
            armed.memory_en.eq(view(config, "INJECT", "memory", file.set_inject)),
            armed.position.eq(place["position"]),
            armed.ref[:-1].eq(place["stream"]),
            armed.ref[-1].eq(place["direction"]),
            armed.side.eq(place["hemisphere"]),
            armed.mem_slice.eq(place["mem_slice"]),
            armed.superlane.eq(place["superlane"]),
            armed.cycle.eq(file.set_inject_cycle),
            armed.mask.eq(mask),
        ]
