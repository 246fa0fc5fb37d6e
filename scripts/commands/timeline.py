"""`superlane timeline`: a schedule as a page for the browser, and what happened beside what it promises."""

import argparse
import sys
from pathlib import Path

from arch.config import PRESETS
from arch.isa.fields import parse_integer
from arch.queues import queues
from compiler.asm import trace
from golden.analysis import LIMIT
from scripts.commands.files import check_writable, read_bytes, write_whole
from scripts.commands.load import load, text_of
from scripts.commands.trace import check_suffix
from scripts.timeline.compare import MEANINGS, Comparison, compare
from scripts.timeline.extract import Promise, promise
from scripts.timeline.page import page
from scripts.timeline.perfetto import perfetto

#: Differences that are printed.
SHOWN = 10


def add(commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "timeline",
        help="show a schedule in the browser",
        description="Writes a page that shows which unit does what when, and beside it, if a trace is given, what "
        "happened. Exit code 0: fine; 1: what happened is not what the program promises; 2: bad input.",
    )
    parser.add_argument("program", metavar="PROGRAM", type=Path, help="program file, source text, or example folder")
    parser.add_argument("-o", "--output", metavar="PAGE.html", type=Path, help="page to write (default: NAME.html)")
    parser.add_argument("--perfetto", metavar="FILE.json", type=Path, help="write it for Perfetto or Chrome, too")
    parser.add_argument("--trace", metavar="FILE", type=Path, help="trace of what happened (.jsonl or .csv)")
    parser.add_argument("--preset", metavar="P", help=f"machine that it must be for: {', '.join(PRESETS)}")
    parser.add_argument("--limit", metavar="N", default=str(LIMIT), help=f"cycles at most (default {LIMIT:,})")
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> int:
    """Write the page, and say whether what happened is what was promised."""
    limit = parse_integer(arguments.limit)
    if limit is None or limit < 1:
        raise ValueError(f"--limit must be a whole number of at least 1, not {arguments.limit!r}")
    name = arguments.program.resolve().stem
    target = arguments.output or Path(f"{name}.html")
    _check(arguments, target)
    loaded = load(arguments.program, arguments.preset)
    try:
        promised = promise(loaded.program, limit=limit)
    except ValueError as error:
        raise ValueError(f"{arguments.program}: {error}") from None
    happened = None
    if arguments.trace is not None:
        text = text_of(arguments.trace, read_bytes(arguments.trace))
        form = arguments.trace.suffix
        happened = trace.read(loaded.program.config, text, name=str(arguments.trace), form=form)
    found = compare(promised, happened)
    write_whole(target, page(promised, found, name).encode())
    if arguments.perfetto is not None:
        write_whole(arguments.perfetto, perfetto(promised, found).encode())
    print(f"{target}: {summary(promised, found)}")
    _complain(promised, found)
    return 1 if found.count else 0


def _check(arguments: argparse.Namespace, target: Path) -> None:
    for path, form in ((target, ".html"), (arguments.perfetto, ".json")):
        if path is not None:
            if path.suffix != form:
                raise ValueError(f"{path}: must end in {form}")
            check_writable(path, apart_from=[arguments.program])
    if arguments.trace is not None:
        check_suffix(arguments.trace)


def summary(promised: Promise, found: Comparison) -> str:
    """One line: how much there is, and whether it coincides."""
    issues = int(promised.runs.n.sum())
    text = f"{promised.cycles:,} cycles, {issues:,} issues in {len(promised.runs.n):,} runs"
    if not promised.complete:
        text += ", not followed to its end"
    if found.issues is not None:
        text += f"; {found.issues:,} issues happened"
    if found.issues is not None or promised.meta.runs is not None or promised.meta.predicted is not None:
        text += f", {found.count:,} differences" if found.count else ", all as promised"
    return text


def _complain(promised: Promise, found: Comparison) -> None:
    chip = queues(promised.program.config)
    lines = [f"{who} {cycles:,} cycles, the program takes {promised.cycles:,}" for who, cycles in found.cycles]
    for entry in found.differences:
        texts = " / ".join(text for text in (entry.promised, entry.happened) if text)
        what = f"{MEANINGS[entry.kind]}{': ' if texts else ''}{texts}"
        lines.append(f"cycle {entry.cycle} {chip[entry.queue].name}: {what}")
    more = [f"and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    for line in (*lines[:SHOWN], *more):
        print(f"superlane: {line}", file=sys.stderr)
