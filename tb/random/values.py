"""Data that finds faults: edge patterns of every type, maps of Gather and Permute, immediates."""

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config

#: Bit patterns of fp32 at which arithmetic turns: zeros, subnormals, normals at the borders, halves, ties at a unit in
#: the last place, the ends of int8 to int32, overflow of exp, infinities, quiet and signaling NaN.
F32_EDGES = (
    *(0x00000000, 0x00000001, 0x00000002, 0x00400000, 0x007FFFFF, 0x00800000, 0x00800001, 0x0B8AA3B0, 0x33000000),
    *(0x33800000, 0x34000000, 0x3EFFFFFF, 0x3F000000, 0x3F000001, 0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x3FC00000),
    *(0x40200000, 0x41100000, 0x42B17217, 0x42B17218, 0x42CFF1B5, 0x42FE0000, 0x42FF0000, 0x437F0000, 0x437F8000),
    *(0x46FFFE00, 0x47000000, 0x477FE000, 0x477FEFFF, 0x477FF000, 0x4B7FFFFF, 0x4B800001, 0x4EFFFFFF, 0x4F000000),
    *(0x4F7FFFFF, 0x4F800000, 0x5F000000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF),
)
#: The same for fp16.
F16_EDGES = (
    *(0x0000, 0x0001, 0x0002, 0x0200, 0x03FF, 0x0400, 0x0401, 0x1000, 0x1400, 0x37FF, 0x3800, 0x3801, 0x3BFF, 0x3C00),
    *(0x3C01, 0x3E00, 0x4100, 0x4880, 0x498B, 0x498C, 0x57F0, 0x57F8, 0x5BF8, 0x5BFC, 0x63FF, 0x6400, 0x6401, 0x77FF),
    *(0x7800, 0x7BFE, 0x7BFF, 0x7C00, 0x7C01, 0x7E00, 0x7FFF),
)
#: Integers at the borders of every width.
INTEGER_EDGES = (
    *(0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 0x7E, 0x7F, 0x80, 0x81, 0xFE, 0xFF, 0x100, 0x7FFF, 0x8000, 0x8001),
    *(0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, 0x1000001, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFF8000, 0xFFFFFF80),
    *(0xFFFFFF7F, 0xFFFFFFFE, 0xFFFFFFFF),
)


@dataclass(frozen=True)
class Tag:
    """What is known of the contents of a MEM word or of a stream word, where an instruction depends on it.

    Attributes
    ----------
    kind
        ``map``: addresses of Gather and Scatter; ``low``, ``high``: a half of the Permute map ``number``.
    banks, low, high
        Of addresses: the banks named, a bit each, and the range of offsets.
    number
        Which Permute map.
    lit
        Superlanes, from 0, in which this holds.
    """

    kind: str
    lit: int
    banks: int = 0
    low: int = 0
    high: int = 0
    number: int = 0

    def within(self, lit: int) -> "Tag | None":
        """What is left of the tag where only ``lit`` superlanes took part; None if nothing."""
        lit = min(self.lit, lit)
        return Tag(self.kind, lit, self.banks, self.low, self.high, self.number) if lit else None


def edge_rows(rng: np.random.Generator, count: int, vector: int) -> NDArray[np.uint8]:
    """Byte planes of ``count`` times ``vector`` 32-bit values, each row of one kind: uint8[count, 4, vector].

    Plane k is byte k: four slices that hold the planes make fp32, int32 or two fp16 operands on an aligned group.
    """
    shape = (count, vector)
    noise = rng.integers(0, 1 << 32, shape, dtype=np.uint32)
    sign = (noise >> np.uint32(31)) << np.uint32(31)
    f32 = rng.choice(np.array(F32_EDGES, np.uint32), shape) ^ sign
    near = f32 + rng.integers(-2, 3, shape).astype(np.uint32)
    half = [rng.choice(np.array(F16_EDGES, np.uint32), shape) | (noise >> np.uint32(n) & 1) << 15 for n in (0, 1)]
    f16 = half[0] | half[1] << np.uint32(16)
    moderate = rng.normal(0, 8, shape).astype(np.float32).view(np.uint32)
    moderate16 = rng.normal(0, 4, (count, vector, 2)).astype(np.float16).view(np.uint16).view(np.uint32)[..., 0]
    integers = rng.choice(np.array(INTEGER_EDGES, np.uint32), shape)
    small = rng.integers(-9, 10, shape).astype(np.uint32)
    bytes_ = rng.choice(np.array((0, 1, 0x7F, 0x80, 0xFF), np.uint8), (*shape, 4)).view(np.uint32)[..., 0]
    kinds = [
        noise,
        noise,
        f32,
        f32,
        near,
        f16,
        f16,
        moderate,
        moderate16,
        integers,
        small,
        bytes_,
        np.zeros_like(noise),
    ]
    chosen = np.choose(rng.integers(0, len(kinds), (count, 1)), kinds).astype("<u4")
    return np.ascontiguousarray(np.moveaxis(chosen.view(np.uint8).reshape(count, vector, 4), 2, 1))


def immediate(rng: Random) -> int:
    """32 bits for an immediate, of any type."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.getrandbits(32)
    if kind == 1:
        return rng.choice(F32_EDGES) | rng.getrandbits(1) << 31
    if kind == 2:
        return rng.choice(F16_EDGES) | rng.getrandbits(1) << 15 | rng.getrandbits(16) << 16
    if kind == 3:
        return rng.randrange(-9, 34) & 0xFFFFFFFF
    return rng.choice(INTEGER_EDGES)


def address_map(rng: Random, config: Config, low: int, high: int) -> tuple[bytes, Tag]:
    """A map of Gather and Scatter with addresses of offsets ``low`` to ``high``, and its tag."""
    # Mostly one bank, so that a word can gather and scatter at once.
    banks = 1 << rng.randrange(BANKS) if rng.random() < 0.7 else (1 << BANKS) - 1
    first = rng.randint(low, high)
    last = rng.randint(first, high)
    data = bytearray(rng.randbytes(config.vector))
    for superlane in range(config.superlanes):
        bank = rng.choice([b for b in range(BANKS) if banks >> b & 1])
        address = bank << OFFSET_BITS | rng.randint(first, last)
        data[superlane * config.lanes : superlane * config.lanes + 2] = address.to_bytes(2, "little")
    return bytes(data), Tag("map", config.superlanes, banks, first, last)


def permute_map(rng: Random, config: Config, number: int) -> tuple[tuple[bytes, Tag], tuple[bytes, Tag]]:
    """Low and high bytes of a Permute map, composed of a random bijection for each stage, and their tags."""
    S, L = config.superlanes, config.lanes
    inner = [rng.sample(range(L), L) for _ in range(S)]
    middle = [rng.sample(range(S), S) for _ in range(L)]
    outer = [rng.sample(range(L), L) for _ in range(S)]
    entries = [inner[k][x] | middle[x][k] << 4 | outer[k][x] << 9 for k in range(S) for x in range(L)]
    low, high = bytes(e & 0xFF for e in entries), bytes(e >> 8 for e in entries)
    return (low, Tag("low", S, number=number)), (high, Tag("high", S, number=number))
