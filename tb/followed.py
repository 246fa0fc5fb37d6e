"""Words of an array that golden model and hardware both change, compared where and when one of them does."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.step.store import Change
from tb.frames import Write

#: Where a word is: the place, and the superlane last.
Key = tuple[int, ...]
#: Changes that are remembered for messages.
_REMEMBERED = 400


@dataclass(frozen=True)
class WordDifference:
    """A defined word that the hardware does not hold: ``seen`` is None if it never stored there."""

    cycle: int
    key: Key
    golden: NDArray[Any]
    seen: NDArray[Any] | None


class Followed:
    """One array, [..., S, lanes].

    Parameters
    ----------
    words, defined
        As the golden model has them at the start. Defined words are taken to be in the hardware, too.
    """

    def __init__(self, words: NDArray[Any], defined: NDArray[np.bool_]) -> None:
        self._initial, self._initial_defined = words, defined
        self._golden: dict[Key, tuple[NDArray[Any], bool]] = {}
        self._hardware: dict[Key, NDArray[Any]] = {}
        self._coming: list[tuple[int, Key, NDArray[Any], bool]] = []
        self._past: deque[tuple[int, str, Key, NDArray[Any]]] = deque(maxlen=_REMEMBERED)

    def announce(self, change: Change) -> None:
        """The golden model changes a word; each superlane shows it at its own time."""
        for k in np.flatnonzero(change.superlanes).tolist():
            self._coming.append((change.shown + k, (*change.place, k), change.data[k], bool(change.defined[k])))

    def differences(self, writes: Sequence[Write], until: int) -> list[WordDifference]:
        """Compare the words that change in cycles up to ``until``; the differences of the first cycle that has any."""
        golden = sorted((c for c in self._coming if c[0] <= until), key=lambda c: c[0])
        self._coming = [c for c in self._coming if c[0] > until]
        events: dict[int, list[Key]] = {}
        steps: dict[int, list[tuple[int, Key, NDArray[Any], bool]]] = {}
        stored: dict[int, list[Write]] = {}
        for change in golden:
            events.setdefault(change[0], []).append(change[1])
            steps.setdefault(change[0], []).append(change)
        for write in writes:
            events.setdefault(write.shown, []).append((*write.place, write.superlane))
            stored.setdefault(write.shown, []).append(write)
        for cycle in sorted(events):
            for _, key, data, defined in steps.get(cycle, ()):
                self._golden[key] = data, defined
                self._past.append((cycle, "golden", key, data))
            for write in stored.get(cycle, ()):
                key = (*write.place, write.superlane)
                self._hardware[key] = write.data
                self._past.append((cycle, "hardware", key, write.data))
            found = [d for key in dict.fromkeys(events[cycle]) for d in self._judge(cycle, key)]
            if found:
                return found
        return []

    def _judge(self, cycle: int, key: Key) -> Iterator[WordDifference]:
        golden, defined = self._golden.get(key) or (self._initial[key], bool(self._initial_defined[key]))
        seen = self._hardware.get(key)
        if seen is None and self._initial_defined[key]:
            seen = self._initial[key]
        if defined and (seen is None or not np.array_equal(golden, seen)):
            yield WordDifference(cycle, key, golden, seen)

    def recent(self, key: Key, count: int) -> list[str]:
        """Lines: the last changes of the array's part (slice or plane) in that superlane, by either side."""
        found = [p for p in self._past if p[2][:2] == key[:2] and p[2][-1] == key[-1]][-count:]
        return [
            f"cycle {cycle}: {who} {':'.join(map(str, k[2:-1]))} = {data.tolist()}" for cycle, who, k, data in found
        ]
