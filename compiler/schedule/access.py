"""Reads and Writes of a flow: from the rows of a stored tensor to the streams, and back."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, Config
from arch.conveyor import Direction, Hemisphere
from arch.isa.mem import READ, WRITE
from arch.queues import queues
from arch.timing import timing
from compiler.schedule.flow import Drive, Issue, Sample
from compiler.schedule.ledger import Times
from compiler.schedule.rows import Run, runs
from compiler.schedule.storage import Piece

#: Row number of an access beyond the tensor's border.
BORDER = -1


def outward(side: Hemisphere) -> Direction:
    """Direction from the VXM to a hemisphere's MXM."""
    return Direction.EAST if side is Hemisphere.EAST else Direction.WEST


def inward(side: Hemisphere) -> Direction:
    """Direction from a hemisphere's MXM to the VXM."""
    return Direction.WEST if side is Hemisphere.EAST else Direction.EAST


def read(
    config: Config,
    pieces: Sequence[Piece],
    rows: NDArray[np.int64],
    direction: Direction,
    end: int,
    first: int,
    wire: int,
    byte: int,
    border: Piece | None = None,
    every: int = 1,
) -> tuple[list[Issue], list[Drive], int]:
    """Reads that bring rows to a position, one in each cycle, or one every few.

    Parameters
    ----------
    pieces
        Of one copy, block and byte.
    rows
        Row by row; ``BORDER`` for what lies beyond the border.
    direction, end, first
        The stream's direction, the position at which the consumer samples, and the (relative) cycle of the first row.
    wire, byte
        Which stream of which wire of the flow.
    border
        The row that stands for those beyond the border.

    Returns
    -------
    The Reads, what they drive, and the first cycle of the flow in which they find what they read.
    """
    issues, drives, earliest = [], [], 0
    for piece, run, ready in split(pieces, rows, border, every):
        start = queues(config)[piece.queue].site.drive(direction)
        if start is None:
            raise ValueError(f"slice {piece.mem_slice} drives no such stream")
        hops = (end - start) * direction.step
        if hops < 0:
            raise ValueError(f"slice {piece.mem_slice} lies behind its consumer")
        driven = Times(first - hops + run.first * every, run.n, every)
        fields = {"a": run.row, "stride": run.stride}
        issued = driven.shifted(-timing(config).read)
        issues.append(Issue(piece.queue, issued, READ, fields, (("s", wire, byte),), 1 << piece.bank))
        drives.append(Drive(byte, start, driven))
        earliest = max(earliest, ready - issued.first)
    return issues, drives, earliest


def write(
    config: Config,
    pieces: Sequence[Piece],
    rows: NDArray[np.int64],
    direction: Direction,
    start: int,
    first: int,
    wire: int,
    byte: int,
    every: int = 1,
) -> tuple[list[Issue], list[Sample], int]:
    """Writes of rows that are driven at a position, one in each cycle or one every few, from cycle ``first`` on.

    Returns
    -------
    The Writes, what they sample, and the first cycle of the flow in which they overwrite nothing that is needed.
    """
    issues, samples, earliest = [], [], 0
    for piece, run, _ in split(pieces, rows):
        end = queues(config)[piece.queue].site.sample(direction)
        if end is None or (end - start) * direction.step < 0:
            raise ValueError(f"slice {piece.mem_slice} lies before its producer")
        times = Times(first + (end - start) * direction.step + run.first * every, run.n, every)
        fields = {"a": run.row, "stride": run.stride}
        issues.append(Issue(piece.queue, times, WRITE, fields, (("s", wire, byte),), 1 << piece.bank))
        samples.append(Sample(end, times))
        earliest = max(earliest, piece.free - times.first)
    return issues, samples, earliest


def split(
    pieces: Sequence[Piece], rows: NDArray[np.int64], border: Piece | None = None, every: int = 1
) -> list[tuple[Piece, Run, int]]:
    """Runs of addresses that bring rows: a piece of the slice and bank of each, and when a Read may begin.

    Pieces that continue each other in memory are read as one. A run may begin when all of its rows are there as it
    comes to them.
    """
    owner, address = np.full(len(rows), -1), np.zeros(len(rows), np.int64)
    for number, piece in enumerate(pieces):
        at, rest = np.divmod(rows - piece.first, piece.step)
        held = (rest == 0) & (at >= 0) & (at < piece.rows) & (rows != BORDER)
        owner[held] = number
        address[held] = piece.address(piece.first) + at[held]
    every_piece = list(pieces)
    if border is not None:
        address[owner < 0] = border.address(border.first)
        owner[owner < 0] = len(pieces)
        every_piece.append(border)
    if (owner < 0).any():
        raise ValueError(f"row {int(rows[np.flatnonzero(owner < 0)[0]])} is stored nowhere")
    place = np.array([piece.queue * BANKS + piece.bank for piece in every_piece])[owner]
    ready = np.array([piece.ready for piece in every_piece])[owner]
    found = []
    for first, last in pairwise([0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(rows)]):
        for run in runs(address[first:last]):
            begin = first + run.first
            wait = int((ready[begin : begin + run.n] - np.arange(run.n) * every).max())
            found.append((every_piece[owner[begin]], Run(begin, run.n, run.row, run.stride), wait))
    return found
