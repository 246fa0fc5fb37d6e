"""Arrays whose words change at known local times, shown with the stagger."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from golden.step.words import Flags

__all__ = ["Change", "Store"]


@dataclass(frozen=True)
class Change:
    """A word that changes.

    Attributes
    ----------
    shown
        Local time from which on the change is to be seen.
    place
        Index into the leading axes.
    superlanes : bool[S]
        Where it changes.
    data, defined : [S, L], bool[S]
        The word: as it was, where the change may have to be undone, and as it becomes, where it is announced.
    """

    shown: int
    place: tuple[int, ...]
    superlanes: Flags
    data: NDArray[Any]
    defined: Flags


class Store:
    """Words [..., S, L] with their definedness [..., S].

    Superlane k of real cycle t is at local time t - k: the changes of the last S cycles are kept and undone, for the
    superlanes that have not come to them yet, in what is shown.

    Attributes
    ----------
    watcher
        Told of every change, if there is one: comparing changes costs less than comparing whole memories.
    """

    def __init__(self, data: NDArray[Any], defined: Flags) -> None:
        self.data = data
        self.defined = defined
        self.watcher: Callable[[Change], None] | None = None
        self._changes: deque[Change] = deque()

    def put(self, place: tuple[int, ...], superlanes: Flags, data: NDArray[Any], defined: Flags, shown: int) -> None:
        """Replace the word at a place in the chosen superlanes.

        Parameters
        ----------
        place
            Index into the leading axes.
        superlanes : bool[S]
        data : [S, L]
        defined : bool[S]
        shown
            Local time from which on the change is to be seen; never lower than in an earlier call.
        """
        if self.watcher is not None:
            self.watcher(Change(shown, place, superlanes.copy(), data.copy(), defined.copy()))
        self._changes.append(Change(shown, place, superlanes, self.data[place].copy(), self.defined[place].copy()))
        self.data[place][superlanes] = data[superlanes]
        self.defined[place][superlanes] = defined[superlanes]

    def shown(self, cycle: int) -> tuple[NDArray[Any], Flags]:
        """Copies of both arrays as the superlanes have them in a real cycle."""
        data, defined = self.data.copy(), self.defined.copy()
        for change in reversed(self._changes):
            for superlane in range(data.shape[-2]):
                if change.shown > cycle - superlane:
                    data[change.place][superlane] = change.data[superlane]
                    defined[change.place][superlane] = change.defined[superlane]
        return data, defined

    def final(self, cycle: int) -> tuple[NDArray[Any], Flags]:
        """As :meth:`shown`, but the arrays themselves where nothing is to be undone: memory of full size is large."""
        self.forget(cycle)
        return self.shown(cycle) if self._changes else (self.data, self.defined)

    def forget(self, cycle: int) -> None:
        """Drop what every superlane has come to in a real cycle."""
        while self._changes and self._changes[0].shown <= cycle - self.data.shape[-2] + 1:
            self._changes.popleft()
