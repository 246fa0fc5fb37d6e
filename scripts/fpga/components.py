"""Which component of the machine a cell belongs to, by its name: the hierarchy stays in the names of a flat netlist."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from scripts.fpga.design import Design

_INSTANCE = re.compile(r"^  (?P<module>\w+) (?:\\(?P<odd>\S+) |(?P<plain>\w+)) \($", re.MULTILINE)


@dataclass(frozen=True)
class Component:
    """A row of the report.

    Attributes
    ----------
    name
        What people call it.
    modules
        What the names of its modules begin with.
    color
        In the floorplan.
    """

    name: str
    modules: tuple[str, ...]
    color: str


#: Rows of the report. A cell belongs to the innermost instance around it that one of them names.
COMPONENTS = (
    Component("supercells", ("supercell_",), "#c0392b"),
    Component("accumulators", ("accumulator_",), "#e67e22"),
    Component("MXM, the rest", ("mxm_",), "#f1c40f"),
    Component("VXM", ("vxm_",), "#27ae60"),
    Component("SXM", ("sxm_",), "#8e44ad"),
    Component("MEM", ("mem_",), "#2980b9"),
    Component("stream registers", ("column_",), "#16a085"),
    Component("text to the queues", ("text_tap_",), "#7f8c8d"),
    Component("instruction queues", ("queue_",), "#d35400"),
    Component("dispatch and barrier", ("control_", "fetcher_"), "#9b5c2e"),
    Component("records of faults", ("faults_",), "#e84393"),
    Component("superlanes, the rest", ("superlane_",), "#95a5a6"),
    Component("chip, the rest", ("chip_", "looped_chip_"), "#bdc3c7"),
    Component("host interface", ("superlane_chip_", "host_", "axi_lite_"), "#34495e"),
    Component("serial line", ("superlane_board_", "serial_bridge_"), "#00cec9"),
)
#: What is in none: the top with its pins, and what the tools add.
REST = Component("board and clock", (), "#2d3436")


class Places:
    """Finds the component of a cell.

    Parameters
    ----------
    design : Design
        What was synthesized.
    """

    def __init__(self, design: Design) -> None:
        self._sources, self._top = design.sources, design.top
        self._known: dict[str, Component] = {}

    @cached_property
    def _inside(self) -> Mapping[str, Mapping[str, str]]:
        """Module of each instance of each module."""
        return {
            name: {found["odd"] or found["plain"]: found["module"] for found in _INSTANCE.finditer(text)}
            for name, text in self._sources.items()
        }

    def component(self, cell: str) -> Component:
        """Component of a cell, by its name in the netlist: places joined by dots."""
        place, _, _ = cell.rpartition(".")
        if place not in self._known:
            self._known[place] = self._find(place.split("."))
        return self._known[place]

    def _find(self, steps: list[str]) -> Component:
        if steps[0] != "board":
            return REST
        module, found = self._top, named(self._top)
        for step in steps[1:]:
            module = self._inside.get(module, {}).get(step, "")
            if not module:
                break
            found = named(module) or found
        return found or REST


def named(module: str) -> Component | None:
    """Component that a module's name tells; that with the longest beginning, if several do."""
    fitting = [
        (len(start), component) for component in COMPONENTS for start in component.modules if module.startswith(start)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None
