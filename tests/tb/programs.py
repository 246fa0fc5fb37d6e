"""Programs for the hardware that exists, MEM and the int8 MXM, at `tiny`."""

from dataclasses import replace

import numpy as np

from arch import text
from arch.config import Config
from arch.conveyor import Hemisphere
from arch.isa.table import encode
from arch.program import Program
from arch.timing import timing
from tests.golden.schedule import address, op, program, segment, word


def noise(seed: int, rows: int, config: Config) -> np.ndarray:
    """Bytes uint8[rows, vector] in which all values occur."""
    return np.random.default_rng(seed).integers(0, 256, (rows, config.vector), dtype=np.uint8)


def copy(config: Config) -> Program:
    """Rows of two slices of the west to the east, by Repeat, with strides up and down; read and write in one word."""
    t = timing(config)
    hops = t.read + config.vxm_hops
    schedule = {
        "W.mem0": [
            (3, word("Read", a=address(0, 2), s="E0", stride=1)),
            (4, word("Repeat", n=9, d=1)),
            (20, word("Read", a=address(0, 5), s="E1", stride=0)),
        ],
        "W.mem2": [(5, word("Read", a=address(1, 7), s="E5", stride=-2)), (6, word("Repeat", n=3, d=3))],
        "E.mem0": [
            (3 + hops, word("Write", a=address(0, 0), s="E0", stride=2)),
            (4 + hops, word("Repeat", n=9, d=1)),
            (20 + hops, (op("Read", a=address(0, 4), s="W9"), op("Write", a=address(1, 3), s="E1"))),
        ],
        "E.mem3": [
            (5 + hops, word("Write", a=address(1, 100), s="E5", stride=1)),
            (6 + hops, word("Repeat", n=3, d=3)),
        ],
        "W.mem1": [(20 + 2 * hops, word("Write", a=address(0, 9), s="W9"))],
    }
    data = [
        segment(Hemisphere.WEST, 0, address(0, 0), noise(1, 12, config)),
        segment(Hemisphere.WEST, 2, address(1, 0), noise(2, 8, config)),
    ]
    return program(config, schedule, data)


def collision(config: Config) -> Program:
    """Two slices of one group read onto the same stream in the same cycle, which no program may."""
    slices = (0, 1)
    schedule = {f"W.mem{n}": [(3, word("Read", a=address(0, 0), s="E0", stride=0))] for n in slices}
    return program(config, schedule, [segment(Hemisphere.WEST, n, address(0, 0), noise(n, 1, config)) for n in slices])


def rivals(config: Config) -> Program:
    """Two ALUs that send results to the same stream in the same cycle, which no program may."""
    send = word("Identity", type="u8", a="imm", imm=1, out="E4")
    return program(config, {"vxm0": [(3, send)], "vxm1": [(3, send)]}, [])


