"""The measures of all entries of the timing table, in the order in which each may build on those before it."""

from collections.abc import Mapping

import numpy as np

from arch import text as layout
from arch.config import FETCH_WORDS, OFFSET_BITS, Config
from arch.isa.fields import stream_number
from arch.isa.table import encode
from tests.golden.schedule import stream_of, text, word
from tests.tb.measures import AT, FIRST, Latencies, Measure, Seen, Setup, constant_of_vxm, first, text_block

#: A constant that no ticker has.
VALUE = 200
#: Cycles by which a window of trials is longer than any latency in it.
SPARE = 12


def moved(mnemonic: str, queue: str, stream: str, out: str, **fields: int | str) -> Measure:
    """One instruction of a unit that samples a ticking stream and drives another; ``{L}`` in ``out``: the lanes."""

    def make(config: Config) -> Setup:
        setup, number = Setup(config), stream_number(stream_of(stream))
        for n in range(config.lanes if mnemonic == "Transpose" else 1):
            setup.pass_by(AT - 8, setup.ticks(), f"W.mem{n}", f"{stream[0]}{number + n}", queue)
        if mnemonic == "Permute":
            lanes, places = np.arange(config.lanes), np.arange(config.superlanes)[:, None]
            for n, entries in enumerate((lanes | places << 4, lanes << 1 | 0 * places)):
                setup.pass_by(AT, entries[None].astype(np.uint8), f"W.mem{2 + n}", f"W{2 + n}", queue)
        where = {name: value.format(L=config.lanes) for name, value in fields.items() if isinstance(value, str)}
        unit = "shift" if mnemonic == "Select" else ""
        setup.issue(AT, queue, mnemonic, unit=unit, **{**fields, **where, "out": out.format(L=config.lanes)})
        return setup

    def read(seen: Seen, known: Latencies) -> Latencies:
        cycle, value = first(seen.out(queue, out.format(L=seen.config.lanes)))
        found = seen.taken(queue, stream, value - FIRST) - AT, cycle - AT
        return {"VXM" if queue.startswith("vxm") else mnemonic: found}

    return Measure(make, read)


def _reads(config: Config) -> Setup:
    setup = Setup(config)
    setup.store("W.mem0", setup.constant(1, VALUE))
    setup.issue(AT, "W.mem0", "Read", a=0, s="E3")
    return setup


def _read(seen: Seen, known: Latencies) -> Latencies:
    # The last Sync stands behind the Read.
    return {"Read": (None, first(seen.out("W.mem0", "E3"))[0] - AT), "drain": (None, seen.record.idle - (AT + 1) - 1)}


def _gathers(config: Config) -> Setup:
    """The map ticks: row i names an address of bank 1, where a vector of ``FIRST + i`` is."""
    setup, count = Setup(config), 14
    maps = setup.constant(count, 0)
    maps[:, :, 0], maps[:, :, 1] = np.arange(FIRST, FIRST + count)[:, None], 1 << OFFSET_BITS - 8
    setup.pass_by(AT - 8, maps, "W.mem0", "E0", "E.mem1")
    setup.store("E.mem1", setup.ticks(count), 1 << OFFSET_BITS | FIRST)
    setup.issue(AT, "E.mem1", "Gather", map="E0", s="E3", banks=2, lo=0, hi=FIRST + count)
    return setup


def _gather(seen: Seen, known: Latencies) -> Latencies:
    cycle, value = first(seen.out("E.mem1", "E3"))
    return {"Gather": (seen.taken("E.mem1", "E0", value - FIRST) - AT, cycle - AT)}


def _stores(name: str) -> Measure:
    """The stream ticks; Reads before and after tell when it can be seen."""

    def make(config: Config) -> Setup:
        setup = Setup(config)
        setup.pass_by(AT - 8, setup.ticks(), "W.mem0", "E0", "E.mem1")
        if name == "Scatter":
            maps = setup.constant(1, 0)
            maps[..., 0] = 9
            setup.pass_by(AT, maps, "W.mem1", "E1", "E.mem1")
            setup.issue(AT, "E.mem1", "Scatter", map="E1", s="E0", banks=1, lo=9, hi=9)
        else:
            setup.issue(AT, "E.mem1", "Write", a=9, s="E0")
        setup.store("E.mem1", setup.constant(1, 1), 9)
        setup.issue(AT - 1, "E.mem1", "Read", a=9, s="E3")
        setup.issue(AT + 1, "E.mem1", "Read", 4, a=9, s="E3")
        return setup

    def read(seen: Seen, known: Latencies) -> Latencies:
        shown, late = seen.out("E.mem1", "E3"), known["Read"][1]
        # The Read of the cycle before gave what was there.
        assert first(shown, 1) == (AT - 1 + late, 1)
        cycle, value = first(shown)
        return {name: (seen.taken("E.mem1", "E0", value - FIRST) - AT, cycle - late - AT)}

    return Measure(make, read)


def _meshes(config: Config) -> Setup:
    """One ALU gets a result once; its neighbor shows in each cycle what it gets from it."""
    setup = Setup(config)
    setup.issue(AT, "vxm0", "Identity", type="u8", a="imm", imm=VALUE)
    setup.issue(AT - 20, "vxm1", "Identity", 60, type="u8", a="W", out="E5")
    setup.issue(AT - 40, "vxm0", "Identity", type="u8", a="imm", imm=1)
    return setup


