"""Programs that move: Permute and Transpose over the whole width, Gather and Scatter, and a text that fetches itself.

Each works in both hemispheres at once where it can. Cycles follow from ``arch.timing`` and ``arch.conveyor``; for the
same reason the same lines are a program for every machine.
"""

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, BYTE_BITS, OFFSET_BITS, Config
from arch.timing import timing
from compiler.asm.builder import Builder
from scripts.full.case import Case, distance

#: Vectors that are permuted and steps of transposes in each hemisphere; vectors that are looked up.
PERMUTED, TRANSPOSED, LOOKED_UP = 8, 4, 32
#: Bits of the number of a vector that the text which fetches itself copies; Reads of a burst, and cycles behind one in
#: which the queue can fetch: where there are few superlanes, a block of text is under way for long.
COPIED_BITS, BURST, PAUSE = 7, 16, 40
#: By hemisphere: streams that lead from memory to the units at the edge, and back.
WAYS = {"W": ("W", "E"), "E": ("E", "W")}


def permute(config: Config) -> Case:
    """Every vector by a bijection of its own of all elements, in both hemispheres."""
    draw, t, last = np.random.default_rng(11), timing(config), config.slices - 1
    b, inputs, expected = Builder(config), {}, {}
    for side, (out, back) in WAYS.items():
        unit, x, y, maps = f"{side}.sxm.permute", f"{side}.mem0", f"{side}.mem1", [last - 1, last]
        sources = [x, *(f"{side}.mem{n}" for n in maps)]
        start = max(t.read + distance(config, source, unit, out) for source in sources)
        orders = [draw.permutation(config.vector) for _ in range(PERMUTED)]
        tables = np.stack([b.permute_map(order) for order in orders], axis=1)
        for source, stream in zip(sources, (0, 2, 3), strict=True):
            issue = start - t.read - distance(config, source, unit, out)
            b.run(issue, source, "Read", PERMUTED, a="0:0", s=f"{out}{stream}", stride=1)
        for source, rows in zip(sources[1:], tables, strict=True):
            b.data(source, "0:0", rows)
        b.run(start, unit, "Permute", PERMUTED, s=f"{out}0", map=f"{out}2", out=f"{back}0")
        store = start + t.sxm_cross + distance(config, unit, y, back)
        b.run(store, y, "Write", PERMUTED, a="0:0", s=f"{back}0", stride=1)
        b.region(f"x{side}", "input", x, "0:0", PERMUTED)
        b.region(f"y{side}", "output", y, "0:0", PERMUTED)
        inputs[f"x{side}"] = given = _bytes(draw, (PERMUTED, config.vector))
        expected[f"y{side}"] = np.stack([row[order] for row, order in zip(given, orders, strict=True)])
    title = f"{2 * PERMUTED} permutations of {config.vector} elements"
    return Case("permute", title, b.build(), inputs, expected=expected)


def transpose(config: Config) -> Case:
    """In both hemispheres blocks of lanes x lanes in every superlane, one step after the other."""
    draw, t, L = np.random.default_rng(12), timing(config), config.lanes
    b, inputs, expected = Builder(config), {}, {}
    for side, (out, back) in WAYS.items():
        unit = f"{side}.sxm.transpose0"
        slices = [f"{side}.mem{config.slices - L + n}" for n in range(L)]
        start = max(t.read + distance(config, source, unit, out) for source in slices)
        b.run(start, unit, "Transpose", TRANSPOSED, s=f"{out}0", out=f"{back}0")
        for n, name in enumerate(slices):
            issue = start - t.read - distance(config, name, unit, out)
            b.run(issue, name, "Read", TRANSPOSED, a="0:0", s=f"{out}{n}", stride=1)
            store = start + t.sxm_local + distance(config, unit, name, back)
            b.run(store, name, "Write", TRANSPOSED, a="1:0", s=f"{back}{n}", stride=1)
            b.region(f"x{side}", "input", name, "0:0", TRANSPOSED)
            b.region(f"y{side}", "output", name, "1:0", TRANSPOSED)
        inputs[f"x{side}"] = given = _bytes(draw, (L * TRANSPOSED, config.vector))
        # A row is a stream's vector of one step: stream, step, superlane, lane.
        block = given.reshape(L, TRANSPOSED, config.superlanes, L)
        expected[f"y{side}"] = block.transpose(3, 1, 2, 0).reshape(given.shape)
    blocks = 2 * TRANSPOSED * config.superlanes
    return Case("transpose", f"{blocks} blocks of {L} x {L} bytes", b.build(), inputs, expected=expected)


