"""Streams as a conveyor: a value keeps its slot, and time moves the index."""

import numpy as np

from arch.config import Config
from arch.conveyor import Direction
from golden.lanes import Bytes
from golden.secded import mask_bytes
from golden.step.words import Flags, Vector

__all__ = ["Streams"]


class Streams:
    """All stream registers in local time.

    Position p of an eastward stream is slot p - t, of a westward one p + t, modulo the number of positions: the
    register that falls off one end is the one that enters at the other, where it is cleared.
    """

    def __init__(self, config: Config) -> None:
        shape = (len(Direction), config.streams, config.positions, config.superlanes)
        self._config = config
        self._time = 0
        self._data = np.zeros((*shape, config.lanes), np.uint8)
        self._defined = np.zeros(shape, np.bool_)
        self._errors: dict[tuple[Direction, int, int], dict[int, int]] = {}

    def advance(self) -> None:
        """Move everything on by one cycle; zero undefined words enter at the edges."""
        self._time += 1
        for direction, edge in ((Direction.EAST, 0), (Direction.WEST, self._config.positions - 1)):
            slot = self._slot(direction, edge)
            self._data[direction, :, slot] = 0
            self._defined[direction, :, slot] = False
            for stream in range(self._config.streams):
                self._errors.pop((direction, stream, slot), None)

    def read(self, direction: Direction, stream: int, position: int) -> Vector:
        """What a register holds."""
        key = (direction, stream, self._slot(direction, position))
        return Vector(self._data[key].copy(), self._defined[key].copy(), dict(self._errors.get(key, {})))

    def drive(self, direction: Direction, stream: int, position: int, vector: Vector) -> None:
        """Load a register in this cycle."""
        key = (direction, stream, self._slot(direction, position))
        self._data[key], self._defined[key] = vector.data, vector.defined
        self._errors.pop(key, None)
        if vector.errors:
            self._errors[key] = dict(vector.errors)

    def flip(self, direction: Direction, stream: int, position: int, superlane: int, mask: int) -> None:
        """Flip bits of a register in this cycle; they stay flipped as the value travels."""
        key = (direction, stream, self._slot(direction, position))
        self._data[key][superlane] ^= mask_bytes(mask, self._config.lanes)
        errors = self._errors.setdefault(key, {})
        errors[superlane] = errors.get(superlane, 0) ^ mask

    def registers(self) -> tuple[Bytes, Flags]:
        """All registers of this cycle by position: copies [2, streams, positions, S, L] and [2, streams, positions,
        S]."""
        positions = range(self._config.positions)
        slots = [[self._slot(direction, p) for p in positions] for direction in Direction]
        data = np.stack([self._data[direction][:, slots[direction]] for direction in Direction])
        return data, np.stack([self._defined[direction][:, slots[direction]] for direction in Direction])

    def _slot(self, direction: Direction, position: int) -> int:
        return (position - direction.step * self._time) % self._config.positions
