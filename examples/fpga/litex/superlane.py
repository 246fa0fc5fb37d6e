"""Superlane in a SoC of LiteX: registers on the SoC's bus, data by two DMA engines in its memory.

    make verilog PRESET=fpga OUT=build/chip
    python examples/fpga/litex/superlane.py build/chip      # in an environment with LiteX: writes a SoC as Verilog

LiteX is no dependency of this project. For a board of yours, call :func:`add` on its SoC.
"""

import re
import sys
from pathlib import Path

from litex.build.generic_platform import IOStandard, Pins, Subsignal
from litex.build.io import CRG
from litex.build.lattice.platform import LatticeECP5Platform
from litex.gen import LiteXModule
from litex.soc.cores.dma import WishboneDMAReader, WishboneDMAWriter
from litex.soc.integration.builder import Builder
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import axi, stream, wishbone
from migen import ClockSignal, Instance, ResetSignal

#: Bits of the bus, and bytes of the chip's registers.
DATA_BITS, REGISTERS = 32, 0x1000


class Superlane(LiteXModule):
    """The chip of an export.

    Parameters
    ----------
    platform
        Gets the export's files.
    folder
        What `make verilog` wrote.

    Attributes
    ----------
    bus
        Registers, AXI4-Lite (docs/host.md).
    sink, source
        Beats to the chip and from it, ``data`` of ``beat_bits``.
    """

    def __init__(self, platform, folder: Path) -> None:
        head, *names = (folder / "files.f").read_text(encoding="utf-8").splitlines()
        top = re.search(r"top (\w+)\)$", head)[1]
        ports = (folder / f"{top}.v").read_text(encoding="utf-8")
        self.beat_bits = int(re.search(r"input \[(\d+):0\] s_axis_tdata;", ports)[1]) + 1
        self.bus = bus = axi.AXILiteInterface(data_width=DATA_BITS, address_width=DATA_BITS)
        self.sink = stream.Endpoint([("data", self.beat_bits)])
        self.source = stream.Endpoint([("data", self.beat_bits)])
        joined = {}
        for name in ("aw", "w", "b", "ar", "r"):
            channel = getattr(bus, name)
            # Manager to chip, but for the two channels of answers.
            to, back = ("o", "i") if name in ("b", "r") else ("i", "o")
            joined |= {f"{to}_s_axil_{name}valid": channel.valid, f"{back}_s_axil_{name}ready": channel.ready}
        joined |= {"i_s_axil_awaddr": bus.aw.addr[:12], "i_s_axil_araddr": bus.ar.addr[:12]}
        joined |= {"i_s_axil_wdata": bus.w.data, "i_s_axil_wstrb": bus.w.strb, "o_s_axil_bresp": bus.b.resp}
        joined |= {"o_s_axil_rdata": bus.r.data, "o_s_axil_rresp": bus.r.resp}
        for port, end, to, back in (("s_axis", self.sink, "i", "o"), ("m_axis", self.source, "o", "i")):
            joined |= {f"{to}_{port}_t{part}": getattr(end, part) for part in ("valid", "last", "data")}
            joined[f"{back}_{port}_tready"] = end.ready
        self.specials += Instance(top, i_clk=ClockSignal(), i_rst=ResetSignal(), **joined)
        for name in names:
            platform.add_source(str(folder / name))


def add(soc, folder: Path, origin: int = 0x3000_0000) -> None:
    """Put a chip into a SoC: registers at ``origin``, the DMA engines' own registers among the SoC's CSRs.

    A packet is a transfer of a DMA engine: reader and writer take base, length, and a bit that starts them.
    """
    soc.superlane = chip = Superlane(soc.platform, folder)
    soc.bus.add_slave("superlane", chip.bus, SoCRegion(origin=origin, size=REGISTERS, cached=False))
    for name, engine, is_reader in (("reader", WishboneDMAReader, True), ("writer", WishboneDMAWriter, False)):
        bus = wishbone.Interface(data_width=DATA_BITS, adr_width=30)
        # "big" means as they are on the bus, whose first byte is the lowest; "little" would turn each word round.
        dma = engine(bus, endianness="big")
        # Left to itself the writer takes what comes before it is started, and drops it.
        dma.add_ctrl(**({} if is_reader else {"ready_on_idle": 0}))
        dma.add_csr()
        setattr(soc, f"superlane_{name}", dma)
        soc.bus.add_master(f"superlane_{name}", bus)
        # The stream has the bus's width: where the chip's beats are wider or narrower, a converter stands between.
        fits = stream.Converter(*((DATA_BITS, chip.beat_bits) if is_reader else (chip.beat_bits, DATA_BITS)))
        setattr(soc, f"superlane_{name}_fits", fits)
        first, last = (dma.source, chip.sink) if is_reader else (chip.source, dma.sink)
        soc.comb += [first.connect(fits.sink), fits.source.connect(last, omit={"valid_token_count"})]


#: Pins of a ULX3S: clock, button FIRE1, serial port.
PINS = [
    ("clk25", 0, Pins("G2"), IOStandard("LVCMOS33")),
    ("rst", 0, Pins("R1"), IOStandard("LVCMOS33")),
    ("serial", 0, Subsignal("tx", Pins("L4")), Subsignal("rx", Pins("M1")), IOStandard("LVCMOS33")),
]


def main(folder: Path) -> None:
    """Write a SoC whose bus a host drives over the serial port (LiteX's UARTBone): memory, the chip, its engines."""
    platform = LatticeECP5Platform("LFE5U-85F-6BG381C", PINS, toolchain="trellis")
    soc = SoCMini(platform, clk_freq=int(25e6), integrated_sram_size=0x4000)
    soc.crg = CRG(platform.request("clk25"), platform.request("rst"))
    soc.add_uartbone()
    add(soc, folder.resolve())
    Builder(soc, output_dir="build/litex", compile_software=False).build(build_name="soc", run=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
