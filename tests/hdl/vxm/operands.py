"""Operands that find mistakes: corners of every type and their neighbors, and seeded random ones near them."""

import numpy as np
from numpy.typing import NDArray

from arch.transcendental import F16, F32, FloatFormat
from arch.types import Type
from tests.hdl.vxm.expected import Instruction

Bits = NDArray[np.uint32]
_FORMATS = {Type.F16: F16, Type.F32: F32}


def corners(kind: Type) -> list[int]:
    """Bits of the values at which something changes."""
    if kind.floating:
        return _float_corners(_FORMATS[kind])
    top, mask = 1 << (kind.bits - 1), (1 << kind.bits) - 1
    values = [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 85, 100, top - 2, top - 1, top, top + 1, mask - 1, mask]
    values += [1 << n for n in range(kind.bits)] + [(1 << n) - 1 for n in range(kind.bits)]
    # Ties of a rounding to fp16 and fp32.
    values += [(1 << n) + (1 << max(n - drop, 0)) for n in range(kind.bits) for drop in (11, 12, 23, 24, 25)]
    return sorted({v & mask for v in values})


def _float_corners(fmt: FloatFormat) -> list[int]:
    one, least = fmt.one, 1 << fmt.fraction_bits
    magnitudes = [0, 1, 2, 3, least // 2, least - 1, least, least + 1, 2 * least - 1, 2 * least, 3 * least]
    magnitudes += [one - 1, one, one + 1, one + least // 2, one + least - 1, one + least, one + 3 * least // 2]
    magnitudes += [fmt.inf - least, fmt.inf - 2, fmt.inf - 1, fmt.inf, fmt.inf + 1, fmt.nan, fmt.nan + 1, fmt.sign - 1]
    # Halves and neighbors of integers' limits, for roundings to integers.
    for power in (7, 8, 15, 16, 31, 32, 33):
        if power <= fmt.bias:
            at = one + power * least
            magnitudes += [at - 2, at - 1, at, at + 1, at + 2]
    for value in (0.5, 1.5, 2.5, 3.5, 127.5, 128.5, 255.5, 254.5, 100.5, 3.25, 10.0, 9.5, 88.72, 103.9, 11.09, 17.3):
        kind = np.float16 if fmt is F16 else np.float32
        magnitudes.append(int(np.asarray(value, kind).view(np.uint16 if fmt is F16 else np.uint32)))
    return sorted({m | s for m in magnitudes for s in (0, fmt.sign)})


def near(rng: np.random.Generator, kind: Type, count: int) -> Bits:
    """Random bits, half of them anywhere, half close to a corner; rubbish above the type."""
    anywhere = rng.integers(0, 1 << 32, count, dtype=np.uint32)
    close = rng.choice(np.array(corners(kind), dtype=np.uint32), count) + rng.integers(-2, 3, count).astype(np.uint32)
    rubbish = rng.integers(0, 1 << 32, count, dtype=np.uint32) & ~np.uint32((1 << kind.bits) - 1)
    picked = np.where(rng.integers(0, 2, count), anywhere, close) & np.uint32((1 << kind.bits) - 1)
    return (picked | rubbish).astype(np.uint32)


def pairs(rng: np.random.Generator, kind: Type, count: int) -> tuple[Bits, Bits]:
    """Two operands: random corners against each other, then random ones; of floats some that nearly cancel."""
    edge = np.array(corners(kind), dtype=np.uint32)
    a = np.concatenate([rng.choice(edge, count // 2), near(rng, kind, count - count // 2)])
    b = np.concatenate([rng.choice(edge, count // 2), near(rng, kind, count - count // 2)])
    if kind.floating:
        fmt = _FORMATS[kind]
        # Exponents at most 25 apart, of either sign: alignment, cancellation, ties.
        every = slice(count // 2, None, 2)
        apart = rng.integers(-25, 26, b[every].shape) << fmt.fraction_bits
        noise = rng.integers(-4, 5, b[every].shape)
        b[every] = (a[every].astype(np.int64) + apart + noise).astype(np.uint32) ^ (
            rng.integers(0, 2, b[every].shape).astype(np.uint32) * np.uint32(fmt.sign)
        )
    return a, b


def operands(rng: np.random.Generator, instruction: Instruction, count: int) -> tuple[Bits, Bits, Bits]:
    """Operands that suit an instruction, as three arrays."""
    a, b = pairs(rng, instruction.type, count)
    name = instruction.name
    if name == "Cast":
        a = np.resize(rng.permutation(np.array(corners(instruction.type), dtype=np.uint32)), count)
        a[count // 2 :] = near(rng, instruction.type, count - count // 2)
        b = near(rng, Type.I32, count) * (rng.integers(0, 2, count).astype(np.uint32))
        b *= np.uint32(not (instruction.to and instruction.to.floating))
    elif name in ("Shl", "Shr"):
        b[::2] = rng.integers(0, 2 * instruction.type.bits, b[::2].shape)
    elif name in ("Mask", "Select"):
        b[::2] &= np.uint32(0xFFFFFF00)
    elif name in ("Exp", "Tanh", "RSqrt") and instruction.type is Type.F32:
        a[1::2] = (
            (rng.uniform(-110, 110, a[1::2].shape) * rng.uniform(0, 1, a[1::2].shape) ** 4)
            .astype(np.float32)
            .view(np.uint32)
        )
        a[1::2] &= np.uint32(0x7FFFFFFF if name == "RSqrt" else 0xFFFFFFFF)
    c = rng.integers(0, 2, count).astype(np.uint32) * rng.integers(1, 256, count).astype(np.uint32)
    return a, b, c
