"""Definedness of every value of a window, as bit masks over superlanes; it does not depend on values.

Masks start full and are taken away from until nothing changes: one pass where everything is defined, as many as an
undefined value travels far otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.fast.carry import Carry, Masks
from golden.fast.link import Window
from golden.fast.link_memory import range_words
from golden.fast.tables import MODE_READ, MODE_WRITE, Kind, Tables

__all__ = ["Defined", "define"]

Column = NDArray[np.int64]

_CROSSING = (Kind.SHIFT, Kind.SELECT, Kind.PERMUTE)


@dataclass(frozen=True)
class Defined:
    """Masks of a window.

    Attributes
    ----------
    value : uint32[1 + producers]
        Of each row of the values on streams.
    operand : uint32[samples]
        Of each register sampled, dark superlanes added.
    result : uint32[issues]
        Of each instruction's result before dark superlanes are added; of an ABC's sums, an ACC's value.
    read, ranges : uint32[reads], uint32[gathers]
        Of the words that Reads and Gathers find.
    row : uint32[acc]
        Of the rows that ACCs find (full where they look at none).
    mesh : uint32[mesh operands]
    weights : uint32[versions, S]
        Of the columns of each version.
    ready : bool[abc]
        Whether all weights of an ABC are defined.
    """

    value: Masks
    operand: Masks
    result: Masks
    read: Masks
    ranges: Masks
    row: Masks
    mesh: Masks
    weights: Masks
    ready: NDArray[np.bool_]


def define(tables: Tables, window: Window, carry: Carry) -> Defined:
    """Masks of everything in a window."""
    solver = _Solver(tables, window, carry)
    result = np.full(len(window.issues), solver.full, np.uint32)
    while True:
        found = solver.step(result)
        if np.array_equal(found.result, result):
            return found
        result = found.result


class _Solver:
    """What stays the same from pass to pass."""

    def __init__(self, tables: Tables, window: Window, carry: Carry) -> None:
        self.tables, self.window, self.carry = tables, window, carry
        S = tables.config.superlanes
        self.full = np.uint32((1 << S) - 1)
        self.lit = np.uint32((1 << window.lit) - 1)
        self.dark = self.full ^ self.lit
        columns, form = tables.form, window.form
        self.clashing = np.array(sorted({n for group in window.clashes for n in group}), np.int64)
        self.crossing = np.flatnonzero(np.isin(window.kind, _CROSSING))
        mem = window.memory
        #: First sample of each instruction whose result hangs on all of its samples.
        hangs = (window.kind != Kind.MEM) & (columns["samples"][form] > 0)
        self.hanging = np.flatnonzero(hangs)
        owner = window.sampled.owner
        self.hung = np.flatnonzero(hangs[owner])
        counts = columns["samples"][form[self.hanging]]
        self.hung_first = np.cumsum(counts) - counts
        self.write_sample = window.sampled.first[mem.writes] + columns["write_sample"][form[mem.writes]]
        self.ranges = self._ranges()
        mode = columns["mode"][form[window.acc.acc]]
        self.takes = mode != MODE_READ
        self.looks = (mode != MODE_WRITE) & (window.acc.place >= 0)
        self.base_row = self._base_rows()

    def _ranges(self) -> Masks:
        gathers = self.window.memory.gathers
        found = np.full(len(gathers), self.full, np.uint32)
        for number in np.unique(self.window.form[gathers]):
            words = range_words(self.tables, int(number), 0)
            found[self.window.form[gathers] == number] = np.bitwise_and.reduce(self.carry.memory_mask[words])
        return found

    def _base_rows(self) -> Masks:
        place = self.window.acc.place
        return np.where(self.looks, self.carry.rows_mask.reshape(-1)[place], self.full)

    def step(self, result: Masks) -> Defined:
        """Masks of results from those of the last pass."""
        window, carry = self.window, self.carry
        zero = np.zeros(1, np.uint32)
        value = np.concatenate([zero, carry.streams.mask, result[window.driven.owner] | self.dark])
        value[self.clashing + 1] = 0
        operand = value[window.value[: len(window.sampled.owner)]] | self.dark
        found = np.full_like(result, self.full)
        if len(self.hanging):
            found[self.hanging] = np.bitwise_and.reduceat(operand[self.hung], self.hung_first)
        mesh = self._mesh(result, found)
        if len(self.crossing):
            self._souths(found, window.pairs.south)
            crossing = found[self.crossing]
            found[self.crossing] = np.where(crossing == self.full, self.full, np.uint32(0))
        read = self._reads(operand, found)
        gathers = window.memory.gathers
        found[gathers] = operand[window.sampled.first[gathers]] & self.ranges
        self._links(found)
        weights, ready = self._weights(operand)
        whole = (found[window.abc] == self.full) & ready
        found[window.abc] = np.where(whole, self.lit, np.uint32(0))
        found[window.pairs.odd] = 0
        found[window.pairs.even] = 0
        row = self._acc(result, found)
        return Defined(value, operand, found, read, self.ranges, row, mesh, weights, ready)

    def _mesh(self, result: Masks, found: Masks) -> Masks:
        links = self.window.mesh
        made = np.concatenate([self.carry.mesh.mask, result[links.vxm] & self.lit])
        mesh = made[links.source] if len(made) else np.zeros(len(links.source), np.uint32)
        mesh = np.where(links.usable, mesh, np.uint32(0)) | self.dark
        np.bitwise_and.at(found, links.vxm[links.user], mesh)
        return mesh

    def _souths(self, found: Masks, south: Column) -> None:
        """A Select hangs on the vector of its Shift, too."""
        window = self.window
        partner = np.where(south >= 0, found[south], np.uint32(0)) if len(found) else np.zeros(0, np.uint32)
        found[window.pairs.select] &= partner

    def _reads(self, operand: Masks, found: Masks) -> Masks:
        mem = self.window.memory
        base = self.carry.memory_mask[mem.read_address]
        stored = operand[self.write_sample] if len(mem.writes) else np.zeros(1, np.uint32)
        written = stored[mem.writer] & self.lit | base & self.dark
        read = np.where(mem.writer >= 0, written, base)
        read = np.where(mem.read_address >= 0, read, self.full)
        found[mem.reads] = read
        return read

    def _links(self, found: Masks) -> None:
        links = self.window.c2c
        # A Send's own mask is that of its operand.
        made = np.concatenate([self.carry.sent.mask, found[links.send]])
        arrived = made[links.source] if len(made) else np.zeros(len(links.source), np.uint32)
        found[links.receive] = np.where(links.source >= 0, arrived, self.full)

    def _weights(self, operand: Masks) -> tuple[Masks, NDArray[np.bool_]]:
        window, links = self.window, self.window.weights
        loaded = self.loaded(operand)
        base = self.carry.weights_mask[links.base, links.plane[:, None], np.arange(links.base.shape[1])]
        weights = np.where(links.source >= 0, loaded[links.source] & self.lit | base & self.dark, base)
        whole = ((weights | self.dark) == self.full)[:, : window.lit].all(axis=1)
        ready = whole[links.version[:, 0]] & (whole[links.version[:, 1]] | (links.version[:, 1] < 0))
        return weights, ready

    def loaded(self, operand: Masks) -> Masks:
        """Masks of the weights that each load brings; one row more, so that -1 is a row."""
        window, loads = self.window, self.window.weights.loads
        L = self.tables.config.lanes
        index = window.sampled.first[loads][:, None] + np.arange(L)
        return np.append(np.bitwise_and.reduce(operand[index], axis=1), np.uint32(0)).astype(np.uint32)

    def _acc(self, result: Masks, found: Masks) -> Masks:
        window, links, carry = self.window, self.window.acc, self.carry
        made = np.concatenate([carry.sums.mask, found[window.abc]])
        sums = made[links.sums] if len(made) else np.zeros(len(links.sums), np.uint32)
        sums = np.where((links.sums >= 0) & ~links.wrong_type, sums, np.uint32(0))
        sums = np.where(self.takes, sums, self.full)
        kept = np.concatenate([carry.kept.mask, result[links.acc]])
        held = kept[links.held] if len(kept) else sums
        own = np.where(links.held >= 0, held & self.lit | self.base_row & self.dark, self.base_row)
        row = np.where(self.looks, own, self.full)
        found[links.acc] = sums & np.where(links.hazard, np.uint32(0), row)
        return row
