"""Computed tensors as weights: rows of memory, rearranged so that a wide group can load them.

A plane loads ``lanes`` columns of weights at once, each from a slice of its own. So the rows of a tensor that become
columns of weights are copied: row after row through the VXM, which clears the lanes that hold nothing, and into slice
after slice.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS
from arch.conveyor import Hemisphere, vxm_site
from arch.isa.mem import WRITE
from arch.queues import queues
from arch.timing import timing
from arch.types import Type
from compiler.graph.ir import Input, Step, Tensor
from compiler.schedule.access import BORDER, outward
from compiler.schedule.build import Build
from compiler.schedule.contract import Tile
from compiler.schedule.draft import Draft, Rows
from compiler.schedule.flow import Issue, Sample
from compiler.schedule.ledger import Times
from compiler.schedule.views import Column, MovementError, View

#: A row where the mask is set, else zeros.
_MASKED = (Step("Mask", Type.U8, (Input(0), Input(1))),)


def tiles(
    build: Build,
    view: View,
    numbers: NDArray[np.int64],
    group: Column,
    side: Hemisphere,
    planes: Sequence[int],
) -> list[Tile]:
    """Tiles of a block of columns of a computed matrix, one for each byte of its elements.

    Parameters
    ----------
    view, numbers
        The tensor, and int64[K, n] of its element numbers, n at most a vector.
    group
        Activations of the pass: which k, in which lanes.
    side, planes
        For each byte the plane that loads it.

    Raises
    ------
    compiler.schedule.views.MovementError
        If the elements do not lie in the lanes of the activations.
    """
    rows, block = _rows(view, numbers[group.columns], group)
    padded = np.full(build.vector, BORDER)
    padded[: len(rows)] = rows
    found = []
    for byte, plane in enumerate(planes):
        piece = next(p for p in view.stored.copies[0] if (p.block, p.byte) == (block, byte))
        first = build.memory.store.weight_slices[plane]
        key = (piece.queue, piece.bank, piece.offset, side, first, padded.tobytes(), group.lanes.tobytes())
        if key not in build.tiles:
            build.tiles[key] = piece, _copy(build, view, block, byte, padded, group.lanes, side, plane)
        found.append(build.tiles[key][1])
    return found


def _rows(view: View, numbers: NDArray[np.int64], group: Column) -> tuple[NDArray[np.int64], int]:
    """Row of each column of weights, and the block in which they lie."""
    layout = view.stored.layout
    row, place = np.divmod(numbers, layout.width)
    lanes, owner = place % layout.block, place // layout.block
    if (row != row[:1]).any() or (lanes != group.lanes[:, None]).any() or (owner != owner[0, 0]).any():
        raise MovementError(f"{view.stored.tensor.name}: its elements lie in other lanes than those they meet")
    return row[0], int(owner[0, 0])


def _copy(
    build: Build,
    view: View,
    block: int,
    byte: int,
    rows: NDArray[np.int64],
    lanes: NDArray[np.int64],
    side: Hemisphere,
    plane: int,
) -> Tile:
    """Copy one byte of rows to where a plane loads weights from."""
    config, t, site = build.config, timing(build.config), vxm_site(build.config)
    piece = next(p for p in view.stored.copies[0] if (p.block, p.byte) == (block, byte))
    bytes_only = replace(build.rows(byte_of(view, byte), block, rows), latched=False)
    mask = _mask(build, lanes, {p.queue for p in bytes_only.planes[0]} | {piece.queue})
    draft = Draft(config, f"{view.stored.tensor.name}: to weights")
    direction = outward(side)
    times = Times(0, len(rows))
    wire, driven = draft.compute(_MASKED, times, (bytes_only, mask), direction)
    position = site.drive(direction)
    assert position is not None
    streams, samples = [], []
    first = build.memory.store.weight_slices[plane]
    for stream in range(config.lanes):
        queue = build.memory.store.queue(side, first + stream)
        bank, place = build.memory.room_for_weights(side, first + stream, config.superlanes, lent=True)
        end = queues(config)[queue.index].site.sample(direction)
        assert end is not None
        hops = (end - position) * direction.step
        at = Times(driven.first + hops + stream, config.superlanes, config.lanes)
        address = bank << OFFSET_BITS | place.offset
        draft.wait(place.free - at.first)
        fields = {"a": address, "stride": 1}
        draft.issues.append(Issue(queue.index, at, WRITE, fields, (("s", wire, 0),), 1 << bank))
        samples.append(Sample(end, at))
        streams.append((queue.index, address, 1))
    draft.add_samples(wire, samples)
    flow = draft.flow()
    at = build.plan.place(flow, 0)
    return Tile(tuple(streams), at + flow.last + t.write)


def byte_of(view: View, byte: int) -> View:
    """One byte of a tensor's elements, as a tensor of its own."""
    stored = view.stored
    pieces = [replace(p, byte=0) for p in stored.copies[0] if p.byte == byte]
    return View(replace(stored, tensor=replace(stored.tensor, type=Type.U8), copies=[pieces]), view.index)


def _mask(build: Build, lanes: NDArray[np.int64], avoid: set[int]) -> Rows:
    """A row that is set in some lanes."""
    values = np.zeros((1, build.vector), np.uint8)
    values[0, lanes] = 1
    tensor = Tensor(f"mask {values.tobytes().hex()}", values.shape, Type.U8)
    view = build.row(tensor, values, avoid)
    return replace(build.rows(view, 0, np.zeros(build.vector, np.int64)), latched=True)
