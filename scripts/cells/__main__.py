"""`make cells`: what the parts of the machine take in FPGAs and in gates, and how fast they are; docs/cells.md.

Exit codes: 0 fine, 1 with `--check` if the page is not what was measured, 2 bad options or a missing tool.
"""

import argparse
import sys
from pathlib import Path

from scripts.cells.components import components
from scripts.cells.measure import ROOT, measure
from scripts.cells.page import lines, page
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.commands.files import write_whole
from scripts.synthesis import SynthesisError
from tb.verilator import MissingToolError

PAGE = ROOT / "docs" / "cells.md"


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="scripts.cells", description="Synthesize the parts of the machine, each by itself.")
    parser.add_argument("--part", metavar="NAME", action="append", help="of the table; all, if left out")
    parser.add_argument("--list", action="store_true", help="list the parts")
    parser.add_argument("--check", action="store_true", help="write nothing; say which lines of the page differ")
    parser.add_argument("--page", metavar="FILE", type=Path, default=PAGE, help="the page (default docs/cells.md)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the page or compare it."""
    options = _arguments(arguments)
    parts = {part.name: part for part in components()}
    if options.list:
        print("\n".join(f"{name:16}{part.what}" for name, part in parts.items()))
        return 0
    for name in options.part or ():
        if name not in parts:
            return refuse(ValueError(f"--part must be one of {', '.join(parts)}, not {name!r}"))
    rows = {}
    before = options.page.read_text(encoding="utf-8") if options.page.exists() else ""
    for name in options.part or parts:
        try:
            rows[name] = measure(parts[name])
        except (MissingToolError, SynthesisError) as error:
            return refuse(error)
        print(f"{name}: {rows[name]}", file=sys.stderr)
        if not options.check:
            before = page(tuple(parts.values()), rows, before)
            write_whole(options.page, before.encode())
    if not options.check:
        return 0
    now, then = lines(page(tuple(parts.values()), rows, before)), lines(before)
    differing = [name for name in rows if now[name] != then.get(name)]
    for name in differing:
        print(f"was {then.get(name, 'nothing')}\nis  {now[name]}")
    return 1 if differing else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