def matmul(config: Config) -> Program:
    """Two weight matrices on one plane, the second loaded and installed while the first computes, no bubble between;
    sums of both added in the accumulators, signed by unsigned; results emitted and stored."""
    t, S, L = timing(config), config.superlanes, config.lanes
    near = t.read + config.groups - config.slices // 4 + 1
    rows, first = 6, 4
    load = first + near
    schedule: dict[str, list] = {}
    for n in range(L):
        schedule[f"W.mem{n}"] = [
            (first, word("Read", a=address(0, 0), s=f"W{n}", stride=1)),
            (first + 1, word("Repeat", n=2 * S - 1, d=1)),
        ]
    begin = first + 2 * S
    multiply = begin + near
    schedule["W.mxm0.weights"] = [
        (load, word("LW", s="W0", col=0, stride=1)),
        (load + 1, word("Repeat", n=S - 1, d=1)),
        (multiply - 1, word("IW", **{"from": "buffer"})),
        (multiply + rows - 1, word("IW", **{"from": "buffer"})),
    ]
    schedule["W.mxm1.weights"] = [
        (load + S, word("IW", **{"from": "streams"}, s="W0", col=0, stride=1)),
        (load + S + 1, word("Repeat", n=S - 1, d=1)),
    ]
    # The second matrix comes into the buffer of plane 0 once more, while the first computes.
    again = multiply + 1
    for n in range(L):
        schedule[f"W.mem{n}"] += [
            (again - near, word("Read", a=address(0, S), s=f"W{n}", stride=1)),
            (again - near + 1, word("Repeat", n=S - 1, d=1)),
        ]
    # Activations come from the far hemisphere.
    far = near + config.vxm_hops + config.groups + 1
    schedule["E.mem1"] = [
        (multiply - far + 1, word("Read", a=address(1, 0), s="W8", stride=1)),
        (multiply - far + 2, word("Repeat", n=2 * rows - 1, d=1)),
    ]
    schedule["W.mxm0.weights"].insert(3, (again, word("LW", s="W0", col=0, stride=1)))
    schedule["W.mxm0.weights"].insert(4, (again + 1, word("Repeat", n=S - 1, d=1)))
    schedule["W.mxm0.activations"] = [
        (multiply, word("ABC", form="u8i8", s="W8")),
        (multiply + 1, word("Repeat", n=rows - 1, d=1)),
        (multiply + rows, word("ABC", form="i8i8", s="W8")),
        (multiply + rows + 1, word("Repeat", n=rows - 1, d=1)),
    ]
    schedule["W.mxm1.activations"] = [
        (multiply + 2, word("ABC", form="i8u8", s="W8")),
        (multiply + 3, word("Repeat", n=3, d=2)),
    ]
    sums = multiply + t.abc
    schedule["W.mxm0.accumulators"] = [
        (sums, word("ACC", type="i32", mode="write", row=2, stride=1, keep=1)),
        (sums + 1, word("Repeat", n=rows - 1, d=1)),
        (sums + rows, word("ACC", type="i32", mode="add", row=2, stride=1, keep=1, out="E4")),
        (sums + rows + 1, word("Repeat", n=rows - 1, d=1)),
        (sums + 3 * rows, word("ACC", type="i32", mode="read", row=7, stride=-1, out="E12")),
        (sums + 3 * rows + 1, word("Repeat", n=2, d=2)),
    ]
    schedule["W.mxm1.accumulators"] = [
        (sums + 2, word("ACC", type="i32", mode="write", row=0, stride=1, out="E8")),
        (sums + 3, word("Repeat", n=3, d=2)),
    ]
    store = sums + rows + t.acc + 1
    for n in range(4):
        schedule[f"W.mem{n}"] += [
            (store, word("Write", a=address(1, 40), s=f"E{4 + n}", stride=1)),
            (store + 1, word("Repeat", n=rows - 1, d=1)),
        ]
    data = [segment(Hemisphere.WEST, n, address(0, 0), noise(10 + n, 2 * S, config)) for n in range(L)]
    data.append(segment(Hemisphere.EAST, 1, address(1, 0), noise(20, 2 * rows, config)))
    return program(config, schedule, data)


def fetch(config: Config) -> Program:
    """A queue that runs on text which two slices bring, one the even vectors, one the odd ones."""
    t, vectors = timing(config), text.vectors(config)
    first, hops = 2, t.read + config.vxm_hops
    half, apart = vectors // 2, 2 * config.superlanes
    moves = [encode((op("Write", a=address(n % 2, n), s="E0"),)) for n in range(text.FETCH_WORDS - 1)]
    words = [*moves, encode(word("Sync"))]
    rows = np.zeros((vectors, config.superlanes, config.lanes), np.uint8)
    for place, value in zip(text.block(config), words, strict=True):
        parts = np.frombuffer(value.to_bytes(16, "little"), np.uint8).reshape(config.row_words, config.lanes)
        rows[place.row * config.row_words : (place.row + 1) * config.row_words, place.superlane] = parts
    rows = rows.reshape(vectors, config.vector)
    schedule = {
        "W.mem1": [
            (first, word("Read", a=address(0, 0), s="E3", stride=1)),
            (first + 1, word("Repeat", n=half - 1, d=apart)),
        ],
        "W.mem2": [
            (first + 1, word("Read", a=address(0, 0), s="E3", stride=1)),
            (first + 2, word("Repeat", n=half - 1, d=apart)),
        ],
        "W.mem0": [
            (first, word("Read", a=address(0, 9), s="E0")),
            (first + 1, word("Repeat", n=400, d=1)),
        ],
    }
    fetching = [encode(word("NOP", n=first + hops)), *[encode(word("Ifetch", s="E3"))] * 2, encode(word("NOP", n=3))]
    data = [
        segment(Hemisphere.WEST, 1, address(0, 0), rows[0::2]),
        segment(Hemisphere.WEST, 2, address(0, 0), rows[1::2]),
        segment(Hemisphere.WEST, 0, address(0, 0), noise(30, 64, config)),
    ]
    return program(config, schedule, data, raw={"E.mem2": fetching})


