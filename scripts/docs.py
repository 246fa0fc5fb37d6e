"""Write the generated pages of docs/ (`make docs`); with `--check`, only say which are out of date.

docs/numerics.md is measured, not merely derived, and takes a minute: `python -m scripts.measure_numerics` writes it.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from scripts.pages import host, isa

DOCS = Path(__file__).resolve().parent.parent / "docs"

#: Text of every generated page, by file name.
PAGES: Mapping[str, Callable[[], str]] = MappingProxyType({"isa.md": isa.manual, "host.md": host.manual})


def outdated(folder: Path = DOCS) -> list[str]:
    """Names of the pages whose file is missing or differs from what would be written."""
    return [name for name, text in PAGES.items() if _read(folder / name) != text()]


def write(folder: Path = DOCS) -> list[str]:
    """Write the pages that are out of date; return their names."""
    names = outdated(folder)
    for name in names:
        (folder / name).write_text(PAGES[name](), encoding="utf-8")
    return names


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(prog="scripts.docs", description="Write the generated pages of docs/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args(arguments).check
    names = outdated() if check else write()
    for name in names:
        print(f"docs/{name}: {'out of date, run make docs' if check else 'written'}")
    if not names:
        print(f"docs: {len(PAGES)} pages up to date")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main())
