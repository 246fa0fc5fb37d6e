"""The floorplan as a picture: which component has most of each tile."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby

from scripts.fpga.components import Component, Places
from scripts.fpga.device import BRAM, DSP, FF, LUT
from scripts.fpga.placed import Cell

#: Pixels of a tile, of the margin, and of a line of the legend.
_TILE, _MARGIN, _LINE = 8, 16, 20
#: Width of the legend in pixels.
_LEGEND = 220
#: What counts in a tile: its LUTs and multipliers and memories; of registers alone, those.
_WEIGHTS = {LUT: 4, FF: 1, DSP: 64, BRAM: 64}

Tile = tuple[int, int]


def tiles(cells: Iterable[Cell], places: Places) -> dict[Tile, tuple[Component, bool]]:
    """Component of each tile, and whether it is a multiplier's or a memory's.

    Parameters
    ----------
    cells
        In their places.
    places
        Tells their components.
    """
    found: dict[Tile, Counter[Component]] = defaultdict(Counter)
    hard: set[Tile] = set()
    for cell in cells:
        found[cell.x, cell.y][places.component(cell.name)] += _WEIGHTS[cell.resource]
        if cell.resource in (DSP, BRAM):
            hard.add((cell.x, cell.y))
    return {tile: (counts.most_common(1)[0][0], tile in hard) for tile, counts in sorted(found.items())}


def svg(found: Mapping[Tile, tuple[Component, bool]], title: str) -> str:
    """The picture: a square for each tile that is used, runs of the same color as one rectangle."""
    width = max((x for x, _ in found), default=0) + 1
    height = max((y for _, y in found), default=0) + 1
    names = Counter(component for component, _ in found.values())
    tall = max(height * _TILE, len(names) * _LINE) + 2 * _MARGIN + _LINE
    wide = width * _TILE + 3 * _MARGIN + _LEGEND
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" font-family="sans-serif" '
        'font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{wide}" height="{tall}" fill="#ffffff"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN}">{escape(title)}</text>',
        f'<g transform="translate({_MARGIN},{_MARGIN + _LINE // 2})" shape-rendering="crispEdges">',
        f'<rect width="{width * _TILE}" height="{height * _TILE}" fill="#f4f6f7"/>',
        *_rectangles(found),
        "</g>",
        *_legend(names, 2 * _MARGIN + width * _TILE),
        "</svg>",
    ]
    return "\n".join((*lines, ""))


def _rectangles(found: Mapping[Tile, tuple[Component, bool]]) -> Iterable[str]:
    """Runs of tiles in a row; multipliers and memories with a frame."""

    def run(tile: Tile) -> tuple[int, Component, int]:
        (x, y), (component, hard) = tile, found[tile]
        # Adjacent tiles of a run have the same difference between their place and their number in the row.
        return y, component, -1 - x if hard else x - order[tile]

    rows = sorted(found, key=lambda tile: (tile[1], tile[0]))
    order: dict[Tile, int] = {}
    for _, row in groupby(rows, lambda tile: (tile[1], found[tile][0])):
        order.update({tile: n for n, tile in enumerate(row)})
    for (y, component, _), some in groupby(rows, run):
        many = list(some)
        frame = ' stroke="#000000"' if found[many[0]][1] else ""
        yield (
            f'<rect x="{many[0][0] * _TILE}" y="{y * _TILE}" width="{len(many) * _TILE}" height="{_TILE}" '
            f'fill="{component.color}"{frame}/>'
        )


def _legend(names: Counter[Component], left: int) -> Iterable[str]:
    for n, (component, count) in enumerate(names.most_common()):
        y = _MARGIN + _LINE // 2 + n * _LINE
        yield f'<rect x="{left}" y="{y}" width="14" height="14" fill="{component.color}"/>'
        yield f'<text x="{left + 20}" y="{y + 12}">{escape(component.name)}, {count:,} tiles</text>'
