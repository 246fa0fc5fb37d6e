"""The pictures of docs/timeline.md, of the digits network: `python -m tests.scripts.timeline.picture FOLDER`."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from arch.isa.table import encode
from arch.queues import queues_by_name
from compiler.asm.trace import Happened
from examples.digits import network
from examples.digits.program import build
from scripts.timeline.compare import compare
from scripts.timeline.extract import Promise, promise
from scripts.timeline.page import page
from tests.scripts.timeline.browser import Browser, browser

IMAGES = 240


def show(session: Browser, promised: Promise, happened: Happened | None, theme: str) -> None:
    """Open the page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "digits.html"
        file.write_text(page(promised, compare(promised, happened), "digits"), encoding="utf-8")
        session.open(file)
    session.run(f"timeline.setTheme({theme!r})")


def late(promised: Promise, name: str, first: int) -> Happened:
    """A trace in which one queue is a cycle late from some cycle on."""
    runs = promised.runs
    rows, number = runs.expand()
    queue, cycle = runs.queue[rows], runs.start[rows] + number * runs.d[rows]
    cycle += (queue == queues_by_name(promised.program.config)[name].index) & (cycle >= first)
    order = np.lexsort((cycle, queue))
    columns = (column[order] for column in (cycle, queue, runs.repeat[rows] + number, runs.word[rows]))
    return Happened(*columns, tuple(map(encode, runs.words)), promised.marks, promised.cycles)


def main(folder: Path) -> None:
    """Make both."""
    promised = promise(build(network.load(), IMAGES))
    with browser((1500, 960)) as session:
        show(session, promised, None, "light")
        session.run("timeline.zoom(52, 152)")
        session.run("timeline.go('vxm3', 118)")
        session.run("timeline.scroll(-9999)")
        session.pointer(*session.run("timeline.place('E.mem1', 84)"))
        session.picture(folder / "timeline.png")
        show(session, promised, late(promised, "vxm13", 150), "dark")
        session.run("timeline.zoom(128, 176)")
        session.pointer(*session.run("timeline.place('vxm13', 150)"))
        session.picture(folder / "timeline-differences.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
