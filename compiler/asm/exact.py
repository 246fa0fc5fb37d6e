"""The cycle in which a queue takes each of its words, as far as the words alone tell."""

from arch.isa.table import decode, is_icu
from arch.queues import Unit


class Clock:
    """Walks through a queue's words.

    Parameters
    ----------
    unit
        What the queue feeds.

    Attributes
    ----------
    now
        Cycle of the next word; None behind a Sync, whose release other queues decide.
    """

    def __init__(self, unit: Unit) -> None:
        self.now: int | None = 0
        self._unit = unit
        self._repeatable = False

    def take(self, value: int) -> None:
        """Go on by a word. What the table does not know counts as NOP 1, and so does a Repeat out of place."""
        word = decode(value, self._unit)
        name = "" if word is None else word[0].mnemonic
        length = 1
        if word is not None and name == "NOP":
            length = word[0]["n"]
        elif word is not None and name == "Repeat" and self._repeatable:
            length = word[0]["n"] * word[0]["d"]
        unit_word = word is not None and not is_icu(word)
        self._repeatable = unit_word or (name == "Repeat" and self._repeatable)
        if name == "Sync":
            self.now = None
        elif self.now is not None:
            self.now += length

    def resume(self, cycle: int) -> None:
        """Set the cycle of the next word."""
        self.now = cycle
