"""When tensors are needed no more: their rows of memory are released behind the last node that reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from arch.config import BANKS, OFFSET_BITS
from arch.queues import queues
from compiler.graph.ir import Graph, Node
from compiler.schedule.build import Build
from compiler.schedule.idle import Idle
from compiler.schedule.storage import Piece, Stored


def needed(graph: Graph, left: Sequence[Node]) -> frozenset[str]:
    """Tensors that the nodes that are left read, or the host."""
    return frozenset([*(name for node in left for name in node.inputs), *(edge.tensor for edge in graph.outputs)])


def release(build: Build, names: frozenset[str]) -> None:
    """Release the rows of all that is in none of the tensors ``names``: results, inputs, fetched text.

    Constants stay. So does what has been laid out anew only for a node that is done; it would be laid out again.
    """
    idle = build.memory.store.idle
    if idle is None:
        return
    for name in [name for name in build.views if name not in build.graph.tensors]:
        build.retired.append(build.views.pop(name).stored)
    kept = [view.stored for name, view in build.views.items() if name in names]
    live = np.zeros((2, build.config.slices, BANKS, build.config.bank_words), np.bool_)
    for piece in (piece for stored in kept for piece in _rooms(stored)):
        live[piece.hemisphere, piece.mem_slice, piece.bank, piece.offset : piece.offset + piece.rows] = True
    for key, (source, tile) in list(build.tiles.items()):
        if not live[source.hemisphere, source.mem_slice, source.bank, source.offset]:
            del build.tiles[key]
            continue
        for queue, address, _ in tile.streams:
            place, (bank, offset) = queues(build.config)[queue], divmod(address, 1 << OFFSET_BITS)
            live[int(place.hemisphere or 0), place.number, bank, offset : offset + build.config.superlanes] = True
    for stored in {id(one): one for one in (*build.retired, *(view.stored for view in build.views.values()))}.values():
        if not any(stored is one for one in kept):
            stored.copies = [[_ended(idle, piece) for piece in copy] for copy in stored.copies]
    idle.release(live)


def _rooms(stored: Stored) -> Iterable[Piece]:
    """All rows of a tensor, those among them that nothing is written to."""
    yield from (piece for copy in stored.copies for piece in copy)
    yield from (piece for home in stored.homes.values() for pieces in home for piece in pieces)


def _ended(idle: Idle, piece: Piece) -> Piece:
    return piece if piece.until is not None else replace(piece, until=idle.end(piece))
