"""How instruction text lies in memory and reaches a queue: the layout and timing of an Ifetch block.

An instruction is ``16/lanes`` consecutive words of one superlane; a block of 40 instructions is ``ceil(40/superlanes)``
rows of ``16/lanes`` vectors (our decision). Each slice has a bus down to its queue which moves one superlane per
cycle, so the word of superlane k that is sampled for local cycle t reaches the queue at t + 2k. Vectors are therefore
sampled in pairs, the second a cycle behind the first, and pairs 2S cycles apart: then no two words meet on the bus, in
any configuration, and at 16 lanes one instruction arrives per cycle. Instructions are numbered in the order in which
their last words arrive.
"""

from dataclasses import dataclass
from functools import cache

from arch.config import FETCH_WORDS, Config


@dataclass(frozen=True)
class TextWord:
    """Place of one instruction of a block.

    Attributes
    ----------
    row
        Row of the block, ``row_words`` vectors each.
    superlane
        Superlane that holds it.
    ready
        Earliest issue, cycles after the Ifetch.
    """

    row: int
    superlane: int
    ready: int


def rows(config: Config) -> int:
    """Rows of a block."""
    return -(-FETCH_WORDS // config.superlanes)


def vectors(config: Config) -> int:
    """Vectors of a block, row by row: the part p of row r is vector ``r * row_words + p``."""
    return rows(config) * config.row_words


def sample_offset(config: Config, vector: int) -> int:
    """Cycles from the Ifetch to the sampling of a block's vector, at its own superlane's time."""
    return vector // 2 * 2 * config.superlanes + vector % 2


def span(config: Config) -> int:
    """Cycles from an Ifetch to the next one of the same queue, at the least: then their words do not meet."""
    return -(-vectors(config) // 2) * 2 * config.superlanes


@cache
def block(config: Config, lit: int | None = None) -> tuple[TextWord, ...]:
    """The block's instructions in the order of the queue, at most 40.

    Parameters
    ----------
    config
        The machine.
    lit
        Superlanes that are powered, all by default: dark ones hold no text.
    """
    words = []
    for row in range(rows(config)):
        last = sample_offset(config, row * config.row_words + config.row_words - 1)
        for superlane in range(config.superlanes if lit is None else lit):
            words.append(TextWord(row, superlane, last + 2 * superlane + config.stages.fetch))
    return tuple(sorted(words, key=lambda w: w.ready)[:FETCH_WORDS])
