"""The report of a design in an FPGA: what each component takes, and how fast it is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from scripts.fpga.components import COMPONENTS, REST, Component, Places
from scripts.fpga.device import BRAM, DSP, FF, LUT, BoardKind
from scripts.fpga.placed import Cell, Timing

#: Columns of the table.
RESOURCES = (LUT, FF, DSP, BRAM)


def table(cells: Iterable[Cell], places: Places) -> dict[Component, Counter[str]]:
    """Cells by component and resource."""
    found: dict[Component, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        found[places.component(cell.name)][cell.resource] += cell.number
    return {component: found[component] for component in (*COMPONENTS, REST) if component in found}


def text(name: str, board: BoardKind, found: Mapping[Component, Counter[str]], timing: Timing, made: str) -> str:
    """The page.

    Parameters
    ----------
    name
        Of the machine.
    board
        What it is for.
    found
        :func:`table`.
    timing
        How fast it is.
    made
        By what, in a few words.
    """
    total = sum(found.values(), Counter())
    rows = [
        _row(component.name, counts, _nanoseconds(timing.arrivals.get(component)))
        for component, counts in found.items()
    ]
    capacity = board.device.capacity
    shares = " | ".join(f"{total[resource] / capacity[resource]:.1%}" for resource in RESOURCES)
    path = "\n".join(
        f"| {stretch.component.name} | {stretch.logic:.1f} | {stretch.wire:.1f} |" for stretch in timing.path
    )
    return f"""# `{name}` on {board.name}

{board.device.name}, {made}. Highest clock {timing.mhz:.1f} MHz; the board runs at {board.clock:g} MHz.

| component | {" | ".join(RESOURCES)} | latest signal, ns |
|---|{"---:|" * (len(RESOURCES) + 1)}
{chr(10).join(rows)}
{_row("**all**", total, _nanoseconds(max(timing.arrivals.values(), default=None)))}
| of {board.device.name} | {shares} | |

A cell belongs to the component whose name it has; logic at a border, to the one whose wire it drives. LUT4 are logic,
carries and distributed RAM. The latest signal is the one that comes last to a register of the component, counted from
the clock's edge.

## Longest path

From `{timing.ends[0]}`
to `{timing.ends[1]}`:

| component | logic, ns | wires, ns |
|---|---:|---:|
{path}
"""


def _row(name: str, counts: Mapping[str, int], arrival: str) -> str:
    return f"| {name} | {' | '.join(f'{counts[resource]:,}' for resource in RESOURCES)} | {arrival} |"


def _nanoseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
