"""All units of a superlane's SXM at once, in a stack of tiles."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from amaranth import Module
from amaranth.hdl import Elaboratable

from arch.config import Config
from arch.isa.table import TABLE
from arch.queues import DISTRIBUTORS, TRANSPOSERS, Queue, Unit
from hdl.pipeline import join
from hdl.sxm.tile import CODES, SxmTile, driven_widths, port_of, units
from tests.hdl.sxm.bench import check
from tests.hdl.sxm.configs import CONFIGS, machine
from tests.hdl.sxm.programs import any_config, program, spoil
from tests.hdl.sxm.stimulus import Stimulus, queue_of


class Tiles(Elaboratable):
    """SXM tiles, one above the other."""

    def __init__(self, config: Config):
        self.tiles = [SxmTile(config=config) for _ in range(config.superlanes)]

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for n, tile in enumerate(self.tiles):
            m.submodules[f"tile_{n}"] = tile
            m.d.comb += tile.number.eq(n)
        for below, above in zip(self.tiles, self.tiles[1:], strict=False):
            m.d.comb += join(below.up_out, above.up_in) + join(above.down_out, below.down_in)
        return m

    def ports(self, unit: Unit, number: int) -> list[Any]:
        """Ports of a unit, by superlane."""
        return [self._port(tile, unit, number) for tile in self.tiles]

    def _port(self, tile: SxmTile, unit: Unit, number: int) -> Any:
        queue = getattr(tile, port_of(unit, number))
        hits = {"MAP": queue.hit} if unit in CODES else {}
        return SimpleNamespace(
            fire=queue.fire,
            instr=queue.instr,
            failed=queue.failed,
            corrected=queue.corrected,
            hits=hits,
            lit=tile.lit,
            columns=tile.columns,
            drives=tile.drives(unit, number),
        )


def test_units_are_those_of_the_queues():
    found = units(CONFIGS[3])
    assert len(found) == DISTRIBUTORS + TRANSPOSERS + 4 and (Unit.SXM_ROTATE, 0) in found
    assert driven_widths(CONFIGS[3], Unit.SXM_ROTATE) == (9, 16)
    assert (Unit.SXM_ROTATE, 0) not in units(CONFIGS[1])


@pytest.mark.parametrize("config", [machine(2, 4), machine(1, 16)], ids=any_config)
def test_all_units_at_once(config: Config):
    stimulus, dut = Stimulus(config, seed=9), Tiles(config)
    ports: Mapping[Queue, list[Any]] = {
        queue_of(config, unit, number): dut.ports(unit, number) for unit, number in units(config)
    }
    for queue in ports:
        specs = tuple(spec for spec in TABLE if queue.unit in spec.units)
        program(stimulus, queue, specs, range(1, 7))
    stimulus.lit[4] = 1
    spoil(stimulus, 0.02)
    assert check(dut, stimulus, ports) >= config.superlanes * 6 * (len(ports) - 1)