def gather(config: Config) -> Case:
    """Each superlane reads its own places of a table of two banks, and writes to its own places of another slice.

    Indices and data come from the western hemisphere and pass the slices of the eastern one.
    """
    draw, t, words = np.random.default_rng(13), timing(config), config.bank_words
    b, source, table, target, found = Builder(config), "W.mem0", "E.mem0", "E.mem1", "W.mem1"
    # Looked up is anything; each superlane writes to every place at most once.
    places = draw.integers(0, BANKS * words, (LOOKED_UP, config.superlanes))
    free = np.stack([draw.permutation(words)[:LOOKED_UP] for _ in range(config.superlanes)], axis=1)
    banks = [_bytes(draw, (words, config.vector)) for _ in range(BANKS)]
    for bank, rows in enumerate(banks):
        b.data(table, f"{bank}:0", rows)
    b.data(target, "0:0", _bytes(draw, (words, config.vector)))
    for number, (name, stream) in enumerate(((source, "E0"), ("W.mem2", "E1"), ("W.mem3", "E2"))):
        b.region(("places", "targets", "data")[number], "input", name, "0:0", LOOKED_UP)
        b.run(0, name, "Read", LOOKED_UP, a="0:0", s=stream, stride=1)
    look = t.read + distance(config, source, table, "E")
    b.run(look, table, "Gather", LOOKED_UP, map="E0", s="W0", banks=3, lo=0, hi=words - 1)
    store = look + t.read + distance(config, table, found, "W")
    b.run(store, found, "Write", LOOKED_UP, a="0:0", s="W0", stride=1)
    b.run(look, target, "Scatter", LOOKED_UP, map="E1", s="E2", banks=1, lo=0, hi=words - 1)
    b.region("found", "output", found, "0:0", LOOKED_UP)
    inputs = {
        "places": _addresses(config, places // words << OFFSET_BITS | places % words),
        "targets": _addresses(config, free),
        "data": _bytes(draw, (LOOKED_UP, config.vector)),
    }
    title = f"{LOOKED_UP} vectors gathered and as many scattered, each superlane by its own addresses"
    looked = np.concatenate(banks).reshape(BANKS * words, config.superlanes, config.lanes)
    expected = {"found": looked[places, np.arange(config.superlanes)].reshape(LOOKED_UP, -1)}
    return Case("gather", title, b.build(), inputs, expected=expected)


def prefetch(config: Config) -> Case:
    """A copy across the chip in an order that no stride gives: more words than a queue holds, so that the text has to
    come from memory while it runs."""
    rows, t = 1 << COPIED_BITS, timing(config)
    b, source, target = Builder(config), "W.mem0", "E.mem0"
    there = t.read + distance(config, source, target, "E")
    order = [int(f"{row:0{COPIED_BITS}b}"[::-1], 2) for row in range(rows)]
    b.region("x", "input", source, "0:0", rows)
    b.region("y", "output", target, "0:0", rows)
    for n, row in enumerate(order):
        b.at(n + n // BURST * PAUSE, source, "Read", a=f"0:{row}", s="E0")
    for first in range(0, rows, BURST):
        issue = first + first // BURST * PAUSE + there
        b.run(issue, target, "Write", BURST, a=f"0:{first}", s="E0", stride=1)
    inputs = {"x": _bytes(np.random.default_rng(14), (rows, config.vector))}
    title = f"{rows} vectors copied by a text that fetches itself"
    return Case("prefetch", title, b.build(), inputs, expected={"y": inputs["x"][order]})


def _bytes(draw: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return draw.integers(0, 1 << BYTE_BITS, shape, dtype=np.uint8)


def _addresses(config: Config, places: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Map vectors uint8[n, vector] of addresses int64[n, superlanes]: low byte in lane 0, high byte in lane 1."""
    found = np.zeros((len(places), config.superlanes, config.lanes), np.uint8)
    found[..., 0], found[..., 1] = places & 0xFF, places >> BYTE_BITS
    return found.reshape(len(places), -1)
