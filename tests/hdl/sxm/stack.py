"""SXM tiles, one above the other, as one block: for Amaranth's simulator and, exported, for any other."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from amaranth import Module
from amaranth.lib.wiring import Out

from arch.config import Config
from arch.queues import Queue
from hdl.pipeline import join
from hdl.seam import Block
from hdl.sxm.tile import CODES, SxmTile, driven_widths, port_of, units
from tests.hdl.expose import expose, outside
from tests.hdl.sxm.configs import machine
from tests.hdl.sxm.programs import program, spoil
from tests.hdl.sxm.stimulus import Stimulus, queue_of, specs_of

#: Ports of a tile by which it hears of its place and its neighbors.
INSIDE = ("number", "up_in", "up_out", "down_in", "down_out")


class TileStack(Block):
    """A tile for each superlane; ``tile_<k>`` has all ports of superlane k's but the vertical ones."""

    def __init__(self, config: Config):
        self.config = config
        self._tiles = [SxmTile(config=config) for _ in range(config.superlanes)]
        ports = {f"tile_{k}": Out(outside(tile, *INSIDE)) for k, tile in enumerate(self._tiles)}
        super().__init__("sxm_stack", (config.fingerprint.hex()[:8],), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        tiles = self._tiles
        for k, tile in enumerate(tiles):
            m.submodules[f"tile_{k}"] = tile
            m.d.comb += tile.number.eq(k)
            m.d.comb += expose(getattr(self, f"tile_{k}"), tile)
        for below, above in pairwise(tiles):
            m.d.comb += join(below.up_out, above.up_in) + join(above.down_out, below.down_in)
        return m

    def ports(self) -> dict[Queue, list[Any]]:
        """Ports of each queue's units, by superlane, as the bench wants them."""
        return {
            queue_of(self.config, unit, number): [
                self._port(getattr(self, f"tile_{k}"), unit, number) for k in range(self.config.superlanes)
            ]
            for unit, number in units(self.config)
        }

    def _port(self, tile: Any, unit: Any, number: int) -> Any:
        name = port_of(unit, number)
        queue = getattr(tile, name)
        return SimpleNamespace(
            fire=queue.fire,
            instr=queue.instr,
            failed=queue.failed,
            corrected=queue.corrected,
            hits={"MAP": queue.hit} if unit in CODES else {},
            lit=tile.lit,
            columns=tile.columns,
            drives=[getattr(tile, f"{name}_drives_{width}") for width in driven_widths(self.config, unit)],
        )


def all_units(superlanes: int, lanes: int, cycles: int) -> tuple[TileStack, Stimulus]:
    """A stack, and random instructions for every queue in each of so many cycles."""
    config = machine(superlanes, lanes)
    dut, stimulus = TileStack(config), Stimulus(config, seed=9)
    for queue in dut.ports():
        program(stimulus, queue, specs_of(queue), range(1, cycles + 1))
    stimulus.lit[4] = 1
    spoil(stimulus, 0.02)
    return dut, stimulus
