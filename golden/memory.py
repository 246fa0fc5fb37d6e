"""Memory at boot: a program's data and the host's inputs, at real size but allocated only where touched."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.program import Program, Region
from golden.lanes import Bytes

__all__ = ["InputError", "Memory", "boot", "region_rows", "region_words", "regions_named"]


class InputError(ValueError):
    """An input that does not fit the program's regions."""


@dataclass(frozen=True)
class Memory:
    """All MEM words of the chip; the arrays are the owner's to change.

    Attributes
    ----------
    data : uint8[2 hemispheres, slices, 2 banks, words, S, L]
        Zero pages until written (the operating system allocates on touch), so a full-size chip costs what it uses.
    defined : bool[2, slices, 2, words, S]
        Which words a program's data or the host made so.
    """

    data: Bytes
    defined: NDArray[np.bool_]


def boot(program: Program, inputs: Mapping[str, Bytes] | None = None) -> Memory:
    """Memory as a run of a program finds it.

    Parameters
    ----------
    program
        The program.
    inputs : uint8[rows, vector] by region name
        Every region of role input or inout must be given; parts of one name are filled in order.

    Raises
    ------
    InputError
        One line: an unknown or missing name, a wrong shape or dtype.
    """
    given = dict(inputs or {})
    names = [name for name in regions_named(program) if _filled(program, name)]
    for name in given:
        if name not in names:
            raise InputError(f"no input {name!r}: the program's inputs are {', '.join(names) or 'none'}")
    memory = _empty(program.config)
    for segment in program.data:
        rows = np.frombuffer(segment.data, np.uint8).reshape(-1, program.config.vector)
        _fill(program.config, memory, segment.hemisphere, segment.mem_slice, segment.address, rows)
    for name in names:
        if name not in given:
            raise InputError(f"input {name!r} is missing: the program's inputs are {', '.join(names)}")
        _fill_regions(program, memory, name, given[name])
    return memory


def regions_named(program: Program) -> dict[str, tuple[Region, ...]]:
    """Regions by name, the parts of each in order."""
    found: dict[str, tuple[Region, ...]] = {}
    for region in program.regions:
        found[region.name] = (*found.get(region.name, ()), region)
    return found


def region_words(array: NDArray, region: Region) -> NDArray:
    """Words of one region of an array [2, slices, 2, words, ...]: a view [rows, ...]."""
    bank, offset = divmod(region.address, 1 << OFFSET_BITS)
    return array[region.hemisphere, region.mem_slice, bank, offset : offset + region.rows]


def region_rows(program: Program, name: str, array: NDArray) -> NDArray:
    """Words of all parts of a region, in order, of an array [2, slices, 2, words, ...]: [rows, ...]; ``InputError``
    lists the names."""
    regions = regions_named(program)
    if name not in regions:
        raise InputError(f"no region {name!r}: the program's regions are {', '.join(regions) or 'none'}")
    return np.concatenate([region_words(array, region) for region in regions[name]])


def _filled(program: Program, name: str) -> bool:
    return any(region.role != "output" for region in regions_named(program)[name])


def _empty(config: Config) -> Memory:
    words = (len(Hemisphere), config.slices, BANKS, config.bank_words, config.superlanes)
    return Memory(np.zeros((*words, config.lanes), np.uint8), np.zeros(words, np.bool_))


def _fill_regions(program: Program, memory: Memory, name: str, rows: Bytes) -> None:
    parts = [region for region in regions_named(program)[name] if region.role != "output"]
    shape = (sum(region.rows for region in parts), program.config.vector)
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8 or rows.shape != shape:
        found = f"{rows.dtype}{list(rows.shape)}" if isinstance(rows, np.ndarray) else type(rows).__name__
        raise InputError(f"input {name!r} must be uint8{list(shape)} (rows, vector), not {found}")
    at = 0
    for region in parts:
        part = rows[at : at + region.rows]
        _fill(program.config, memory, region.hemisphere, region.mem_slice, region.address, part)
        at += region.rows


def _fill(config: Config, memory: Memory, side: Hemisphere, mem_slice: int, address: int, rows: Bytes) -> None:
    bank, offset = divmod(address, 1 << OFFSET_BITS)
    place = (side, mem_slice, bank, slice(offset, offset + len(rows)))
    memory.data[place] = rows.reshape(len(rows), config.superlanes, config.lanes)
    memory.defined[place] = True
