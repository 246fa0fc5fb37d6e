"""The tiles of VXM, SXM and C2C in a superlane: how each meets its queues, the streams, and the superlanes next to it.

Sources: ``arch.conveyor`` (where each unit stands), ``arch.queues`` (which there are).
"""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import LINKS_PER_QUEUE, Config
from arch.conveyor import Direction, Hemisphere, sxm_site, vxm_site
from arch.queues import Queue, Unit, queues
from hdl.c2c.link import link_signature
from hdl.c2c.tile import CHECKED as LINK_CHECKED
from hdl.c2c.tile import CODES as LINK_CODES
from hdl.c2c.tile import C2cTile
from hdl.pipeline import join
from hdl.sxm.tile import CODES as SXM_CODES
from hdl.sxm.tile import SxmTile, checked_words, down_signature, port_of, units, up_signature
from hdl.vertical import port_name
from hdl.vxm.mesh import Mesh
from hdl.vxm.sample import MOST

_SXM = tuple(unit for unit in Unit if unit.name.startswith("SXM"))


def sxm_name(side: Hemisphere) -> str:
    """Prefix of the vertical ports of a hemisphere's SXM."""
    return f"{side.letter.lower()}_sxm"


def tile_ports(config: Config) -> dict[str, Any]:
    """Ports of a superlane for these tiles.

    For each hemisphere *h*, ``h_sxm_up_in``, ``h_sxm_up``, ``h_sxm_down_in`` and ``h_sxm_down``, between superlanes,
    with the register at the receiver; for each C2C queue *q*, ``q_links``, its two links.
    """
    ports: dict[str, Any] = {}
    for side in Hemisphere:
        for way, signature in (("up", up_signature(config)), ("down", down_signature(config))):
            ports |= {f"{sxm_name(side)}_{way}_in": In(signature), f"{sxm_name(side)}_{way}": Out(signature)}
    for queue in queues(config):
        if queue.unit is Unit.C2C:
            ports[f"{port_name(queue)}_links"] = Out(link_signature(config)).array(LINKS_PER_QUEUE)
    return ports


def add_vxm(m: Module, lane: Any) -> None:
    """The mesh, between the two c0."""
    config, mine = lane.config, [queue for queue in queues(lane.config) if queue.unit is Unit.VXM]
    m.submodules.vxm = mesh = Mesh(config=config)
    m.d.comb += mesh.lit.eq(lane.is_lit)
    m.d.comb += [mesh.columns[d].eq(column) for d, column in enumerate(lane.sampled(mine[0]))]
    for queue in mine:
        climbing, n = getattr(lane, f"{port_name(queue)}_in"), queue.number
        m.d.comb += [mesh.fire[n].eq(climbing.fire), mesh.instr[n].eq(climbing.instr)]
        lane.attach(m, queue, (), Signal(0), 2 * MOST, mesh.failed[n], mesh.corrected[n])
    for direction in Direction:
        lane.merge(vxm_site(config).drive(direction), direction, mesh.mask[direction], mesh.words[direction])


def add_sxm(m: Module, lane: Any, side: Hemisphere) -> None:
    """A hemisphere's SXM, and the queue of Rotate where no lanes hold one: it executes nothing but still runs."""
    config, name = lane.config, sxm_name(side)
    mine = {(q.unit, q.number): q for q in queues(config) if q.hemisphere == side and q.unit in _SXM}
    m.submodules[name] = tile = SxmTile(config=config)
    m.d.comb += [tile.lit.eq(lane.is_lit), tile.number.eq(lane.number)]
    here = [lane.here(direction, sxm_site(config, side).sample(direction)) for direction in Direction]
    m.d.comb += [tile.columns[d].eq(column) for d, column in enumerate(here)]
    for way in ("up", "down"):
        m.d.comb += join(getattr(lane, f"{name}_{way}_in"), getattr(tile, f"{way}_in"))
        m.d.comb += join(getattr(tile, f"{way}_out"), getattr(lane, f"{name}_{way}"))
    for unit, number in units(config):
        queue, port = mine.pop((unit, number)), getattr(tile, port_of(unit, number))
        climbing = getattr(lane, f"{port_name(queue)}_in")
        m.d.comb += [port.fire.eq(climbing.fire), port.instr.eq(climbing.instr)]
        for drives in tile.drives(unit, number):
            _produce(lane, queue, drives)
        codes = SXM_CODES.get(unit, ())
        hit = port.hit if codes else Signal(0)
        lane.attach(m, queue, codes, hit, checked_words(config, unit), port.failed, port.corrected)
    for queue in mine.values():
        lane.attach(m, queue, (), Signal(0), 0, Signal(0), Signal(0))


def add_c2c(m: Module, lane: Any, queue: Queue) -> None:
    """A C2C queue's links."""
    name, climbing = port_name(queue), getattr(lane, f"{port_name(queue)}_in")
    m.submodules[name] = tile = C2cTile(config=lane.config)
    m.d.comb += [
        tile.fire.eq(climbing.fire),
        tile.instr.eq(climbing.instr),
        tile.lit.eq(lane.is_lit),
        tile.number.eq(lane.number),
        *(tile.columns[d].eq(column) for d, column in enumerate(lane.sampled(queue))),
    ]
    for mine, theirs in zip(tile.links, getattr(lane, f"{name}_links"), strict=True):
        wiring.connect(m, mine, wiring.flipped(theirs))
    _produce(lane, queue, tile.drives)
    lane.attach(m, queue, LINK_CODES, tile.hit, LINK_CHECKED, tile.failed, tile.corrected)


def _produce(lane: Any, queue: Queue, drives: Any) -> None:
    """Requests of a unit, by direction, for the registers that it drives."""
    for direction in Direction:
        lane.produce(queue.site.drive(direction), direction, drives[direction])
