"""What a bench reads of a chip in a cycle: which variables, and what their bytes mean, many cycles at a time.

Who fetches the bytes is another matter: ``tb.monitor`` does it in a running model, ``tb.replay`` in other simulators.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, BYTE_BITS, Config
from arch.conveyor import Direction, Hemisphere
from hdl.mxm.supercell import SUM_BITS
from hdl.superlane import plane_name
from hdl.vxm.operand import WORD

#: A variable: where it stands (modules from the top on, with dots between) and its name.
Name = tuple[str, str]


@dataclass(frozen=True)
class Write:
    """A word that the hardware stores in one superlane.

    Attributes
    ----------
    shown
        Cycle from which on it stands in the array.
    place
        Hemisphere, slice, bank, offset of a MEM word; hemisphere, plane, row of accumulators.
    superlane
        Where.
    data
        uint8[lanes] or uint32[lanes].
    """

    shown: int
    place: tuple[int, ...]
    superlane: int
    data: NDArray[Any]


@dataclass(frozen=True)
class Seen:
    """What the hardware showed in consecutive cycles.

    Attributes
    ----------
    cycles, idle : int64[T], bool[T]
        The ports of these names.
    streams : uint8[T, 2, streams, positions, S, lanes]
    mesh : uint32[T, alus, S, lanes]
        What an instruction gets that was issued ``stages.operand`` cycles earlier.
    memory, rows
        Words stored, by cycle.
    """

    cycles: NDArray[np.int64]
    idle: NDArray[np.bool_]
    streams: NDArray[np.uint8]
    mesh: NDArray[np.uint32]
    memory: tuple[Write, ...]
    rows: tuple[Write, ...]


class Names:
    """Variables of a :class:`hdl.looped.LoopedChip`.

    Parameters
    ----------
    top : str
        Name of the uppermost module.
    config : Config
        The machine.
    fuse : int
        The superlane that is bypassed, where there is a spare.

    Attributes
    ----------
    groups
        Variables of one kind, in an order that :class:`Decoder` knows. All of a group have one width.
    banks, rows
        Modules of the memories: MEM's by (hemisphere, slice, bank, superlane), the accumulators' by (hemisphere, plane,
        superlane).
    """

    def __init__(self, top: str, config: Config, fuse: int = 0) -> None:
        self._config = config
        places = [n for n in range(config.physical_superlanes) if not config.spare or n != fuse]
        self._lanes = [f"{top}.chip.superlane_{n}" for n in places]
        self.banks, self.rows = dict(self._bank_scopes()), dict(self._row_scopes())
        self.groups: dict[str, list[Name]] = {
            "cycle": [(top, "cycle")],
            "idle": [(top, "idle")],
            "streams": list(self._columns()),
            "mesh": [(f"{lane}.vxm.alu_{n}", "result") for n in range(len(config.alus)) for lane in self._lanes],
        }
        for name in ("en", "write", "addr", "wdata"):
            self.groups[f"bank {name}"] = [(scope, name) for scope in self.banks.values()]
        for name in ("write_en", "write_addr", "wdata"):
            self.groups[f"rows {name}"] = [(scope, name) for scope in self.rows.values()]

    @property
    def flat(self) -> list[Name]:
        """All variables, group by group."""
        return [name for group in self.groups.values() for name in group]

    def _columns(self) -> Iterator[Name]:
        for direction in Direction:
            for at in range(self._config.positions):
                for lane in self._lanes:
                    yield f"{lane}.column_{at}", f"here__{int(direction)}"

    def _bank_scopes(self) -> Iterator[tuple[tuple[int, int, int, int], str]]:
        """By hemisphere, slice, bank and superlane."""
        for side in Hemisphere:
            for n in range(self._config.slices):
                for bank in range(BANKS):
                    for k, lane in enumerate(self._lanes):
                        yield (int(side), n, bank, k), f"{lane}.{side.letter.lower()}_mem{n}.bank_{bank}"

    def _row_scopes(self) -> Iterator[tuple[tuple[int, int, int], str]]:
        """By hemisphere, plane and superlane."""
        for side in Hemisphere:
            for n in range(self._config.planes):
                for k, lane in enumerate(self._lanes):
                    yield (int(side), n, k), f"{lane}.{plane_name(side, n)}_rows.rows"


class Decoder:
    """Takes frames apart: uint8[T, bytes], a row for each cycle, the variables of ``names`` one behind the other.

    Parameters
    ----------
    config : Config
        The machine.
    names : Names
        The variables.
    sizes : mapping of str to int
        Bytes of each variable of a group.
    """

    def __init__(self, config: Config, names: Names, sizes: Mapping[str, int]) -> None:
        self._config = config
        self._bank_keys, self._row_keys = list(names.banks), list(names.rows)
        self._slots, at = {}, 0
        for name, group in names.groups.items():
            self._slots[name] = (at, at + sizes[name] * len(group), len(group))
            at += sizes[name] * len(group)
        self.size = at

    def seen(self, frames: NDArray[np.uint8]) -> Seen:
        """What the hardware showed."""
        cycles = self._numbers(frames, "cycle")[:, 0]
        return Seen(
            cycles,
            self._numbers(frames, "idle")[:, 0] != 0,
            self._streams(frames),
            self._mesh(frames),
            tuple(self._memory_writes(frames, cycles)),
            tuple(self._row_writes(frames, cycles)),
        )

    def _raw(self, frames: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
        """uint8[T, variables, bytes of each] of a group."""
        start, stop, count = self._slots[name]
        return frames[:, start:stop].reshape(len(frames), count, -1)

    def _numbers(self, frames: NDArray[np.uint8], name: str) -> NDArray[np.int64]:
        """int64[T, variables] of a group of narrow variables."""
        raw = np.ascontiguousarray(self._raw(frames, name))
        return raw.view(f"<u{raw.shape[-1]}")[..., 0].astype(np.int64)

    def _streams(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        c, code = self._config, self._config.code_bits
        raw = self._raw(frames, "streams").reshape(len(frames), len(Direction), c.positions, c.superlanes, -1)
        bits = np.unpackbits(raw, axis=-1, count=c.streams * code, bitorder="little")
        words = bits.reshape(*raw.shape[:-1], c.streams, code)[..., : c.word_bits]
        return np.packbits(words, axis=-1, bitorder="little").transpose(0, 1, 4, 2, 3, 5)

    def _mesh(self, frames: NDArray[np.uint8]) -> NDArray[np.uint32]:
        c = self._config
        raw = np.ascontiguousarray(self._raw(frames, "mesh")[..., : c.lanes * WORD // BYTE_BITS])
        return raw.view("<u4").reshape(len(frames), len(c.alus), c.superlanes, c.lanes)

    def _memory_writes(self, frames: NDArray[np.uint8], cycles: NDArray[np.int64]) -> Iterator[Write]:
        stores = (self._numbers(frames, "bank en") & self._numbers(frames, "bank write")) != 0
        addresses, words = self._numbers(frames, "bank addr"), self._raw(frames, "bank wdata")
        for t, n in np.argwhere(stores):
            *place, k = self._bank_keys[n]
            yield Write(int(cycles[t]) + 1, (*place, int(addresses[t, n])), k, words[t, n, : self._config.lanes].copy())

    def _row_writes(self, frames: NDArray[np.uint8], cycles: NDArray[np.int64]) -> Iterator[Write]:
        stores = self._numbers(frames, "rows write_en") != 0
        addresses, words = self._numbers(frames, "rows write_addr"), self._raw(frames, "rows wdata")
        for t, n in np.argwhere(stores):
            *place, k = self._row_keys[n]
            data = words[t, n, : self._config.lanes * SUM_BITS // BYTE_BITS].copy().view("<u4")
            yield Write(int(cycles[t]) + 1, (*place, int(addresses[t, n])), k, data)
