"""The order in which a window is evaluated: what hangs on nothing first, whole levels of the dataflow at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.timing import timing
from golden.fast.carry import Carry
from golden.fast.issues import ramp
from golden.fast.link import Window
from golden.fast.tables import Kind, Tables

__all__ = ["Batch", "Plan", "plan"]

Column = NDArray[np.int64]

_NEVER = (Kind.LW, Kind.IW_BUFFER, Kind.IW_STREAM, Kind.DESKEW, Kind.SEND, Kind.IFETCH)


@dataclass(frozen=True)
class Batch:
    """Instructions of one group that hang on no other of their level: rows of the issues."""

    group: int
    rows: Column


@dataclass(frozen=True)
class Plan:
    """Batches in order of evaluation, and the number of levels."""

    batches: list[Batch]
    levels: int


def plan(tables: Tables, window: Window, carry: Carry) -> Plan:
    """Order the instructions of a window whose results take computing."""
    node = _nodes(tables, window, carry)
    count = len(node)
    sources, targets = _edges(tables, window, carry, node)
    total = count + len(window.weights.plane)
    level = _levels(sources, targets, total)[:count]
    rows = np.flatnonzero(node)
    if not len(rows):
        return Plan([], 0)
    group = tables.form["group"][window.form[rows]]
    groups = len(tables.groups)
    key = level[rows] * groups + group
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    batches = [Batch(int(key[at] % groups), part) for at, part in zip(starts, np.split(rows, starts[1:]), strict=True)]
    return Plan(batches, int(level[rows].max()) + 1)


def _nodes(tables: Tables, window: Window, carry: Carry) -> NDArray[np.bool_]:
    """Which instructions have a result that takes computing, and that somebody may see."""
    kind, form, mem = window.kind, window.form, window.memory
    node = ~np.isin(kind, (*_NEVER, Kind.MEM, Kind.RECEIVE))
    node &= (kind < Kind.SHIFT) | (kind > Kind.TRANSPOSE) | (tables.form["drives"][form] > 0)
    node[mem.gathers] = True
    node[mem.reads[mem.writer >= 0]] = True
    node[window.c2c.receive[window.c2c.source >= 0]] = True
    # Sums that no ACC takes are lost.
    abc = window.abc
    used = np.zeros(len(abc), np.bool_)
    taken = window.acc.sums - len(carry.sums)
    used[taken[taken >= 0]] = True
    used |= window.issues.t[abc] >= window.end - timing(tables.config).abc
    node[abc] = used
    return node


def _edges(tables: Tables, window: Window, carry: Carry, node: NDArray[np.bool_]) -> tuple[Column, Column]:
    """Pairs of instructions, the second using what the first makes; versions of weights are numbered behind them."""
    issues_count = len(node)
    first, form, mem = window.sampled.first, window.form, window.memory
    sources: list[Column] = []
    targets: list[Column] = []

    def values(rows: Column, users: Column) -> None:
        """Users of rows of the values."""
        made = rows > window.carried
        owner = window.driven.owner[rows[made] - 1 - window.carried]
        chosen = node[owner]
        sources.append(owner[chosen])
        targets.append(users[made][chosen])

    def results(source: Column, carried: int, makers: Column, users: Column) -> None:
        """Users of results that are numbered behind the carried ones."""
        made = source >= carried
        sources.append(makers[source[made] - carried])
        targets.append(users[made])

    owner = window.sampled.owner
    takes = node & (window.kind != Kind.MEM)
    events = np.flatnonzero(takes[owner])
    values(window.value[events], owner[events])
    values(window.value[first[mem.gathers]], mem.gathers)
    copies = np.flatnonzero(mem.writer >= 0)
    written = mem.writes[mem.writer[copies]]
    values(window.value[first[written] + tables.form["write_sample"][form[written]]], mem.reads[copies])
    pairs = window.pairs
    shifted = pairs.south >= 0
    values(window.value[first[pairs.south[shifted]]], pairs.select[shifted])
    links = window.c2c
    sent = links.source >= len(carry.sent)
    if sent.any():
        values(window.value[first[links.send[links.source[sent] - len(carry.sent)]]], links.receive[sent])
    results(window.mesh.source, len(carry.mesh), window.mesh.vxm, window.mesh.vxm[window.mesh.user])
    results(window.acc.sums, len(carry.sums), window.abc, window.acc.acc)
    results(window.acc.held, len(carry.kept), window.acc.acc, window.acc.acc)
    _weights(tables, window, issues_count, values, sources, targets)
    return np.concatenate(sources), np.concatenate(targets)


def _weights(tables: Tables, window: Window, count: int, values, sources: list[Column], targets: list[Column]) -> None:
    """Weights hang on the registers that their loads sampled; ABCs on their versions, where these hang on anything."""
    links = window.weights
    version, column = np.nonzero(links.source >= 0)
    L = tables.config.lanes
    load = links.loads[links.source[version, column]]
    index = (window.sampled.first[load][:, None] + np.arange(L)).reshape(-1)
    before = len(sources)
    values(window.value[index], np.repeat(version + count, L))
    hanging = np.zeros(len(links.plane), np.bool_)
    hanging[targets[before] - count] = True
    for number in range(2):
        used = links.version[:, number]
        chosen = (used >= 0) & hanging[used] if len(hanging) else used < 0
        sources.append(used[chosen] + count)
        targets.append(window.abc[chosen])


def _levels(sources: Column, targets: Column, count: int) -> Column:
    """Length of the longest chain that ends at each node of a graph without circles."""
    level = np.zeros(count, np.int64)
    if not len(sources):
        return level
    waits = np.bincount(targets, minlength=count)
    order = np.argsort(sources)
    targets = targets[order]
    out = np.bincount(sources, minlength=count)
    first = np.cumsum(out) - out
    ready = np.flatnonzero((waits == 0) & (out > 0))
    depth = 0
    while len(ready):
        depth += 1
        counts = out[ready]
        reached = targets[np.repeat(first[ready], counts) + ramp(counts)]
        np.subtract.at(waits, reached, 1)
        level[reached] = depth
        ready = np.unique(reached[waits[reached] == 0])
        ready = ready[out[ready] > 0]
    return level
