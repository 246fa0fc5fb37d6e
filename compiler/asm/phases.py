"""When parked queues are released, and how many superlanes are lit from when on: known from the schedule alone."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arch.config import Config
from arch.timing import timing
from compiler.asm.schedule import Item


@dataclass(frozen=True)
class Phases:
    """What Notify and Config do to the whole chip.

    Attributes
    ----------
    releases
        Cycles in which released queues issue first, ascending: Notify + B each.
    configs
        Cycle and queue index of each Config, ascending.
    lit
        From which cycle on how many superlanes are lit, ascending, from cycle 0 on.
    """

    releases: tuple[int, ...]
    configs: tuple[tuple[int, int], ...]
    lit: tuple[tuple[int, int], ...]

    def release_after(self, sync: int) -> int | None:
        """Cycle in which a queue issues again whose Sync issued at ``sync``; None if nobody releases it."""
        at = bisect_right(self.releases, sync)
        return self.releases[at] if at < len(self.releases) else None

    def lit_at(self, cycle: int) -> int:
        """Superlanes by whose setting an instruction of this cycle acts."""
        return self.lit[bisect_right(self.lit, cycle, key=lambda entry: entry[0]) - 1][1]

    def parked_needed(self, queue: int, first: int, last: int) -> bool:
        """Whether a queue must be parked in a cycle from ``first`` to ``last``, because another one configures."""
        return any(first <= cycle <= last and by != queue for cycle, by in self.configs)


def phases(config: Config, queues: Mapping[int, Iterable[Item]]) -> Phases:
    """Phases of the items of all queues by index."""
    releases: set[int] = set()
    configs: list[tuple[int, int]] = []
    settings: dict[int, int] = {}
    for queue, items in queues.items():
        for item in items:
            name = item.word[0].mnemonic
            if name == "Notify":
                releases.add(item.cycle + timing(config).barrier)
            elif name == "Config":
                configs.append((item.cycle, queue))
                settings[item.cycle] = item.word[0]["n"]
    ordered = tuple(sorted(releases))
    lit = [(0, config.superlanes)]
    for cycle, count in sorted(settings.items()):
        at = bisect_right(ordered, cycle)
        if at < len(ordered):
            lit.append((ordered[at], count))  # of two for one release the later Config wins: bisect finds the last
    return Phases(ordered, tuple(sorted(configs)), tuple(lit))
