"""Where tensors are put: slices, banks and addresses for constants, for the host's tensors, and for results."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.types import Type
from compiler.asm.schedule import Rows as Data
from compiler.graph.ir import Tensor
from compiler.schedule.contract import Tile
from compiler.schedule.storage import CapacityError, Layout, Piece, Stored, planes
from compiler.schedule.store import Place, Store


@dataclass(frozen=True)
class Wish:
    """Which places are best for rows.

    Attributes
    ----------
    anywhere
        Slices meant for weights are as good as others.
    bank
        The better bank: what is written lies in other banks than what is read meanwhile.
    firm
        The bank counts for more than what slices are meant for.
    outer
        The outermost slices are best, whatever they are meant for.
    lent
        The rows can be released one day.
    again
        Rows that have been in use will do, because nothing need be there before the network writes it.
    """

    anywhere: bool = False
    bank: int = 0
    firm: bool = False
    outer: bool = False
    lent: bool = False
    again: bool = False


class Memory:
    """Memory of a program in the making.

    Parameters
    ----------
    config
        The machine.
    wordy
        Whether text is to have slices of its own.
    thrifty
        Whether rows are used again.

    Attributes
    ----------
    data
        Initial contents.
    """

    def __init__(self, config: Config, *, wordy: bool = False, thrifty: bool = False) -> None:
        self.config, self.store = config, Store(config, wordy=wordy, thrifty=thrifty)
        self.data: list[Data] = []
        self._tiles: dict[tuple[bytes, Hemisphere, int], list[Tile]] = {}
        self._borders: dict[tuple[int, int, int], Piece] = {}

    def reserve(
        self,
        sides: dict[int, Hemisphere],
        block: int,
        width: int,
        first: int,
        rows: int,
        avoid: Iterable[tuple[int, int]] = (),
        wish: Wish = Wish(),
    ) -> list[tuple[Piece, ...]]:
        """Room for rows of one block, a slice for each byte.

        Parameters
        ----------
        sides
            Hemisphere of each block of the tensor. A block that has none yet gets the one with more room, if possible.
        block, width, first, rows
            What is to be put there: rows ``first`` to ``first + rows - 1`` of a block, ``width`` bytes an element.
        avoid
            Queues and banks that must not be used, because the same flow reads them; bank -1 for both.
        wish
            Which places are best.

        Returns
        -------
        For each byte its pieces: several if the rows need several banks.
        """
        avoid = list(avoid)
        rooms = {
            side: sum(self.store.room(side, s, bank) for s in self.store.data_slices for bank in range(BANKS))
            for side in Hemisphere
        }
        near, far = sorted(Hemisphere, key=lambda side: (-rooms[side], -side))
        if block in sides:
            return self._reserve(sides[block], block, width, first, rows, avoid, wish)
        before = self.store.mark()
        try:
            found, side = self._reserve(near, block, width, first, rows, avoid, wish), near
        except CapacityError:
            self.store.reset(before)
            found, side = self._reserve(far, block, width, first, rows, avoid, wish), far
        sides[block] = side
        return found

    def _reserve(
        self,
        side: Hemisphere,
        block: int,
        width: int,
        first: int,
        rows: int,
        avoid: Iterable[tuple[int, int]],
        wish: Wish,
    ) -> list[tuple[Piece, ...]]:
        taken = set(avoid)
        slices = {queue for queue, bank in taken if bank < 0}
        found = []
        for byte in range(width):
            pieces, at = [], first
            while at < first + rows:
                count = min(first + rows - at, self.config.bank_words)
                mem_slice, bank, place = self._slice(side, count, taken, slices, wish)
                queue = self.store.queue(side, mem_slice).index
                if wish.lent:
                    self.store.lend(side, mem_slice, bank, count, place)
                else:
                    self.store.take(side, mem_slice, bank, count)
                offset, free = place.offset, place.free
                pieces.append(Piece(queue, side, mem_slice, bank, offset, block, byte, at, count, free=free))
                slices.add(queue)
                at += count
            found.append(tuple(pieces))
        return found

    def _slice(
        self, side: Hemisphere, rows: int, taken: set[tuple[int, int]], slices: set[int], wish: Wish
    ) -> tuple[int, int, Place]:
        """The best slice that is not in the way, its bank, and where in it: of equal ones that with most room."""
        best: tuple[tuple, tuple[int, int, Place]] | None = None
        every = range(self.config.slices)
        for mem_slice in every:
            queue = self.store.queue(side, mem_slice).index
            if queue in slices:
                continue
            later = 0 if wish.anywhere or mem_slice in self.store.data_slices else 2
            later = later or int(mem_slice in self.store.text_slices)
            later = -mem_slice if wish.outer else later
            left = sum(self.store.room(side, mem_slice, bank) for bank in range(BANKS))
            for bank in range(BANKS):
                place = self.store.place(side, mem_slice, bank, rows, again=wish.again)
                if place is not None and (queue, bank) not in taken:
                    other, fresh = bank != wish.bank, place.free == 0
                    key = (fresh, other and wish.firm, later, other, place.free, -left, mem_slice, bank)
                    if best is None or key < best[0]:
                        best = key, (mem_slice, bank, place)
        if best is None:
            have, used = self.store.capacity(), self.store.used()
            raise CapacityError(
                f"the network does not fit: {side.name.lower()}ern memory has no place for {rows} more rows in a slice "
                f"of its own ({used:,} of {have:,} rows of the chip are in use)"
            )
        return best[1]

    def put(
        self,
        tensor: Tensor,
        layout: Layout,
        values: NDArray | None,
        avoid: Callable[[int], Iterable[int]] | None = None,
        chunk: int = 0,
        *,
        anywhere: bool = False,
        strict: bool = False,
    ) -> Stored:
        """Place a constant, or a tensor of the host (without values).

        Parameters
        ----------
        tensor, layout
            What, and how.
        values
            Its array.
        avoid
            Queues of slices that are read together with a block of it, which therefore goes to others.
        chunk
            Rows that stay together; 0 for all. Chunks go to slices of their own where there are some.
        anywhere
            Whether slices meant for weights will do as well as others.
        strict
            Whether queues to be avoided must be, or only should.
        """
        raw = None if values is None else planes(self.config, values, layout, tensor.type)
        stored, wish = Stored(tensor, layout, [[]], clean=True), Wish(anywhere, lent=values is None)
        for block in range(layout.blocks):
            step = chunk or layout.rows
            # Neighboring blocks are read together, by the two planes of a hemisphere.
            queues = set(avoid(block)) if avoid else set()
            if anywhere:
                queues |= {p.queue for p in stored.copies[0] if together(self.config, p.block, block)}
            beside = [(queue, -1) for queue in queues]
            for first in range(0, layout.rows, step):
                count = min(step, layout.rows - first)
                width = tensor.type.bytes
                try:
                    found = self.reserve(stored.sides, block, width, first, count, beside, wish)
                except CapacityError:
                    if strict:
                        raise
                    found = self.reserve(stored.sides, block, width, first, count, (), wish)
                for pieces in found:
                    stored.copies[0].extend(pieces)
                    for piece in pieces if raw is not None else ():
                        assert raw is not None
                        rows = raw[block, piece.byte, piece.first : piece.first + piece.rows]
                        self._fill(piece, rows)
        return stored

    def tiles(self, weights: Sequence[NDArray[np.uint8]], side: Hemisphere, planes: Sequence[int]) -> list[Tile]:
        """Place tiles of weights where planes load them from, one for each; the same ones are kept once.

        Tiles of planes that load from the same slices lie there in turns, a row of each, so that one run of Reads
        brings both.

        Parameters
        ----------
        weights
            uint8[vector, vector] each: W[k, n], one byte of each element.
        """
        first = {self.store.weight_slices[plane] for plane in planes}
        if len(first) > 1:
            return [self.tiles([one], side, [plane])[0] for one, plane in zip(weights, planes, strict=True)]
        key = (hashlib.blake2b(b"".join(one.tobytes() for one in weights)).digest(), side, min(first))
        if key not in self._tiles:
            self._tiles[key] = self._place_tiles(weights, side, min(first))
        return self._tiles[key]

    def _place_tiles(self, weights: Sequence[NDArray[np.uint8]], side: Hemisphere, first: int) -> list[Tile]:
        lanes, count = self.config.lanes, len(weights)
        streams: list[list[tuple[int, int, int]]] = [[] for _ in weights]
        for stream in range(lanes):
            bank, place = self.room_for_weights(side, first + stream, count * self.config.superlanes)
            address, queue = bank << OFFSET_BITS | place.offset, self.store.queue(side, first + stream).index
            rows = np.stack([one[:, stream::lanes].T for one in weights], axis=1)
            rows = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]))
            self.data.append(Data(side, first + stream, address, rows))
            for n, found in enumerate(streams):
                found.append((queue, address + n, count))
        return [Tile(tuple(found)) for found in streams]

    def room_for_weights(self, side: Hemisphere, mem_slice: int, rows: int, *, lent: bool = False) -> tuple[int, Place]:
        """Bank and place of the rows that one stream brings of tiles: in one bank after the other.

        Parameters
        ----------
        lent
            Whether they are computed, and can be released one day.
        """
        places = {bank: self.store.place(side, mem_slice, bank, rows, again=lent) for bank in range(BANKS)}
        bank = next((bank for bank, place in places.items() if place is not None), 0)
        place = places[bank]
        if lent and place is not None:
            self.store.lend(side, mem_slice, bank, rows, place)
            return bank, place
        return bank, Place(self.store.take(side, mem_slice, bank, rows))

    def border(self, piece: Piece, value: int) -> Piece:
        """A row of equal bytes in the slice of a piece."""
        key = (piece.queue, piece.bank, value)
        if key not in self._borders:
            offset = self.store.take(piece.hemisphere, piece.mem_slice, piece.bank, 1)
            row = replace(piece, offset=offset, first=0, rows=1, step=1, ready=0)
            self._fill(row, np.full((1, self.config.vector), value, np.uint8))
            self._borders[key] = row
        return self._borders[key]

    def _fill(self, piece: Piece, rows: NDArray[np.uint8]) -> None:
        address = piece.bank << OFFSET_BITS | piece.offset
        self.data.append(Data(piece.hemisphere, piece.mem_slice, address, np.ascontiguousarray(rows)))


def bytes_of(bits: int, type: Type) -> tuple[int, ...]:
    """Bytes of an element, the lowest first."""
    return tuple(bits >> 8 * n & 0xFF for n in range(type.bytes))


def together(config: Config, block: int, other: int) -> bool:
    """Whether two blocks of results are computed at once, on the planes of one hemisphere."""
    return block // side_by_side(config) == other // side_by_side(config)


def side_by_side(config: Config) -> int:
    """Planes of a hemisphere whose sums can leave it at once: those of one may take all streams."""
    return min(config.planes, config.streams // Type.I32.bytes)