def _mesh(seen: Seen, known: Latencies) -> Latencies:
    return {"mesh": (None, first(seen.out("vxm1", "E5"), VALUE)[0] - known["VXM"][1] - AT)}


def _fetches(config: Config) -> Setup:
    """Text whose first word drives a constant; the other words must come in time too, or the last would not."""
    setup, target = Setup(config), "vxm0"
    middle = [encode(word("NOP", n=1))] * (FETCH_WORDS - 3)
    ends = [encode(constant_of_vxm(value)) for value in (VALUE, VALUE + 1)]
    rows = text_block(config, [ends[0], *middle, ends[1], encode(word("Sync"))])
    for parity in (0, 1):
        name = f"W.mem{parity}"
        setup.pass_by(AT + parity, rows[parity : parity + 1], name, "E0", target)
        setup.store(name, rows[parity::2])
        start = setup.entries[name][0][0]
        repeat = word("Repeat", n=len(rows) // 2 - 1, d=layout.sample_offset(config, 2))
        setup.entries[name] = [(start, word("Read", a=0, s="E0", stride=1)), (start + 1, repeat)]
    setup.raw[target] = [encode(word("NOP", n=AT)), encode(word("Ifetch", s="E0"))]
    return setup


def _fetch(seen: Seen, known: Latencies) -> Latencies:
    shown = seen.out("vxm0", "E5")
    assert first(shown, VALUE)[1] == VALUE and shown.max() == VALUE + 1
    return {"Ifetch": (0, first(shown, VALUE)[0] - known["VXM"][1] - AT)}


def _barriers(config: Config) -> Setup:
    """A queue that was parked drives a constant when it is released."""
    setup, sync = Setup(config), encode(word("Sync"))
    setup.raw["vxm0"] = [sync, encode(constant_of_vxm(VALUE)), sync]
    setup.raw["W.mem0"] = [*text([(AT, word("Notify"))]), sync]
    return setup


def _barrier(seen: Seen, known: Latencies) -> Latencies:
    return {"Notify": (None, first(seen.out("vxm0", "E5"), VALUE)[0] - known["VXM"][1] - AT)}


def _sends(config: Config) -> Setup:
    """Vectors sent one after the other; the Receive of each comes a cycle later behind it than the last."""
    setup = Setup(config)
    setup.pass_by(AT, setup.ticks(110), "W.mem0", "W0", "W.c2c0")
    for n in range(SPARE - 3):
        setup.issue(AT + n * SPARE, "W.c2c0", "Send", link=0, s="W0")
        setup.issue(AT + n * SPARE + n + 1, "W.c2c0", "Receive", link=0, s="E6")
    return setup


def _send(seen: Seen, known: Latencies) -> Latencies:
    cycle, value = first(seen.out("W.c2c0", "E6"))
    taken = seen.taken("W.c2c0", "W0", value - FIRST)
    number = (taken - AT) // SPARE
    skew = taken - (AT + number * SPARE)
    return {"Send": (skew, number + 1), "Receive": (None, cycle - (AT + number * SPARE + number + 1))}


def _deskews(config: Config) -> Setup:
    """A Deskew between two Sends; a Receive in each cycle in which something might come."""
    setup = Setup(config)
    setup.pass_by(AT, setup.ticks(), "W.mem0", "W0", "W.c2c0")
    setup.issue(AT, "W.c2c0", "Send", link=0, s="W0")
    setup.issue(AT + 1, "W.c2c0", "Deskew", link=0)
    setup.issue(AT + 2, "W.c2c0", "Send", link=0, s="W0")
    setup.issue(AT + 3, "W.c2c0", "Receive", SPARE, link=0, s="E6")
    return setup


def _deskew(seen: Seen, known: Latencies) -> Latencies:
    _, value = first(seen.out("W.c2c0", "E6"))
    return {"Deskew": (None, seen.taken("W.c2c0", "W0", value - FIRST) - (AT + 1))}


MEASURES: Mapping[str, Measure] = {
    "read": Measure(_reads, _read),
    "gather": Measure(_gathers, _gather),
    "write": _stores("Write"),
    "scatter": _stores("Scatter"),
    "vxm": moved("Identity", "vxm0", "E0", "E5", type="u8", a="E0"),
    "mesh": Measure(_meshes, _mesh),
    "shift": moved("Shift", "W.sxm.shift_south", "W0", "W5", n=0, s="W0"),
    "select": moved("Select", "W.sxm.shift_north", "W0", "W5", n=0, s="W0", mask="W4"),
    "permute": moved("Permute", "W.sxm.permute", "W0", "W5", s="W0", map="W2"),
    "distribute": moved("Distribute", "W.sxm.distribute1", "W0", "E0", s="W0", map="E4"),
    "transpose": moved("Transpose", "W.sxm.transpose1", "W0", "W{L}", s="W0"),
    "fetch": Measure(_fetches, _fetch),
    "barrier": Measure(_barriers, _barrier),
    "send": Measure(_sends, _send),
    "deskew": Measure(_deskews, _deskew),
}
#: Needs nine lanes.
WIDE: Mapping[str, Measure] = {"rotate": moved("Rotate", "W.sxm.rotate", "W0", "W16", n=3, s="W0")}
