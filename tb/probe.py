"""Variables of the model that runs in this process: read at their place in memory, a whole cycle in one call.

A simulator's own interface takes microseconds for every signal, and a chip has thousands of them to compare. The other
half is ``probe.cpp``, which ``tb.verilator`` builds into a model.
"""

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb.frames import Name


class ProbeError(ValueError):
    """A variable that the model does not show."""


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    if not hasattr(library, "superlane_find"):
        raise ProbeError("the model must be built with probe=True to be read at once")
    return library


class Variable:
    """One variable.

    Attributes
    ----------
    address
        Where it lies, in this process.
    size
        Bytes: 1, 2, 4, 8 or a multiple of 4; of a memory those of all rows.
    """

    def __init__(self, name: Name) -> None:
        find, size = _library().superlane_find, ctypes.c_long()
        find.restype = ctypes.c_void_p
        address = find(name[0].encode(), name[1].encode(), ctypes.byref(size))
        if not address:
            raise ProbeError(f"{'.'.join(name)} must be public in the model, and is not")
        self.address, self.size = int(address), size.value

    def rows(self, depth: int) -> NDArray[np.uint8]:
        """A memory's own bytes, to be read and written between two evaluations: uint8[depth, bytes of a row]."""
        raw = (ctypes.c_uint8 * self.size).from_address(self.address)
        return np.frombuffer(raw, np.uint8).reshape(depth, -1)


class Gatherer:
    """Copies variables into an array, one behind the other."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        count = len(variables)
        self.size = sum(variable.size for variable in variables)
        self._from = (ctypes.c_void_p * count)(*(variable.address for variable in variables))
        self._sizes = (ctypes.c_long * count)(*(variable.size for variable in variables))
        self._count = ctypes.c_long(count)
        self._gather = ctypes.CDLL(None).superlane_gather
        self._gather.restype = None

    def read(self, to: NDArray[np.uint8]) -> None:
        """Fill ``to``, uint8[size], with what the variables hold now."""
        if to.shape != (self.size,) or to.dtype != np.uint8 or not to.flags.c_contiguous:
            raise ValueError(f"to must be {self.size} contiguous bytes, not {to.dtype}{list(to.shape)}")
        self._gather(self._from, self._sizes, self._count, ctypes.c_void_p(to.ctypes.data))


class Between:
    """Words that stand between the instances of a part, in a composed model (``tb.parts.place`` tells where).

    Parameters
    ----------
    places
        Words to look at.
    """

    def __init__(self, places: Sequence[int]) -> None:
        library = _library()
        library.part_state.restype = ctypes.c_void_p
        address = int(library.part_state())
        self._places = np.array(places, np.int64)
        raw = (ctypes.c_uint32 * (int(self._places.max()) + 1)).from_address(address)
        self._words = np.frombuffer(raw, np.uint32)

    def look(self) -> NDArray[np.uint32]:
        """What they are behind the last rising edge: uint32[places]."""
        return self._words[self._places]
