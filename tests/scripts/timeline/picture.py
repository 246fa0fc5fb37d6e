"""The pictures of docs/timeline.md: `python -m tests.scripts.timeline.picture PROGRAM FOLDER`.

PROGRAM is `examples/networks/cnn/qoperator.onnx`, compiled for `small` with four images at once.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from arch.isa.table import encode
from arch.program import Program
from arch.queues import queues_by_name
from compiler.asm.trace import Happened
from scripts.timeline.compare import compare
from scripts.timeline.extract import Promise, promise
from scripts.timeline.page import page
from tests.scripts.timeline.browser import Browser, browser


def show(session: Browser, promised: Promise, happened: Happened | None, theme: str) -> None:
    """Open the page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page(promised, compare(promised, happened), "network"), encoding="utf-8")
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


def main(program: Path, folder: Path) -> None:
    """Make all three."""
    promised = promise(Program.from_bytes(program.read_bytes()))
    with browser((1500, 960)) as session:
        show(session, promised, None, "light")
        # The first vectors of sums that leave a plane for the VXM.
        (at, *_) = sums(promised, "W.mxm0.accumulators")
        session.run(f"timeline.zoom({at - 90}, {at + 130})")
        session.run(f"timeline.go('W.mxm0.accumulators', {at + 8})")
        session.run("timeline.scroll(-9999)")
        session.pointer(*session.run(f"timeline.place('vxm2', {at + 40})"))
        session.picture(folder / "timeline.png")
        session.run("timeline.show('memory')")
        session.picture(folder / "timeline-memory.png")
        show(session, promised, late(promised, "vxm2", at + 40), "dark")
        session.run(f"timeline.zoom({at}, {at + 60})")
        session.pointer(*session.run(f"timeline.place('vxm2', {at + 40})"))
        session.picture(folder / "timeline-differences.png")


def sums(promised: Promise, name: str) -> list[int]:
    """Cycles in which the runs begin with which an accumulator queue emits sums."""
    runs, own = promised.runs, queues_by_name(promised.program.config)[name].index
    emits = [word[0].mnemonic == "ACC" and bool(word[0]["out"]) for word in runs.words]
    return runs.start[(runs.queue == own) & np.array(emits)[runs.word]].tolist()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
