"""What the MXM is put through: sections that add instructions to a run from a time on, and know what is to come out."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.isa.mxm import FORMS
from arch.timing import timing
from golden.numerics import floats
from golden.units import mxm
from tests.hdl.mxm import exact
from tests.hdl.mxm.run import Run

#: Forms of int8.
INTEGER_FORMS = tuple(form for form in FORMS if form != "f16")


@dataclass
class Wanted:
    """What a section is to emit, by plane and time of the ACC: uint32[vector]; and when it is over."""

    end: int
    results: dict[tuple[int, int], NDArray[np.uint32]] = field(default_factory=dict)


Section = Callable[[Run, int, random.Random], Wanted]


def low(bits: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Low bytes: what the even plane holds."""
    return (bits & 0xFF).astype(np.uint8)


def high(bits: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """High bytes: what the odd plane holds."""
    return (bits >> 8).astype(np.uint8)


def inner(config: Config, half: int) -> NDArray[np.int64]:
    """Elements of a vector that are K of an f16 ABC."""
    lanes = np.arange(config.vector).reshape(config.superlanes, 2, config.lanes // 2)
    return lanes[:, half].reshape(-1)


def spread(config: Config, rng: random.Random, bits: NDArray[np.uint16], half: int) -> NDArray[np.uint16]:
    """``bits`` [K, ...] in their half of the lanes, anything in the other half."""
    noise = np.random.default_rng(rng.getrandbits(32)).integers(0, 1 << 16, (config.vector, *bits.shape[1:]), np.uint16)
    noise[inner(config, half)] = bits
    return noise


def products(
    config: Config, form: str, act: NDArray[np.uint16], planes: list[NDArray[np.uint8]], half: int = 0, lit: int = 0
) -> NDArray[np.uint32]:
    """Sums [vector], by Python's integers, which the golden model is to give too."""
    lit = lit or config.superlanes
    if form == "f16":
        chosen = inner(config, half)[: lit * config.lanes // 2]
        weights = planes[0].astype(np.int64) | planes[1].astype(np.int64) << 8
        sums = [exact.dot(act[chosen].tolist(), weights[chosen, n].tolist()) for n in range(config.vector)]
        acts, used = np.stack([low(act), high(act)]), tuple(planes)
    else:
        rows = lit * config.lanes
        a = low(act).view(np.int8 if form[0] == "i" else np.uint8)[:rows].astype(np.int64)
        w = planes[0].view(np.int8 if form[2] == "i" else np.uint8)[:rows].astype(np.int64)
        sums, acts, used = [int(n) & 0xFFFFFFFF for n in a @ w], low(act)[None], (planes[0],)
    wanted = np.array(sums, np.uint32)
    shaped = acts.reshape(-1, 1, config.superlanes, config.lanes)
    golden = mxm.dot(config, FORMS.index(form), half, shaped, used, lit=lit)
    assert np.array_equal(golden.reshape(-1), wanted)
    return wanted


def _load(run: Run, start: int, planes: list[NDArray[np.uint8]]) -> int:
    """Load and install a pair's matrices; give the time of the first ABC."""
    time = start
    for plane, matrix in enumerate(planes):
        time = run.load(time, plane, matrix)
    for plane in range(len(planes)):
        run.install(time, plane)
    return time + 1


def all_forms(run: Run, start: int, rng: random.Random) -> Wanted:
    """Every form of int8 on both planes at once, at full rate, extreme bytes among them."""
    config, noise = run.config, np.random.default_rng(rng.getrandbits(32))
    count = 1 + config.mxm_fp16
    planes = [noise.choice(np.array([0, 1, 127, 128, 255, 77], np.uint8), (config.vector,) * 2) for _ in range(count)]
    time = _load(run, start, planes)
    wanted = Wanted(time)
    for n in range(2 * len(INTEGER_FORMS)):
        for plane, matrix in enumerate(planes):
            form = INTEGER_FORMS[(n + plane) % len(INTEGER_FORMS)]
            act = noise.integers(0, 256, config.vector).astype(np.uint16) if n else np.full(config.vector, 128, "u2")
            at = run.multiply(time + n, plane, form, act)
            wanted.results[plane, at] = products(config, form, act, [matrix])
        wanted.end = time + n + 1
    return wanted


def double_buffered(run: Run, start: int, rng: random.Random) -> Wanted:
    """One matrix is loaded while another multiplies, and installed in the cycle of the last ABC that wants the old one;
    then one is installed from streams, column by column, likewise."""
    config, noise = run.config, np.random.default_rng(rng.getrandbits(32))
    S, planes = config.superlanes, range(1 + config.mxm_fp16)
    old, new, last = (noise.integers(0, 256, (len(planes), config.vector, config.vector)).astype("u1") for _ in "abc")
    time = _load(run, start, list(old))
    wanted = Wanted(time)
    # Loading takes the streams of one plane at a time.
    swap = time + len(planes) * S + 1
    matrices = {}
    for plane in planes:
        for column in range(S):
            run.column(time + plane * S + column, plane, column, new[plane])
        run.install(swap, plane)
        for column in range(S):
            run.column(swap + 1 + plane * S + column, plane, column, last[plane], direct=True)
        matrices |= {(plane, n): (old if n <= swap else new)[plane] for n in range(time, swap + 3)}
    for n in range(time, swap + 3):
        for plane in planes:
            if plane == 0 and n > swap + 1:
                continue  # part of the array has changed
            act = noise.integers(0, 256, config.vector).astype(np.uint16)
            at = run.multiply(n, plane, "u8i8", act)
            wanted.results[plane, at] = products(config, "u8i8", act, [matrices[plane, n]])
    wanted.end = swap + 1 + len(planes) * S
    for plane in planes:
        act = noise.integers(0, 256, config.vector).astype(np.uint16)
        at = run.multiply(wanted.end, plane, "i8i8", act)
        wanted.results[plane, at] = products(config, "i8i8", act, [last[plane]])
    wanted.end += 1
    return wanted


def hard_sums(run: Run, start: int, rng: random.Random, batches: int = 3) -> Wanted:
    """Random f16 matrices with both halves in turn, int8 on either plane in between, no cycle left out."""
    config, wanted = run.config, Wanted(start)
    for _ in range(batches):
        halves = [exact.hard_pair(rng, config.vector // 2, config.vector) for _ in range(2)]
        matrix, acts = np.zeros((config.vector,) * 2, np.uint16), []
        for half, (act, weights) in enumerate(halves):
            matrix[inner(config, half)] = weights
            acts.append(spread(config, rng, act, half))
        planes = [low(matrix), high(matrix)]
        time = _load(run, wanted.end, planes)
        for n, half in enumerate((0, 1, None, 1, 0, None)):
            if half is not None:
                act = acts[half]
                at = run.multiply(time + n, 0, "f16", act, half=half)
                wanted.results[0, at] = products(config, "f16", act, planes, half)
                continue
            for plane in range(2):
                at = run.multiply(time + n, plane, "i8u8", acts[0] & 0xFF)
                wanted.results[plane, at] = products(config, "i8u8", acts[0] & 0xFF, [planes[plane]])
        wanted.end = time + 6
    return wanted


def directed(run: Run, start: int, rng: random.Random) -> Wanted:
    """Ties, cancellation, extremes, infinities, NaN: other weights for each vector, installed from streams."""
    config, wanted = run.config, Wanted(start)
    # With fewer lanes both planes' weights fit on the streams at once: new weights in each cycle, no bubble.
    together = 2 * config.lanes + 4 <= config.streams
    size = config.lanes
    for n, (a, w) in enumerate(exact.cases(rng, config.vector // 2)):
        half, time = n & 1, start + (n if together else 2 * n)
        bits = np.zeros((len(a), config.vector), np.uint16)
        bits[:, :size] = np.array(w, np.uint16)[:, None]
        bits[:, 1:size] ^= np.array([rng.choice([0, 1, 0x8000]) for _ in range(len(a) * (size - 1))], "u2").reshape(
            len(a), -1
        )
        matrix, act = spread(config, rng, bits, half), spread(config, rng, np.array(a, np.uint16), half)
        run.column(time, 0, 0, low(matrix), direct=True)
        second = time if together else time + 1
        run.column(second, 1, 0, high(matrix), direct=True, first=size if together else 0)
        at = run.multiply(second + 1, 0, "f16", act, half=half)
        wanted.results[0, at] = products(config, "f16", act, [low(matrix), high(matrix)], half)[:size]
        wanted.end = second + 2
    return wanted


def accumulation(run: Run, start: int, rng: random.Random) -> Wanted:
    """fp32 and int32 rows, added to as soon as the timing table allows, and overflow to infinity."""
    config, t = run.config, timing(run.config)
    act, weights = exact.hard_pair(rng, config.vector // 2, config.vector)
    act = spread(config, rng, act, 0)
    matrix = spread(config, rng, weights, 0)
    planes = [low(matrix), high(matrix)]
    time = _load(run, start, planes)
    wanted, rows = Wanted(time), {}
    sums = products(config, "f16", act, planes)
    passes, count = 4, min(t.acc_row, config.acc_rows)
    for turn in range(passes):
        for row in range(count):
            # Signs and sizes differ from pass to pass: rows cancel, or keep what others lose.
            other = act ^ np.uint16(0x8000 * rng.randrange(2)) if row % 2 else spread(config, rng, weights[:, turn], 0)
            value = products(config, "f16", other, planes)
            at = run.multiply(time + turn * t.acc_row + row, 0, "f16", other, emit=False)
            run.accumulate(at, 0, "f32", "add" if turn else "write", row=row, keep=True)
            rows[row] = floats.add(rows[row], value, "f32") if turn else value
            wanted.results[0, at] = rows[row]
    last = time + passes * t.acc_row + t.abc
    # Raw rows come back as they are, of either type, and int32 adds to them; both planes have rows of their own.
    run.accumulate(last, 0, "f32", "read", row=0)
    run.accumulate(last + 1, 0, "i32", "read", row=0)
    at = run.multiply(last + 2 - t.abc, 0, "u8u8", act & 0xFF, emit=False)
    run.accumulate(at, 0, "i32", "add", row=0, keep=True)
    at = run.multiply(last + 2 - t.abc, 1, "u8u8", act & 0xFF, emit=False)
    run.accumulate(at, 1, "i32", "write", row=0, keep=True)
    run.accumulate(last + 2 + t.acc_row, 0, "f32", "read", row=0)
    run.accumulate(last + 2 + t.acc_row, 1, "i32", "read", row=0)
    whole = [products(config, "u8u8", act & 0xFF, [matrix]) for matrix in planes]
    wanted.results |= {(0, last): rows[0], (0, last + 1): rows[0], (0, last + 2): rows[0] + whole[0]}
    wanted.results |= {(1, last + 2): whole[1], (0, last + 2 + t.acc_row): rows[0] + whole[0]}
    wanted.results[1, last + 2 + t.acc_row] = whole[1]
    assert len(sums) == config.vector
    wanted.end = last + 3 + t.acc_row
    return wanted


def dark(run: Run, start: int, rng: random.Random) -> Wanted:
    """Dark superlanes hold infinite weights, and add nothing; they emit zeros."""
    config, wanted = run.config, Wanted(start)
    act, weights = exact.hard_pair(rng, config.vector // 2, config.vector)
    lit = max(1, config.superlanes - 1)
    weights[lit * config.lanes // 2 :] = exact.INF
    act[lit * config.lanes // 2 :] = exact.ONE
    matrix, vector = spread(config, rng, weights, 1), spread(config, rng, act, 1)
    planes = [low(matrix), high(matrix)]
    time = _load(run, start, planes)
    for n, form in enumerate(("f16", "i8i8")):
        run.lit[time + n] = lit
        at = run.multiply(time + n, 0, form, vector, half=n == 0)
        run.lit[at] = lit
        value = products(config, form, vector, planes, 1, lit)
        value[lit * config.lanes :] = 0
        wanted.results[0, at] = value
        # What comes next has power again.
        wanted.end = at + 1
    return wanted


def dark_weights(run: Run, start: int, rng: random.Random) -> Wanted:
    """In a dark superlane neither buffer nor array changes, whatever is loaded and installed."""
    config, noise = run.config, np.random.default_rng(rng.getrandbits(32))
    lit = max(1, config.superlanes - 1)
    shape = (4, config.vector, config.vector)
    first, second, third, fourth = noise.integers(0, 256, shape).astype(np.uint8)
    # An ACC emits by its own cycle's power: none may come while a superlane is dark.
    gap = timing(config).abc + 1
    time = _load(run, start + gap, [first])
    wanted = Wanted(time)

    def multiply(matrix: NDArray[np.uint8]) -> None:
        act = noise.integers(0, 256, config.vector).astype(np.uint16)
        at = run.multiply(wanted.end, 0, "i8u8", act)
        wanted.results[0, at] = products(config, "i8u8", act, [matrix])
        wanted.end += gap

    def mixed(new: NDArray[np.uint8], old: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.concatenate([new[: lit * config.lanes], old[lit * config.lanes :]])

    # The dark superlane keeps its array, but its buffer was filled.
    wanted.end = run.load(time, 0, second)
    run.lit[wanted.end] = lit
    run.install(wanted.end, 0)
    wanted.end += 1
    multiply(mixed(second, first))
    # It keeps its buffer, and is installed.
    for column in range(config.superlanes):
        run.lit[wanted.end + column] = lit
    wanted.end = run.load(wanted.end, 0, third)
    run.install(wanted.end, 0)
    wanted.end += 1
    multiply(mixed(third, second))
    # It takes nothing from streams either.
    for column in range(config.superlanes):
        run.lit[wanted.end + column] = lit
        run.column(wanted.end + column, 0, column, fourth, direct=True)
    wanted.end += config.superlanes
    multiply(mixed(fourth, second))
    return wanted
