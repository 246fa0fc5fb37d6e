"""Export a machine, or one unit of it, as Verilog (`make verilog PRESET=p`): docs/verilog.md.

Into a folder go one file per module, `files.f` (the list of them, for `-F` of Verilator and the like), `ports.md` (the
modules and their ports), and `lint.vlt` (what Verilator may pass over, and why). The same machine gives the same bytes.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import tb
from arch.config import PRESETS, preset
from hdl.catalog import WHOLE, unit, units
from hdl.export import export_modules
from scripts.cli import INTERRUPTED, Parser, refuse
from scripts.pages.ports import page

ROOT = Path(__file__).resolve().parent.parent
LIST, TABLE, WAIVERS = "files.f", "ports.md", "lint.vlt"
#: First line of a list of files, by which a folder is known to hold an export.
_HEAD = "// Superlane: Verilog written by `make verilog`"
_FILE = re.compile(r"[a-z][a-z0-9_]*\.v")


class OutputError(ValueError):
    """A folder that is not for exports."""


def files(preset_name: str, unit_name: str) -> dict[str, str]:
    """Text of every file of an export, by name.

    Raises
    ------
    ValueError
        If there is no such preset or unit; the message lists those that there are.
    """
    config = preset(preset_name)
    top = unit(config, unit_name)
    modules = export_modules(top)
    texts = {f"{name}.v": module.text for name, module in modules.items()}
    return {
        **texts,
        LIST: listing(f"preset {config.name}, unit {unit_name}, top {top.module_name}", texts),
        TABLE: page(config, units(config)[unit_name].what, modules),
        WAIVERS: waivers(),
    }


def listing(what: str, texts: Iterable[str]) -> str:
    """The list of an export's files of Verilog, by which its folder is known."""
    return "\n".join((f"{_HEAD} ({what})", *texts)) + "\n"


def waivers() -> str:
    """What Verilator may pass over in an export."""
    return (Path(tb.__file__).parent / WAIVERS).read_text(encoding="utf-8")


def earlier(folder: Path) -> set[str]:
    """Names of the files of an earlier export in a folder; empty if it is new or empty.

    Raises
    ------
    OutputError
        If the folder is something else: what others put there must not be mixed with an export.
    """
    if not folder.exists():
        return set()
    if not folder.is_dir():
        raise OutputError(f"{folder}: is a file, not a folder to write into")
    listing = folder / LIST
    lines = listing.read_text(encoding="utf-8", errors="replace").splitlines() if listing.is_file() else []
    if lines and lines[0].startswith(_HEAD):
        return {LIST, TABLE, WAIVERS, *filter(_FILE.fullmatch, lines[1:])}
    if any(folder.iterdir()):
        raise OutputError(f"{folder}: must be new, empty or an earlier export: it holds other files")
    return set()


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write an export; what an earlier one left over goes. The list comes first: it marks the folder as an export."""
    left = earlier(folder) - set(texts)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (LIST, *(name for name in texts if name != LIST)):
        (folder / name).write_text(texts[name], encoding="utf-8", newline="\n")
    for name in left:
        (folder / name).unlink(missing_ok=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(prog="verilog", description="Export a machine, or one unit of it, as Verilog.")
    top.add_argument("--preset", metavar="P", default="small", help=f"machine: {', '.join(PRESETS)} (default: small)")
    top.add_argument("--unit", metavar="UNIT", default=WHOLE, help=f"part of it (default: {WHOLE}); see --list")
    top.add_argument("--out", metavar="FOLDER", type=Path, help="where to (default: build/verilog/PRESET-UNIT)")
    top.add_argument("--list", action="store_true", help="list the units of the machine and export nothing")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    try:
        given = parser().parse_args(arguments)
        config = preset(given.preset)
        if given.list:
            for name, one in units(config).items():
                print(f"{name:28} {one.what}")
            return 0
        folder = given.out or ROOT / "build" / "verilog" / f"{config.name}-{given.unit}"
        if given.unit in units(config):
            earlier(folder)  # refused before the work, not after it
        begun = time.perf_counter()
        texts = files(given.preset, given.unit)
        write(folder, texts)
        seconds = time.perf_counter() - begun
    except (ValueError, OSError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    verilog = [text for name, text in texts.items() if name.endswith(".v")]
    lines = sum(text.count("\n") for text in verilog)
    print(f"{_shown(folder)}: {len(verilog)} modules, {lines:,} lines of Verilog, {seconds:.1f} s; see {TABLE}")
    return 0


def _shown(folder: Path) -> Path:
    """The folder as people call it."""
    return folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder


if __name__ == "__main__":
    sys.exit(main())
