"""The table of cells, `docs/cells.md`."""

import re
from collections.abc import Mapping

from scripts.cells.components import Component
from scripts.cells.measure import Row

_HEAD = """# Cells

What the parts of the machine take, each synthesized by itself: written by `make cells`, which measures only what has
changed. `make cells ARGS=--check` says what has grown since. Of the preset `fpga`, unless a row says otherwise.

- ECP5: Yosys' `synth_ecp5 -nowidelut`; LUT are those of 4 inputs, with two for each carry cell and four for each
  distributed RAM; registers inside multipliers are not among the FF. MHz: nextpnr, LFE5U-85F, speed grade 6, from
  register to register, without pins: the middle of three runs.
- Xilinx 7: Yosys' `synth_xilinx`; LUT are those of up to 6 inputs. Block RAM in units of 36 Kbit.
- Gates: AND, OR, XOR, multiplexers and inverters of Yosys' `abc`, without the memories, which are macros.
- `SUPERLANE_UNGATED` and `SYNTHESIS` are defined.
"""
_COLUMNS = (
    ("ecp5", "lut", "LUT4"),
    ("ecp5", "ff", "FF"),
    ("ecp5", "dsp", "DSP"),
    ("ecp5", "bram", "BRAM"),
    ("mhz", "", "MHz"),
    ("xc7", "lut", "LUT6"),
    ("xc7", "ff", "FF"),
    ("xc7", "dsp", "DSP"),
    ("xc7", "bram", "BRAM"),
    ("gates", "gate", "gates"),
    ("gates", "ff", "FF"),
)
_LINE = re.compile(r"^\| `(?P<name>\w+)` \|.*$", re.MULTILINE)


def page(parts: tuple[Component, ...], rows: Mapping[str, Row], before: str = "") -> str:
    """The page; of parts without a new row, the line that the page had ``before`` stays."""
    kept = lines(before)
    heads = "".join(f" {title} |" for _, _, title in _COLUMNS)
    table = [
        "| | | ECP5 | | | | | Xilinx 7 | | | | ASIC | |",
        f"|---|---|{'---:|' * len(_COLUMNS)}",
        f"| part | what |{heads}",
        *(line(part, rows[part.name]) if part.name in rows else kept.get(part.name, "") for part in parts),
    ]
    return "\n".join((_HEAD, *(row for row in table if row), ""))


def line(part: Component, row: Row) -> str:
    """A part's line of the table."""
    per_mac = f"; {row.ecp5['lut'] / part.macs:.0f} LUT4 per MAC" if part.macs else ""
    cells = (row.mhz if not name else getattr(row, group)[name] for group, name, _ in _COLUMNS)
    return f"| `{part.name}` | {part.what}{per_mac} |" + "".join(f" {_number(value)} |" for value in cells)


def lines(text: str) -> dict[str, str]:
    """Lines of parts of a page, by name."""
    return {found["name"]: found[0] for found in _LINE.finditer(text)}


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.1f}" if value != int(value) else f"{int(value):,}"
