"""What nextpnr writes: where each cell is, and how long signals take."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from scripts.fpga.components import Component, Places
from scripts.fpga.device import BRAM, DSP, FF, LUT

#: Resource of a kind of cell of nextpnr, and how many of it; the write port of distributed RAM blocks two LUTs.
_RESOURCES: Mapping[str, tuple[str, int]] = {
    "TRELLIS_COMB": (LUT, 1),
    "TRELLIS_RAMW": (LUT, 2),
    "TRELLIS_FF": (FF, 1),
    "MULT18X18D": (DSP, 1),
    "DP16KD": (BRAM, 1),
}
_BEL = re.compile(r"X(\d+)/Y(\d+)/")


@dataclass(frozen=True)
class Cell:
    """A cell in its place.

    Attributes
    ----------
    name
        In the netlist.
    resource, number
        What it takes, and how many.
    x, y
        Tile, from the upper left corner.
    """

    name: str
    resource: str
    number: int
    x: int
    y: int


def cells(text: str) -> Iterator[Cell]:
    """Cells of a design that nextpnr has placed, those of clocks and pins left out."""
    (module,) = (one for one in json.loads(text)["modules"].values() if "top" in one["attributes"])
    for name, cell in module["cells"].items():
        bel = _BEL.match(cell["attributes"].get("NEXTPNR_BEL", ""))
        if bel and cell["type"] in _RESOURCES:
            yield Cell(name, *_RESOURCES[cell["type"]], int(bel[1]), int(bel[2]))


@dataclass(frozen=True)
class Stretch:
    """A part of a path that is in one component.

    Attributes
    ----------
    component
        That which drives it.
    logic, wire
        Nanoseconds in cells, and between them.
    """

    component: Component
    logic: float
    wire: float


@dataclass(frozen=True)
class Timing:
    """How fast the design is.

    Attributes
    ----------
    mhz
        Highest clock.
    path
        The longest path from register to register.
    ends
        Endpoints of it: names of cells.
    arrivals
        Nanoseconds after the clock's edge at which the latest signal comes to a register of a component.
    """

    mhz: float
    path: tuple[Stretch, ...]
    ends: tuple[str, str]
    arrivals: Mapping[Component, float]


def timing(text: str, places: Places) -> Timing:
    """Read nextpnr's report; ``ValueError`` if it holds no clock."""
    report = json.loads(text)
    inside = [path for path in report["critical_paths"] if path["from"] == path["to"]]
    if not report["fmax"] or not inside:
        raise ValueError("nextpnr's report names no clock")
    steps = max((path["path"] for path in inside), key=_length)
    arrivals: dict[Component, float] = defaultdict(float)
    for net in report.get("detailed_net_timings", ()):
        for end in net["endpoints"]:
            if end["event"].startswith("posedge"):
                component = places.component(end["cell"])
                arrivals[component] = max(arrivals[component], *end["delay"])
    mhz = min(clock["achieved"] for clock in report["fmax"].values())
    return Timing(mhz, _stretches(steps, places), (steps[0]["from"]["cell"], steps[-1]["to"]["cell"]), arrivals)


def _length(steps: Iterable[Mapping[str, Any]]) -> float:
    return sum(step["delay"] for step in steps)


def _stretches(steps: Sequence[Mapping[str, Any]], places: Places) -> tuple[Stretch, ...]:
    found = []
    for component, some in groupby(steps, lambda step: places.component(step["from"]["cell"])):
        wires: dict[bool, float] = {True: 0.0, False: 0.0}
        for step in some:
            wires[step["type"] == "routing"] += step["delay"]
        found.append(Stretch(component, wires[False], wires[True]))
    return tuple(found)


def read(folder: Path, name: str) -> str:
    """Text of a file of nextpnr's."""
    return (folder / name).read_text(encoding="utf-8")
