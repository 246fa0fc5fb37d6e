"""What `superlane info PROGRAM` tells: time, use of units, text and memory of a program, without running it."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from arch.config import BANKS
from arch.conveyor import Hemisphere
from arch.isa.icu import IFETCH
from arch.queues import queues
from golden.analysis import LIMIT
from scripts.commands.load import Loaded
from scripts.commands.tables import columns, percent
from scripts.timeline.extract import Promise, promise
from scripts.timeline.meta import Tensor
from scripts.timeline.page import units


def record(loaded: Loaded, name: str) -> dict[str, Any]:
    """Everything about a program, for JSON; ``ValueError`` if its `meta` is not what it should be."""
    try:
        found = promise(loaded.program, limit=LIMIT)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    config, preload = found.program.config, found.program.preload
    longest = max(queues(config), key=lambda queue: len(preload[queue.index]))
    kinds = {side.letter: _rows(t for t in found.tensors if t.hemisphere == side) for side in Hemisphere}
    return {
        "program": name,
        "network": found.meta.network or None,
        "machine": config.name,
        "cycles": found.cycles,
        "complete": found.complete,
        "predicted_cycles": found.meta.predicted,
        "issues": int(found.runs.n.sum()),
        "runs": len(found.runs.n),
        "faults": sum(mark.kind == "fault" for mark in found.marks),
        "errors": sum(mark.kind == "error" for mark in found.marks),
        "units": units(found),
        "text": {
            "words": sum(map(len, preload)),
            "longest_queue": {"name": longest.name, "words": len(preload[longest.index]), "of": config.queue_depth},
            "fetches": _fetches(found),
        },
        "memory": {
            "rows": kinds,
            "rows_of_a_hemisphere": config.slices * BANKS * config.bank_words,
            "vector_bytes": config.vector,
        },
        "tensors": _tensors(found),
    }


def text(facts: dict[str, Any]) -> str:
    """The same for people."""
    cycles = f"{facts['cycles']:,}" + ("" if facts["complete"] else ", not followed to its end")
    if facts["predicted_cycles"] is not None:
        cycles += f" ({facts['predicted_cycles']:,} predicted)"
    words, longest = facts["text"], facts["text"]["longest_queue"]
    lines = [
        f"program   {facts['program']}{' (' + facts['network'] + ')' if facts['network'] else ''}",
        f"machine   {facts['machine']}",
        f"cycles    {cycles}",
        f"issues    {facts['issues']:,} in {facts['runs']:,} runs",
        f"text      {words['words']:,} words at boot, at most {longest['words']} of {longest['of']} in a queue "
        f"({longest['name']}), {words['fetches']:,} fetches",
        f"findings  {facts['faults']:,} faults, {facts['errors']:,} program errors that follow from the text",
    ]
    use = [
        [unit["name"], str(unit["queues"]), str(unit["used"]), f"{unit['issued']:,}", f"{unit['busy']:.1f}"]
        for unit in facts["units"]
    ]
    memory, whole = facts["memory"], facts["memory"]["rows_of_a_hemisphere"]
    sides = [
        [f"{side} MEM", f"{rows:,}", f"{whole:,}", percent(rows, whole), f"{rows * memory['vector_bytes']:,}"]
        for side, rows in memory["rows"].items()
    ]
    blocks = [
        "\n".join(lines),
        columns(["unit", "queues", "used", "instructions", "busy %"], use),
        columns(["memory", "rows used", "rows", "%", "bytes"], sides),
    ]
    if facts["tensors"]:
        rows = [
            [t["name"] or "unnamed", t["kind"], str(t["pieces"]), str(t["slices"]), f"{t['rows']:,}"]
            for t in facts["tensors"]
        ]
        blocks.append(columns(["tensor", "kind", "pieces", "slices", "rows"], rows))
    return "\n\n".join(blocks)


def _fetches(found: Promise) -> int:
    runs = found.runs
    own = [bool(word) and word[0].spec is IFETCH for word in runs.words]
    return int(runs.n[np.array(own, np.bool_)[runs.word]].sum())


def _rows(tensors: Iterable[Tensor]) -> int:
    """Rows that tensors cover, each once."""
    covered: dict[int, list[tuple[int, int]]] = {}
    for tensor in tensors:
        covered.setdefault(tensor.mem_slice, []).append((tensor.address, tensor.address + tensor.rows))
    total = 0
    for spans in covered.values():
        at = 0
        for first, last in sorted(spans):
            total += max(0, last - max(at, first))
            at = max(at, last)
    return total


def _tensors(found: Promise) -> list[dict[str, Any]]:
    named: dict[str, list[Tensor]] = {}
    for tensor in found.tensors:
        named.setdefault(tensor.name, []).append(tensor)
    return [
        {
            "name": name,
            "kind": _kind(pieces[0]),
            "pieces": len(pieces),
            "slices": len({(piece.hemisphere, piece.mem_slice) for piece in pieces}),
            "rows": _sum(pieces),
        }
        for name, pieces in named.items()
    ]


def _sum(pieces: list[Tensor]) -> int:
    return sum(_rows(piece for piece in pieces if piece.hemisphere == side) for side in Hemisphere)


def _kind(piece: Tensor) -> str:
    shape = str(list(piece.shape)) if piece.shape else ""
    return " ".join(part for part in (piece.role, piece.type, shape) if part)