def trouble(config: Config) -> Program:
    """Every fault that MEM, the MXM and their queues can have, gather and scatter, barriers, power-down."""
    t = timing(config)
    noop = encode(word("NOP", n=1))
    sync, notify = encode(word("Sync")), encode(word("Notify"))
    repeat = encode(word("Repeat", n=2, d=2))
    maps = np.zeros((2, config.superlanes, config.lanes), np.uint8)
    maps[0, :, 0], maps[0, :, 1] = np.arange(config.superlanes) * 3 + 2, 16
    maps[1, :, 0], maps[1, :, 1] = np.arange(config.superlanes) * 99 + 5, 16
    far = t.read + config.vxm_hops
    after = 40 + t.barrier

    def text_of(*entries: object) -> list[int]:
        return [entry if isinstance(entry, int) else encode(entry) for entry in entries]  # type: ignore[arg-type]

    schedule = {
        "W.mem0": [(2, word("Read", a=address(0, 0), s="E2", stride=1)), (3, word("Repeat", n=1, d=1))],
        "W.mem1": [(2, word("Read", a=address(0, 3), s="E3", stride=0)), (3, word("Repeat", n=30, d=1))],
        "E.mem0": [
            (2 + far, word("Gather", map="E2", s="E9", banks=2, lo=0, hi=40)),
            (3 + far, word("Gather", map="E2", s="E9", banks=2, lo=0, hi=40)),
        ],
        "E.mem1": [
            (2 + far, word("Scatter", map="E2", s="E3", banks=3, lo=0, hi=60)),
            (3 + far, word("Scatter", map="E2", s="E3", banks=2, lo=0, hi=50)),
        ],
        "E.mem2": [
            (12, word("Write", a=address(0, config.bank_words - 2), s="E3", stride=1)),
            (13, word("Repeat", n=4, d=1)),
            (20, word("Read", a=address(0, 0), s="W7", stride=-1)),
            (21, word("Repeat", n=1, d=1)),
        ],
        "W.mxm1.accumulators": [
            (5, word("ACC", type="i32", mode="write", row=config.acc_rows - 1, stride=1, out="E20")),
            (6, word("Repeat", n=2, d=3)),
        ],
    }
    nop = word("NOP", n=after - 1)
    raw = {
        # Undefined words, misplaced repeats, and a queue that runs dry until the others' last release.
        "W.mem2": text_of(noop, repeat, 0, repeat, 0x1F, word("Read", a=address(0, config.bank_words), s="E1")),
        "W.mem3": text_of(word("NOP", n=5), notify, sync, word("Write", a=address(1, 1), s="E3"), notify, sync),
        "E.mem3": text_of(sync, word("NOP", n=3), word("Config", n=1), sync, word("Config", n=config.superlanes), sync),
        "W.mxm0.weights": text_of(
            word("LW", s="W0", col=0, stride=1), word("Repeat", n=config.superlanes, d=1), nop, sync
        ),
    }
    raw["W.mem2"] += [noop, sync]
    raw["E.mxm1.weights"] = text_of(0x61 | 1 << 100, sync)
    data = [
        segment(Hemisphere.WEST, 0, address(0, 0), maps.reshape(2, config.vector)),
        segment(Hemisphere.WEST, 1, address(0, 3), noise(41, 1, config)),
        segment(Hemisphere.EAST, 0, address(1, 0), noise(42, 64, config)),
    ]
    made = program(config, schedule, data, raw=raw)
    # Each of the two Notifies releases whoever is parked.
    return replace(made, preload=tuple((*words, sync, sync) for words in made.preload))
