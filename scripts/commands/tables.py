"""Tables of text for people."""

from collections.abc import Sequence

from arch.queues import Unit


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart, the first to the left, the others to the right."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
    return "\n".join(lines)


def unit_name(unit: Unit) -> str:
    """A unit's name as its queues spell it: "mem", "mxm.weights"."""
    family = unit.name.partition("_")[0].lower()
    return f"{family}.{unit.value}" if family in ("mxm", "sxm") else unit.value


def percent(part: float, whole: float) -> str:
    """A share, to a tenth of a percent; of nothing it is nothing."""
    return f"{100 * part / whole:.1f}" if whole else "0.0"
