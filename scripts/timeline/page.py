"""The page: everything that it shows as one compressed object, and style and scripts of our own around it.

It needs no network and no file beside it. What each name of the object holds is told in docs/timeline.md.
"""

import base64
import json
import zlib
from dataclasses import astuple
from importlib import resources
from typing import Any

import numpy as np

from arch.config import BANKS, OFFSET_BITS
from arch.conveyor import Direction, Hemisphere
from arch.queues import Queue, Unit, mesh_neighbor, queues, queues_by_name
from arch.timing import timing
from scripts.commands.tables import unit_name
from scripts.timeline.compare import MEANINGS, Comparison
from scripts.timeline.extract import Promise
from scripts.timeline.forms import WAYS, Forms

#: Parts of the page, in the order in which they are put in.
STYLE = "style.css"
SCRIPTS = ("model.js", "paint.js", "memory.js", "flow.js", "panels.js", "main.js", "start.js")
#: Differences that the page lists and draws; its count has all.
SHOWN = 100_000


def page(promise: Promise, comparison: Comparison, name: str) -> str:
    """The page of a program that users call ``name``."""
    folder = resources.files("scripts.timeline") / "page"
    text = (folder / "page.html").read_text(encoding="utf-8")
    data = json.dumps(payload(promise, comparison, name), separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(data.encode(), 6)).decode()
    script = "\n".join((folder / part).read_text(encoding="utf-8") for part in SCRIPTS)
    style = (folder / STYLE).read_text(encoding="utf-8")
    for mark, content in (("/*STYLE*/", style), ("/*SCRIPT*/", script), ("<!--DATA-->", packed)):
        before, found, after = text.partition(mark)
        assert found, f"the page's text has no {mark}"
        text = before + content + after
    return text


def payload(promise: Promise, comparison: Comparison, name: str) -> dict[str, Any]:
    """All that the page shows."""
    config, meta = promise.program.config, promise.meta
    chip = queues(config)
    return {
        "name": meta.network or name,
        "machine": config.name,
        "size": [config.superlanes, config.lanes],
        "cycles": promise.cycles,
        "complete": promise.complete,
        "predicted": meta.predicted,
        "latency": {"alu": timing(config).alu, "abc": timing(config).abc},
        "queues": [_queue(promise, queue) for queue in chip],
        "issued": promise.issued().tolist(),
        "parked": promise.parked,
        "units": units(promise),
        "labels": meta.labels,
        "operators": [astuple(operator) for operator in meta.operators],
        "tensors": [astuple(tensor) for tensor in promise.tensors],
        "memory": [config.slices, BANKS, config.bank_words, OFFSET_BITS, config.vector],
        "marks": _marks(promise, comparison),
        **_runs(promise),
        "compared": comparison.issues,
        "meanings": MEANINGS,
        "difference_count": comparison.count,
        "cycle_differences": comparison.cycles,
        "differences": [astuple(entry) for entry in comparison.differences[:SHOWN]],
    }


def units(promise: Promise) -> list[dict[str, Any]]:
    """Use of each kind of unit: queues, instructions, and their share of the cycles of its queues, in percent."""
    issued, found = promise.issued(), []
    for unit in Unit:
        own = [queue.index for queue in queues(promise.program.config) if queue.unit is unit]
        if own:
            total = int(issued[own].sum())
            share = 100 * total / (len(own) * max(promise.cycles, 1))
            record = {"name": unit_name(unit), "queues": len(own), "used": int(np.count_nonzero(issued[own]))}
            found.append({**record, "issued": total, "busy": round(share, 2)})
    return found


def group_of(queue: Queue) -> str:
    """Rows of one group stand together: "W MEM", "VXM", "E SXM"."""
    family = {Unit.MEM: "MEM", Unit.VXM: "VXM", Unit.C2C: "C2C"}.get(queue.unit) or queue.unit.name.partition("_")[0]
    return family if queue.hemisphere is None else f"{queue.hemisphere.letter} {family}"


def rows(promise: Promise) -> list[Queue]:
    """Queues as the page stacks them, from the chip's west edge to its east edge."""
    chip = queues(promise.program.config)
    west = ["W MXM", "W SXM", "W C2C", "W MEM", "VXM", "E MEM", "E C2C", "E SXM", "E MXM"]

    def place(queue: Queue) -> tuple[int, int]:
        mirrored = queue.unit is Unit.MEM and queue.hemisphere is Hemisphere.WEST
        return west.index(group_of(queue)), -queue.number if mirrored else queue.index

    return sorted(chip, key=place)


def _queue(promise: Promise, queue: Queue) -> dict[str, Any]:
    order = {entry.index: n for n, entry in enumerate(rows(promise))}
    return {
        "name": queue.name,
        "group": group_of(queue),
        "unit": unit_name(queue.unit),
        "row": order[queue.index],
        "side": None if queue.hemisphere is None else int(queue.hemisphere),
        "number": queue.number,
        "sample": [queue.site.sample(direction) for direction in Direction],
        "drive": [queue.site.drive(direction) for direction in Direction],
        "inner": _inner(promise, queue),
    }


def _inner(promise: Promise, queue: Queue) -> dict[str, int]:
    """Queues whose results come by no stream: mesh neighbors by their way, and the activations of a plane."""
    config = promise.program.config
    names = queues_by_name(config)
    if queue.unit is Unit.VXM:
        found = {way: mesh_neighbor(config, queue.number, way) for way in WAYS} | {"self": queue.number}
        return {way: names[f"vxm{alu}"].index for way, alu in found.items() if alu is not None}
    if queue.unit is Unit.MXM_ACCUMULATORS:
        activations = queue.name.removesuffix(Unit.MXM_ACCUMULATORS.value) + Unit.MXM_ACTIVATIONS.value
        return {"sums": names[activations].index}
    return {}


def _runs(promise: Promise) -> dict[str, Any]:
    """Runs as columns; words as forms and the values that strides move."""
    config, runs = promise.program.config, promise.runs
    chip, forms = queues(config), Forms(config)
    # The first queue of each word: all that use it are of one unit, but for words of the ICU.
    first = np.full(len(runs.words), -1)
    first[runs.word[::-1]] = runs.queue[::-1]
    words = []
    for word, queue in zip(runs.words, first.tolist(), strict=True):
        number, values = forms.take(chip[max(queue, 0)], word)
        words.append([number, *values])
    return {
        "forms": [astuple(form) for form in forms.forms],
        "words": words,
        "runs": {
            "queue": runs.queue.tolist(),
            "start": runs.start.tolist(),
            "n": runs.n.tolist(),
            "d": runs.d.tolist(),
            "repeat": runs.repeat.tolist(),
            "word": runs.word.tolist(),
            "label": runs.label.tolist(),
            "unit": promise.unit.astype(int).tolist(),
        },
    }


def _marks(promise: Promise, comparison: Comparison) -> list[list[Any]]:
    """Faults and errors: cycle, queue, kind, name, and what else there is to say."""
    found = []
    for mark in sorted({*promise.marks, *comparison.marks}, key=lambda mark: (mark.cycle, mark.queue, mark.text)):
        more = f"superlane {mark.superlane}, {mark.count} in all" if mark.kind == "fault" else mark.detail
        found.append([mark.cycle, mark.queue, mark.kind, mark.text, more])
    return found
