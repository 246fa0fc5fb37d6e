"""Routes a permutation of the vector through the three-stage network of the SXM's Permute.

The map entry of :data:`arch.isa.sxm.PERMUTE` names, at superlane k and lane x, the lane that feeds wire x, the
superlane whose wire x arrives, and the wire that feeds lane x. An element therefore takes one wire from its source
superlane to its target superlane, and on each wire every superlane sends one element and receives one. So wires are the
colors of the edges of a bipartite graph (source superlane, target superlane) whose every vertex has ``lanes`` edges;
such a coloring always exists. As ``lanes`` is a power of two, splitting along Euler circuits halves the graph until
each part is a perfect matching: no search, the same answer every time.
"""

from collections.abc import Sequence

import numpy as np

from arch.config import Config


def permute_map(config: Config, permutation: Sequence[int] | np.ndarray) -> np.ndarray:
    """Map of a permutation, as Permute wants it on its aligned pair of streams.

    Parameters
    ----------
    config
        The machine.
    permutation
        ``config.vector`` integers, a bijection: element i of the result is element ``permutation[i]`` of the source.

    Returns
    -------
    numpy.ndarray
        uint8[2, vector]: low bytes, high bytes.

    Raises
    ------
    ValueError
        If it is no bijection of the vector's elements.
    """
    order = np.asarray(permutation)
    if order.shape != (config.vector,) or order.dtype.kind not in "iu":
        raise ValueError(f"a permutation must be {config.vector} integers, not {order.dtype}{list(order.shape)}")
    seen = np.zeros(config.vector, dtype=bool)
    inside = order[(order >= 0) & (order < config.vector)]
    seen[inside] = True
    if not seen.all():
        missing = int(np.flatnonzero(~seen)[0])
        raise ValueError(f"a permutation must name each element 0..{config.vector - 1} once; {missing} is missing")
    entries = _route(config, [int(element) for element in order])
    return np.stack([entries & 0xFF, entries >> 8]).astype(np.uint8)


def _route(config: Config, order: list[int]) -> np.ndarray:
    """Map entries, uint16[vector]."""
    lanes = config.lanes
    edges = [(element // lanes, target // lanes) for target, element in enumerate(order)]
    entries = np.zeros(config.vector, dtype=np.uint16)
    parts = [list(range(config.vector))]
    while len(parts) < lanes:
        parts = [half for part in parts for half in _split(config.superlanes, edges, part)]
    for wire, part in enumerate(parts):
        for target in part:
            source, there = edges[target]
            entries[source * lanes + wire] |= order[target] % lanes
            entries[there * lanes + wire] |= source << 4
            entries[target] |= wire << 9
    return entries


def _split(superlanes: int, edges: list[tuple[int, int]], part: list[int]) -> tuple[list[int], list[int]]:
    """Halve a set of edges so that each vertex keeps half of its edges in either half.

    All degrees are even: walk closed trails, and deal the edges by the sense in which they are walked.
    """
    left: list[list[int]] = [[] for _ in range(superlanes)]
    right: list[list[int]] = [[] for _ in range(superlanes)]
    for edge in reversed(part):
        left[edges[edge][0]].append(edge)
        right[edges[edge][1]].append(edge)
    walked: set[int] = set()
    halves: tuple[list[int], list[int]] = ([], [])
    for start in range(superlanes):
        vertex, side = start, 0
        while (edge := _unwalked((left, right)[side][vertex], walked)) is not None:
            walked.add(edge)
            halves[side].append(edge)
            vertex, side = edges[edge][1 - side], 1 - side
    return sorted(halves[0]), sorted(halves[1])


def _unwalked(edges: list[int], walked: set[int]) -> int | None:
    while edges:
        edge = edges.pop()
        if edge not in walked:
            return edge
    return None
