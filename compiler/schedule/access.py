"""Reads and Writes of a flow: from the rows of a stored tensor to the streams, and back."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
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
    for piece, run in split(pieces, rows, border):
        start = queues(config)[piece.queue].site.drive(direction)
        if start is None:
            raise ValueError(f"slice {piece.mem_slice} drives no such stream")
        hops = (end - start) * direction.step
        if hops < 0:
            raise ValueError(f"slice {piece.mem_slice} lies behind its consumer")
        driven = Times(first - hops + run.first * every, run.n, every)
        fields = {"a": piece.address(run.row), "stride": run.stride // piece.step}
        issued = driven.shifted(-timing(config).read)
        issues.append(Issue(piece.queue, issued, READ, fields, (("s", wire, byte),), 1 << piece.bank))
        drives.append(Drive(byte, start, driven))
        earliest = max(earliest, piece.ready - issued.first)
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
) -> tuple[list[Issue], list[Sample]]:
    """Writes of rows that are driven at a position, one in each cycle or one every few, from cycle ``first`` on."""
    issues, samples = [], []
    for piece, run in split(pieces, rows, None):
        end = queues(config)[piece.queue].site.sample(direction)
        if end is None or (end - start) * direction.step < 0:
            raise ValueError(f"slice {piece.mem_slice} lies before its producer")
        times = Times(first + (end - start) * direction.step + run.first * every, run.n, every)
        fields = {"a": piece.address(run.row), "stride": run.stride // piece.step}
        issues.append(Issue(piece.queue, times, WRITE, fields, (("s", wire, byte),), 1 << piece.bank))
        samples.append(Sample(end, times))
    return issues, samples


def split(pieces: Sequence[Piece], rows: NDArray[np.int64], border: Piece | None) -> list[tuple[Piece, Run]]:
    """Runs of rows, each inside one piece."""
    owner = np.full(len(rows), -1)
    for number, piece in enumerate(pieces):
        at, rest = np.divmod(rows - piece.first, piece.step)
        owner[(rest == 0) & (at >= 0) & (at < piece.rows) & (rows != BORDER)] = number
    if border is None and (owner < 0).any():
        raise ValueError(f"row {int(rows[np.flatnonzero(owner < 0)[0]])} is stored nowhere")
    found = []
    cuts = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(rows)]
    for first, last in pairwise(cuts):
        number = int(owner[first])
        if number < 0 and border is not None:
            found.append((border, Run(first, last - first, border.first, 0)))
            continue
        for run in runs(rows[first:last]):
            found.append((pieces[number], Run(first + run.first, run.n, run.row, run.stride)))
    return found
