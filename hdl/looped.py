"""A chip whose links are looped back: what its programs can be tested with alone.

Source: ``docs/architecture.md``, C2C.
"""

from typing import Any

from amaranth import Module
from amaranth.lib import wiring

from arch.config import Config
from hdl.c2c.link import Loopback
from hdl.chip import Chip, chip_ports
from hdl.seam import Block

#: The chip's ports that end here.
LINKS = "links"


class LoopedChip(Block):
    """Chip and loopbacks. Its ports are those of :class:`hdl.chip.Chip`, without ``links``; the chip in it is ``chip``.

    Parameters
    ----------
    config : Config
        The machine.
    """

    def __init__(self, *, config: Config):
        self.config = config
        ports = {name: member for name, member in chip_ports(config).items() if name != LINKS}
        super().__init__("looped_chip", (config.fingerprint.hex()[:8],), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        m.submodules.chip = chip = Chip(config=self.config)
        for path, member, value in self.signature.flatten(self):
            inner = chip
            for step in path:
                inner = getattr(inner, str(step))
            m.d.comb += inner.eq(value) if member.flow == wiring.In else value.eq(inner)
        for n in range(self.config.c2c_links):
            for k in range(self.config.superlanes):
                m.submodules[f"loopback_{n}_{k}"] = loopback = Loopback(config=self.config)
                wiring.connect(m, chip.links[n][k], loopback.link)
        return m
