"""Values of a window while it is evaluated, and the instructions that only move them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS
from golden.fast.carry import Carry
from golden.fast.link import Window
from golden.fast.tables import ROLES, Tables
from golden.lanes import Bytes, Elements, darken, split
from golden.units.mem import Addresses

__all__ = ["Values", "copies", "reads"]

Column = NDArray[np.int64]


@dataclass
class Values:
    """Tables of values.

    Attributes
    ----------
    tables, window, carry
        What is evaluated.
    streams : uint8[1 + producers, S * L]
        Rows as ``Window.value`` numbers them.
    mesh, sums, kept : uint32[carried + instructions, S * L]
        Results of VXM instructions, ABCs and ACCs, carried ones first.
    ordinal : int64[issues]
        Row of an instruction in the one of these tables that has it.
    mesh_source
        By operand role, for each VXM instruction of the window the row of ``mesh`` that it takes, or -1.
    map_faults, index_faults
        Issues of Permutes with a bad map; issues and superlanes of Gathers and Scatters with a bad address.
    matrices : uint8[vector, vector] by version
        Weights that have been put together.
    """

    tables: Tables
    window: Window
    carry: Carry
    streams: Bytes
    mesh: Elements
    sums: Elements
    kept: Elements
    ordinal: Column
    mesh_source: dict[str, Column]
    map_faults: list[Column]
    index_faults: list[tuple[Column, Column]]
    matrices: dict[int, Bytes]

    @classmethod
    def of(cls, tables: Tables, window: Window, carry: Carry) -> "Values":
        """Tables with the carried values in place."""
        width = carry.streams.value.shape[1]
        streams = np.zeros((1 + window.carried + len(window.driven.owner), width), np.uint8)
        streams[1 : 1 + window.carried] = carry.streams.value
        ordinal = np.zeros(len(window.issues), np.int64)
        found = []
        for flight, rows in ((carry.mesh, window.mesh.vxm), (carry.sums, window.abc), (carry.kept, window.acc.acc)):
            table = np.zeros((len(flight) + len(rows), width), np.uint32)
            table[: len(flight)] = flight.value
            ordinal[rows] = len(flight) + np.arange(len(rows))
            found.append(table)
        mesh, sums, kept = found
        return cls(tables, window, carry, streams, mesh, sums, kept, ordinal, _mesh_sources(window), [], [], {})

    @property
    def shape(self) -> tuple[int, int]:
        """Superlanes and lanes."""
        return self.tables.config.superlanes, self.tables.config.lanes

    def column(self, name: str, rows: Column) -> Column:
        """Column of the forms of some issues."""
        return self.tables.form[name][self.window.form[rows]]

    def sampled(self, first: Column, width: int) -> Bytes:
        """Stream groups by the number of their first sample: uint8[width, n, S, L], zero in dark superlanes."""
        index = self.window.value[first + np.arange(width)[:, None]]
        return darken(self.streams.take(index, axis=0).reshape(width, len(first), *self.shape), self.window.lit)

    def operand(self, rows: Column, at: Column | int, width: int) -> Bytes:
        """Stream groups that issues sample, by the place of the first register among their samples."""
        return self.sampled(self.window.sampled.first[rows] + at, width)

    def drive(self, rows: Column, data: Bytes) -> None:
        """Drive uint8[width, n, S, L]: the results of issues that all drive a group of that width, or nothing."""
        drives = self.column("drives", rows) > 0
        if not drives.all():
            rows, data = rows[drives], data[:, drives]
        first = 1 + self.window.carried + self.window.driven.first[rows]
        data = darken(data, self.window.lit)
        for number, part in enumerate(data):
            self.streams[first + number] = part.reshape(len(rows), self.streams.shape[1])

    def drive_elements(self, rows: Column, elements: Elements, width: int) -> None:
        """Drive elements uint32[n, S, L] as groups of ``width`` streams."""
        drives = self.column("drives", rows) > 0
        if drives.any():
            self.drive(rows[drives], split(elements if drives.all() else elements[drives], width))

    def fetch(self, rows: Column, address: Addresses) -> Bytes:
        """Words that Gathers find, uint8[n, S, L]; zero, and fault INDEX, where the address is out of range."""
        lit = np.arange(self.shape[0]) < self.window.lit
        self.note_index(rows, address)
        words = self.carry.memory.reshape(-1, *self.shape)
        superlane = np.broadcast_to(np.arange(self.shape[0]), address.ok.shape)
        good = address.ok & lit
        found = np.zeros((len(rows), *self.shape), np.uint8)
        found[good] = words[self.place(rows, address)[good], superlane[good]]
        return found

    def place(self, rows: Column, address: Addresses) -> Column:
        """Words of the chip's memory, [n, S], of addresses that maps give."""
        config = self.tables.config
        where = self.column("where", rows)[:, None]
        return (where * BANKS + address.bank) * config.bank_words + address.offset

    def note_index(self, rows: Column, address: Addresses) -> None:
        """Remember fault INDEX of Gathers or Scatters."""
        number, superlane = np.nonzero(~address.ok[:, : self.window.lit])
        self.index_faults.append((rows[number], superlane))


def _mesh_sources(window: Window) -> dict[str, Column]:
    found = {}
    for number, role in enumerate(ROLES):
        mine = window.mesh.role == number
        found[role] = np.full(len(window.mesh.vxm), -1)
        found[role][window.mesh.user[mine]] = window.mesh.source[mine]
    return found


def reads(values: Values) -> None:
    """Reads of words that no Write of the window stores; those of fault RANGE stay zero."""
    window, mem = values.window, values.window.memory
    plain = (mem.writer < 0) & (mem.read_address >= 0)
    rows = 1 + window.carried + window.driven.first[mem.reads[plain]]
    found = values.carry.memory.take(mem.read_address[plain], axis=0)
    found.reshape(-1, *values.shape)[:, window.lit :] = 0
    values.streams[rows] = found


def copies(values: Values, rows: Column) -> None:
    """Reads of words that a Write of the window stores."""
    mem = values.window.memory
    written = mem.writes[mem.writer[np.searchsorted(mem.reads, rows)]]
    values.drive(rows, values.operand(written, values.column("write_sample", written), 1))
