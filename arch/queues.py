"""The instruction queues and the unit that each feeds (published: 144, of which 44 MEM, 6 MXM, 14 SXM+C2C per
hemisphere and 16 VXM; the split of the 6 and the 14 is our decision)."""

import enum
from dataclasses import dataclass
from functools import cache

from arch import conveyor
from arch.config import MESH_COLUMNS, Config
from arch.conveyor import Hemisphere, Site
from arch.features import Features


class Unit(enum.Enum):
    """Functional slice that a queue feeds, at the grain at which instructions differ."""

    MEM = "mem"
    VXM = "vxm"
    MXM_WEIGHTS = "weights"
    MXM_ACTIVATIONS = "activations"
    MXM_ACCUMULATORS = "accumulators"
    SXM_DISTRIBUTE = "distribute"
    SXM_TRANSPOSE = "transpose"
    SXM_SHIFT_NORTH = "shift_north"
    SXM_SHIFT_SOUTH = "shift_south"
    SXM_PERMUTE = "permute"
    SXM_ROTATE = "rotate"
    C2C = "c2c"


@dataclass(frozen=True)
class Queue:
    """One instruction queue.

    Attributes
    ----------
    index
        Number among all queues of the chip.
    name
        Spelling in program text.
    unit
        What it feeds.
    hemisphere
        None for the VXM.
    number
        Slice, ALU, plane, distributor, transposer or C2C queue within its hemisphere; 0 where there is one only.
    site
        Where its unit meets the streams.
    """

    index: int
    name: str
    unit: Unit
    hemisphere: Hemisphere | None
    number: int
    site: Site


@cache
def queues(config: Config) -> tuple[Queue, ...]:
    """All queues of the chip, by index: the western hemisphere, the VXM, the eastern hemisphere."""
    rows = [*_hemisphere(config, Hemisphere.WEST)]
    rows += [(f"vxm{n}", Unit.VXM, None, n, conveyor.vxm_site(config)) for n in range(len(config.alus))]
    rows += _hemisphere(config, Hemisphere.EAST)
    return tuple(Queue(index, *row) for index, row in enumerate(rows))


@cache
def queues_by_name(config: Config) -> dict[str, Queue]:
    """Queues by their spelling in program text."""
    return {queue.name: queue for queue in queues(config)}


def _hemisphere(config: Config, side: Hemisphere) -> list[tuple[str, Unit, Hemisphere, int, Site]]:
    sxm, mxm = conveyor.sxm_site(config, side), conveyor.mxm_site(config, side)
    rows = [(f"mem{n}", Unit.MEM, n, conveyor.mem_site(config, side, n)) for n in range(config.slices)]
    for plane in range(config.planes):
        for unit in (Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS, Unit.MXM_ACCUMULATORS):
            rows.append((f"mxm{plane}.{unit.value}", unit, plane, mxm))
    rows += [(f"sxm.{unit.value}{number}", unit, int(number or 0), sxm) for unit, number in sxm_units(config.features)]
    rows += [(f"c2c{n}", Unit.C2C, n, sxm) for n in range(config.c2c_queues)]
    return [(f"{side.letter}.{name}", unit, side, number, site) for name, unit, number, site in rows]


def sxm_units(features: Features) -> list[tuple[Unit, str]]:
    """Units of an SXM, in the order of their queues, with their number where there may be several."""
    found = [(Unit.SXM_DISTRIBUTE, str(n)) for n in range(features.distributors)]
    found += [(Unit.SXM_TRANSPOSE, str(n)) for n in range(features.transposers)]
    found += [(unit, "") for unit in (Unit.SXM_SHIFT_NORTH, Unit.SXM_SHIFT_SOUTH) if features.shift]
    found += [(Unit.SXM_PERMUTE, "")] if features.permute else []
    return found + ([(Unit.SXM_ROTATE, "")] if features.rotate else [])


def links_of(config: Config, queue: Queue) -> tuple[int, ...]:
    """Numbers of the links that a C2C queue commands."""
    first = (queue.hemisphere or 0) * config.c2c_links // 2 + queue.number * 2
    return (first, first + 1)


def mesh_neighbor(config: Config, alu: int, way: str) -> int | None:
    """ALU to the ``way`` ("N", "E", "S" or "W") of ``alu`` in the VXM mesh; None beyond its border (no wrap).

    Row 0 is the north row; ALU numbers go west to east, then north to south (our decision).
    """
    row, col = divmod(alu, MESH_COLUMNS)
    row += {"N": -1, "S": 1}.get(way, 0)
    col += {"W": -1, "E": 1}.get(way, 0)
    neighbor = row * MESH_COLUMNS + col
    return neighbor if 0 <= col < MESH_COLUMNS and 0 <= neighbor < len(config.alus) else None
