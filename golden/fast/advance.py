"""From one window to the next: what is stored at its end, and what is still under way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.timing import timing
from golden.fast.carry import Carry, Flight, Masks
from golden.fast.defined import Defined
from golden.fast.link import Window
from golden.fast.link_memory import range_words
from golden.fast.matmul import column_weights
from golden.fast.tables import Tables
from golden.fast.values import Values
from golden.units import mem as units

__all__ = ["advance"]

Column = NDArray[np.int64]


def advance(tables: Tables, window: Window, carry: Carry, defined: Defined, values: Values | None) -> Carry:
    """State at the end of a window; arrays of memory, rows and weights are changed in place.

    Without values only definedness is carried on, and a Scatter counts as storing to its whole range.
    """
    step = _Step(tables, window, carry, defined, values)
    streams = step.streams()
    mesh, sums, sent = step.mesh(), step.sums(), step.sent()
    kept = step.kept()
    step.store_weights()
    step.store_memory()
    return Carry(
        window.end,
        streams,
        mesh,
        sums,
        kept,
        sent,
        carry.memory,
        carry.memory_mask,
        carry.rows,
        carry.rows_mask,
        carry.weights,
        carry.weights_mask,
    )


@dataclass
class _Step:
    tables: Tables
    window: Window
    carry: Carry
    defined: Defined
    values: Values | None

    def __post_init__(self) -> None:
        config = self.tables.config
        self.timing = timing(config)
        self.lit = np.uint32((1 << self.window.lit) - 1)
        self.part_lit = self.window.lit < config.superlanes
        self.where = self.tables.form["where"][self.window.form]

    def _flight(self, before: Flight, rows: Column, place: Column, note: Column, mask: Masks, value) -> Flight:
        """Carried values and those of some issues behind them."""
        t = self.window.issues.t[rows]
        if value is None:
            value = np.zeros((len(before) + len(rows), 0), before.value.dtype)
        return Flight(
            np.concatenate([before.place, place]),
            np.concatenate([before.t, t]),
            np.concatenate([before.note, note]),
            np.concatenate([before.queue, np.zeros_like(t)]),
            np.concatenate([before.issued, t]),
            np.concatenate([before.mask, mask]),
            value,
        )

    def streams(self) -> Flight:
        """Values that have not left the chip."""
        window, before, driven = self.window, self.carry.streams, self.window.driven
        place = np.concatenate([before.place, driven.line])
        t = np.concatenate([before.t, driven.t])
        note = np.concatenate([before.note, driven.progress])
        left = note + np.maximum(window.end - t, 0) < self.tables.config.positions
        alive = np.flatnonzero(left)
        fresh = alive[alive >= window.carried] - window.carried
        queue = self.tables.form["queue"][window.form[driven.owner[fresh]]]
        old = alive[alive < window.carried]
        value = np.zeros((len(alive), 0), np.uint8) if self.values is None else self.values.streams[alive + 1]
        return Flight(
            place[alive],
            t[alive],
            note[alive],
            np.concatenate([before.queue[old], queue]),
            np.concatenate([before.issued[old], window.issues.t[driven.owner[fresh]]]),
            self.defined.value[alive + 1],
            value,
        )

    def mesh(self) -> Flight:
        """Results on their way to the mesh outputs, and the last one there of each ALU."""
        rows, form = self.window.mesh.vxm, self.window.form
        latch = self.tables.form["keep"][form[rows]]
        mask = self.defined.result[rows] & self.lit
        value = None if self.values is None else self.values.mesh
        flight = self._flight(self.carry.mesh, rows, self.where[rows], latch, mask, value)
        if not len(flight):
            return flight
        order = np.lexsort((flight.t, flight.place))
        there = flight.t[order] <= self.window.end - self.timing.alu
        behind = np.append((flight.place[order][1:] == flight.place[order][:-1]) & there[1:], False)
        return flight.only(order[~behind])

    def sums(self) -> Flight:
        """Sums that an ACC may still take."""
        rows = self.window.abc
        note = self.tables.form["type"][self.window.form[rows]]
        value = None if self.values is None else self.values.sums
        mask = self.defined.result[rows]
        flight = self._flight(self.carry.sums, rows, self.where[rows], note, mask, value)
        return flight.only(flight.t >= self.window.end - self.timing.abc)

    def kept(self) -> Flight:
        """Values that have not landed in their rows; the others land."""
        links, carry, window = self.window.acc, self.carry, self.window
        chosen = (self.tables.form["keep"][window.form[links.acc]] != 0) & (links.place >= 0)
        rows, place = links.acc[chosen], links.place[chosen]
        mask = self.defined.result[rows] & self.lit
        fresh = np.zeros((len(rows), 0), np.uint32)
        if self.values is not None:
            fresh = self.values.kept[len(carry.kept) :][chosen]
        if self.part_lit:
            mask, fresh = self._with_dark(place, mask, fresh)
        value = np.concatenate([carry.kept.value, fresh])
        flight = self._flight(carry.kept, rows, place, np.zeros_like(place), mask, value)
        landed = flight.t <= window.end - self.timing.acc_row
        down = flight.only(landed)
        down = down.only(np.argsort(down.t, kind="stable"))
        carry.rows.reshape(carry.rows_mask.size, carry.rows.shape[2])[down.place] = down.value
        carry.rows_mask.reshape(-1)[down.place] = down.mask
        return flight.only(~landed)

    def _with_dark(self, place: Column, mask: Masks, value: NDArray) -> tuple[Masks, NDArray]:
        """Kept values whose dark superlanes are what the row holds, or will hold, there."""
        carry, L = self.carry, self.tables.config.lanes
        masks = carry.rows_mask.reshape(-1).copy()
        rows = carry.rows.reshape(len(masks), carry.rows.shape[2]).copy()
        early = carry.kept.only(np.argsort(carry.kept.t, kind="stable"))
        rows[early.place], masks[early.place] = early.value, early.mask
        value = value.copy()
        value[:, self.window.lit * L :] = rows[place][:, self.window.lit * L :]
        return mask | masks[place] & ~self.lit, value

    def sent(self) -> Flight:
        """Vectors that a Receive may still take."""
        links, before = self.window.c2c, self.carry.sent
        mask = self.defined.result[links.send]
        value = None
        if self.values is not None:
            fresh = self.values.operand(links.send, 0, 1)[0].reshape(len(links.send), before.value.shape[1])
            value = np.concatenate([before.value, fresh])
        place = self.where[links.send]
        flight = self._flight(before, links.send, place, np.zeros_like(place), mask, value)
        return flight.only(links.alive & (flight.t + self.timing.loopback >= self.window.end))

    # Stores --------------------------------------------------------------------------------------------------

    def store_weights(self) -> None:
        """Leave buffers and arrays as the window's loads and installs leave them."""
        links, carry = self.window.weights, self.carry
        if not (len(links.loads) or (links.final_base[1] == 0).any()):
            return
        mask, lit = carry.weights_mask, self.window.lit
        loaded = np.append(self._loaded(), np.uint32(0))
        changes = []
        for kind in range(2):
            for plane in range(mask.shape[1]):
                source, base = links.final[kind, plane], links.final_base[kind, plane]
                if (source < 0).all() and (base == kind).all():
                    continue
                columns = np.arange(len(source))
                found = np.where(source >= 0, loaded[source], mask[base, plane, columns])
                data = None if self.values is None else column_weights(self.values, plane, source, base)
                changes.append((kind, plane, found & self.lit | mask[kind, plane] & ~self.lit, data))
        for kind, plane, found, data in changes:
            mask[kind, plane] = found
            if data is not None:
                carry.weights[kind, plane, :lit] = data[:lit]

    def _loaded(self) -> Masks:
        window, loads = self.window, self.window.weights.loads
        index = window.sampled.first[loads][:, None] + np.arange(self.tables.config.lanes)
        return np.bitwise_and.reduce(self.defined.operand[index], axis=1).astype(np.uint32)

    def store_memory(self) -> None:
        """Store what Writes and Scatters wrote."""
        links, carry = self.window.memory, self.carry
        slices = np.unique(self.where[links.scatters])
        last = links.last[~np.isin(self.where[links.writes[links.last]], slices)]
        address = links.write_address[last]
        sample = self._data_sample(links.writes[last])
        mask = carry.memory_mask
        mask[address] = self.defined.operand[sample] & self.lit | mask[address] & ~self.lit
        if self.values is not None:
            width = self.window.lit * self.tables.config.lanes
            data = self.values.streams.take(self.window.value[sample], axis=0)
            if self.part_lit:
                carry.memory[address, :width] = data[:, :width]
            else:
                carry.memory[address] = data
        for number in slices:
            self._store_slice(int(number))

    def _data_sample(self, rows: Column) -> Column:
        """The sample that is the data of Writes."""
        return self.window.sampled.first[rows] + self.tables.form["write_sample"][self.window.form[rows]]

    def _store_slice(self, number: int) -> None:
        """Store to a slice that Scatters write to: in the order of issue, superlane by superlane."""
        window, links = self.window, self.window.memory
        mine = np.flatnonzero((self.where[links.writes] == number) & (links.write_address >= 0))
        writes = links.writes[mine]
        S = self.tables.config.superlanes
        lit = np.arange(window.lit)
        shape = (len(mine), len(lit))
        rows = [self._flat(writes, links.write_address[mine][:, None], lit, self._data_sample(writes), None, shape)]
        scatters = links.scatters[self.where[links.scatters] == number]
        for form in np.unique(window.form[scatters]):
            chosen = scatters[window.form[scatters] == form]
            rows.append(self._scattered(int(form), chosen, lit))
        t, word, superlane, sample, bit = (np.concatenate(column) for column in zip(*rows, strict=True))
        if not len(t):
            return
        order = np.lexsort((t, word * S + superlane))
        word, superlane, sample, bit = word[order], superlane[order], sample[order], bit[order]
        last = np.append((word[1:] != word[:-1]) | (superlane[1:] != superlane[:-1]), True)
        word, superlane, sample, bit = word[last], superlane[last], sample[last], bit[last]
        place = np.uint32(1) << superlane.astype(np.uint32)
        np.bitwise_and.at(self.carry.memory_mask, word, ~place)
        np.bitwise_or.at(self.carry.memory_mask, word, np.where(bit, place, np.uint32(0)))
        if self.values is not None:
            shaped = (-1, *self.values.shape)
            data = self.values.streams.reshape(shaped)[window.value[sample], superlane]
            self.carry.memory.reshape(shaped)[word, superlane] = data

    def _scattered(self, form: int, rows: Column, lit: Column) -> tuple[Column, ...]:
        """What Scatters of one form store, as rows of superlanes."""
        window = self.window
        at = window.sampled.first[rows] + self.tables.form["write_sample"][window.form[rows]]
        op = self.tables.words.forms[form].word[-1]
        if self.values is None:
            words = range_words(self.tables, form, -1)
            both = self.defined.operand[at] & self.defined.operand[at + 1]
            rows, at = rows[(both & self.lit) == self.lit], at[(both & self.lit) == self.lit]
            first = np.flatnonzero(np.arange(len(rows)) < 1)
            shape = (len(first), len(words), len(lit))
            grid = np.broadcast_to(words[None, :, None], shape).reshape(-1, len(lit))
            again = np.repeat(rows[first], len(words))
            return self._flat(again, grid, lit, np.repeat(at[first] + 1, len(words)), None, grid.shape)
        address = units.indexed(op, self.values.sampled(at, 1)[0])
        self.values.note_index(rows, address)
        place = self.values.place(rows, address)[:, lit]
        return self._flat(rows, place, lit, at + 1, (address.ok[:, lit], at), place.shape)

    def _flat(self, rows: Column, words: Column, lit: Column, sample: Column, only, shape) -> tuple[Column, ...]:
        """Cycle, word, superlane, sample and definedness of every superlane's store."""
        t = np.broadcast_to(self.window.issues.t[rows][:, None], shape)
        grid = np.broadcast_to(lit, shape)
        mask = self.defined.operand[sample]
        if only is not None:
            mask = mask & self.defined.operand[only[1]]
        bit = (mask[:, None] >> lit.astype(np.uint32)) & np.uint32(1) != 0
        columns = (t, np.broadcast_to(words, shape), grid, np.broadcast_to(sample[:, None], shape), bit)
        chosen = np.ones(shape, np.bool_) if only is None else only[0]
        return tuple(column[chosen] for column in columns)
