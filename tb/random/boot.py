"""What memory holds at boot: edge patterns, maps at random places, rooms for text."""

from random import Random

import numpy as np

from arch import text
from arch.config import BANKS, GROUP_SLICES, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from tb.random.machine import Machine
from tb.random.schedule import Place
from tb.random.values import address_map, edge_rows, permute_map

#: Offsets that every bank defines, at the most.
_COMMON = 24
#: Maps of each kind.
_ADDRESS_MAPS, _PERMUTE_MAPS = 12, 6


def common_range(rng: Random, config: Config) -> tuple[int, int]:
    """Lowest and highest offset of the words that every bank defines."""
    size = min(_COMMON, config.bank_words // 2)
    start = rng.choice((0, config.bank_words - size, rng.randrange(config.bank_words - size + 1)))
    return start, start + size - 1


def fill(rng: Random, machine: Machine, common: tuple[int, int]) -> dict[Place, bytes]:
    """Contents of memory, apart from text; the machine is told what is defined and what is known of it."""
    config = machine.config
    source = np.random.default_rng(rng.getrandbits(64))
    memory: dict[Place, bytes] = {}
    for side in Hemisphere:
        for group in range(config.groups):
            for bank in range(BANKS):
                offsets = [*range(common[0], common[1] + 1), *_further(rng, config, common)]
                planes = edge_rows(source, len(offsets), config.vector)
                for n, offset in enumerate(offsets):
                    for k in range(GROUP_SLICES):
                        where = (side, group * GROUP_SLICES + k, bank << OFFSET_BITS | offset)
                        memory[where] = planes[n, k].tobytes()
    _maps(rng, machine, common, memory)
    for side, mem_slice, address in memory:
        define(machine, (side, mem_slice, address))
    return memory


def define(machine: Machine, where: Place) -> None:
    """Note that a word is defined in all superlanes."""
    bank, offset = where[2] >> OFFSET_BITS, where[2] % (1 << OFFSET_BITS)
    machine.memory[where[:2]][bank][offset] = machine.config.superlanes


def _further(rng: Random, config: Config, common: tuple[int, int]) -> list[int]:
    """A few more offsets, among them the last of the bank, so that strides run into undefined words and the end."""
    start = rng.randrange(config.bank_words)
    some = {config.bank_words - 1, 0, *range(start, min(start + rng.randrange(12), config.bank_words))}
    return sorted(some - set(range(common[0], common[1] + 1)))


def _maps(rng: Random, machine: Machine, common: tuple[int, int], memory: dict[Place, bytes]) -> None:
    config = machine.config
    places = sorted(where for where in memory if common[0] <= where[2] % (1 << OFFSET_BITS) <= common[1])
    rows = [address_map(rng, config, *common) for _ in range(_ADDRESS_MAPS)]
    for number in range(_PERMUTE_MAPS):
        rows += permute_map(rng, config, number)
    copies = 2 + config.slices // 8
    chosen = rng.sample(places, min(len(rows) * copies, len(places) // 2))
    for where, (data, tag) in zip(chosen, rows * copies, strict=False):
        memory[where], machine.contents[where] = data, tag


def rooms(rng: Random, machine: Machine, common: tuple[int, int], memory: dict[Place, bytes], wanted: int):
    """Places for blocks of text: pairs of consecutive words in two slices, never written by the program."""
    config = machine.config
    size = -(-text.vectors(config) // 2)
    found: list[tuple[Place, ...]] = []
    for _ in range(20 * wanted):
        if len(found) == wanted:
            break
        sides = [rng.choice(list(Hemisphere))] * 2 if rng.random() < 0.7 else list(Hemisphere)
        slices = rng.sample(range(config.slices), 2)
        halves = []
        for side, mem_slice in zip(sides, slices, strict=True):
            start = rng.randrange(max(1, config.bank_words - size + 1))
            halves.append((side, mem_slice, rng.randrange(BANKS) << OFFSET_BITS | start))
        words = [(side, n, a + k) for side, n, a in halves for k in range(size)]
        apart = all(w[2] % (1 << OFFSET_BITS) not in range(common[0], common[1] + 1) for w in words)
        fits = size <= config.bank_words and not machine.protected.intersection(words)
        if apart and fits:
            found.append(tuple(halves))
            machine.protected.update(words)
            for where in words:
                memory[where] = rng.randbytes(config.vector)
                define(machine, where)
    return found
