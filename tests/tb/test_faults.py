"""Each fault of the table on the whole chip in Verilog, by hand: who reports it, in which cycle, how often; and each
consumer of stream data, with one wrong bit and with two."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from arch import text as layout
from arch.config import FETCH_WORDS, Config
from arch.faults import Fault
from arch.isa.fields import stream_direction
from arch.isa.table import encode
from arch.queues import queues_by_name
from tb.random.configs import named
from tests.golden.schedule import stream_of, word
from tests.tb import measured, measured_mxm
from tests.tb.measures import AT, Setup, text_block
from tests.tb.recorded import Trial, corrections, faults, run

pytestmark = pytest.mark.rtl

NANO = named("nano")
LAST = NANO.superlanes - 1
SYNC, IFETCH = encode(word("Sync")), encode(word("Ifetch", s="E0"))

Reports = dict[tuple[str, int], tuple[Fault, int, int]]


def nop(n: int) -> int:
    """Word of a NOP."""
    return encode(word("NOP", n=n))


def everywhere(queue: str, fault: Fault, cycle: int, count: int = 1) -> Reports:
    """The same in each superlane, each a cycle later."""
    return {(queue, k): (fault, cycle + k, count) for k in range(NANO.superlanes)}


def _dry() -> tuple[Setup, Reports]:
    setup = measured.MEASURES["fetch"].make(NANO)
    # A NOP 1 takes a cycle, so words issue as they come; between them the queue runs dry.
    ready = sorted(place.ready for place in layout.block(NANO))
    issued = [AT + ready[0]]
    for late in ready[1:]:
        issued.append(max(issued[-1] + 1, AT + late))
    return setup, {("vxm0", 0): (Fault.DRY, AT + 1, issued[-1] - AT - FETCH_WORDS)}


def _undefined() -> tuple[Setup, Reports]:
    raw = {"W.mem0": [nop(20), 0, encode(word("Sync")) | 1 << 100, SYNC]}
    return Setup(NANO, raw=raw), {("W.mem0", 0): (Fault.UNDEFINED, 20, 2)}


def _overflow() -> tuple[Setup, Reports]:
    setup, held = measured.MEASURES["fetch"].make(NANO), 20
    kept = NANO.queue_depth - held
    rows = text_block(NANO, [nop(1)] * (kept - 1) + [SYNC] + [nop(1)] * (FETCH_WORDS - kept))
    for parity in (0, 1):
        setup.store(f"W.mem{parity}", rows[parity::2])
    setup.raw["vxm0"] = [nop(AT), IFETCH, nop(600), *[nop(1)] * held]
    first = AT + layout.block(NANO)[kept].ready - 1
    return setup, {("vxm0", 0): (Fault.OVERFLOW, first, FETCH_WORDS - kept)}


def _fetch_busy() -> tuple[Setup, Reports]:
    raw = {"vxm0": [nop(AT), IFETCH, IFETCH, nop(layout.span(NANO)), SYNC]}
    return Setup(NANO, raw=raw), {("vxm0", 0): (Fault.FETCH_BUSY, AT + 1, 1)}


def _config_busy() -> tuple[Setup, Reports]:
    raw = {"W.mem0": [nop(20), encode(word("Config", n=1)), SYNC], "E.mem0": [nop(20), SYNC]}
    # A queue that issues its Sync is parked from the next cycle on.
    return Setup(NANO, raw=raw), {("W.mem0", 0): (Fault.CONFIG_BUSY, 20, 1)}


def _repeat() -> tuple[Setup, Reports]:
    raw = {"E.sxm.permute": [nop(20), encode(word("Repeat", n=3)), encode(word("Repeat", n=3)), SYNC]}
    return Setup(NANO, raw=raw), {("E.sxm.permute", 0): (Fault.REPEAT, 20, 2)}


def _range() -> tuple[Setup, Reports]:
    setup = Setup(NANO)
    fields = {
        "W.mem0": ("Read", {"a": NANO.bank_words - 1, "s": "E0"}),
        "E.mxm0.weights": ("LW", {"s": "E0", "col": NANO.superlanes - 1}),
        "W.mxm1.accumulators": ("ACC", {"type": "i32", "mode": "write", "row": NANO.acc_rows - 1, "out": "E4"}),
    }
    for queue, (name, values) in fields.items():
        setup.issue(AT, queue, name, 3, stride=1, **values)
    reports: Reports = {}
    for queue in fields:
        reports |= everywhere(queue, Fault.RANGE, AT + 1, 2)
    return setup, reports


def _index() -> tuple[Setup, Reports]:
    setup = Setup(NANO)
    setup.issue(AT, "E.mem1", "Gather", map="E7", s="E3", banks=1, lo=1, hi=9)
    setup.issue(AT + 5, "W.mem2", "Scatter", 2, map="E7", s="E3", banks=2, lo=0, hi=9)
    return setup, everywhere("E.mem1", Fault.INDEX, AT) | everywhere("W.mem2", Fault.INDEX, AT + 5, 2)


def _map() -> tuple[Setup, Reports]:
    setup = Setup(NANO)
    setup.issue(AT, "W.sxm.permute", "Permute", s="W0", map="W2", out="W5")
    return setup, {("W.sxm.permute", LAST): (Fault.MAP, AT + LAST, 1)}


def _absent() -> tuple[Setup, Reports]:
    setup = Setup(NANO)
    setup.issue(AT, "W.c2c0", "Receive", 2, link=0, s="E3")
    return setup, {("W.c2c0", 0): (Fault.ABSENT, AT, 2)}


CASES: dict[str, Callable[[], tuple[Setup, Reports]]] = {
    "dry": _dry,
    "undefined": _undefined,
    "overflow": _overflow,
    "fetch busy": _fetch_busy,
    "config busy": _config_busy,
    "repeat": _repeat,
    "range": _range,
    "index": _index,
    "map": _map,
    "absent": _absent,
}


def test_each_fault_has_its_queue_superlane_cycle_and_count(tmp_path: Path):
    cases = {name.replace(" ", "_"): make() for name, make in CASES.items()}
    kinds = {fault for _, reports in cases.values() for fault, _, _ in reports.values()}
    assert kinds == set(Fault) - {Fault.ECC}
    found = run(NANO, tmp_path, {name: Trial(setup.program()) for name, (setup, _) in cases.items()})
    for name, (_, reports) in cases.items():
        assert faults(NANO, found[name]) == reports, name
        assert found[name].idle > 0, name


#: Cycle of the Send whose vector the program receives.
SENT = AT + (NANO.stages.c2c - 1) * measured.SPARE
#: Consumers of stream data: program, queue, stream, and a queue and stream by which the result can be seen.
CONSUMERS = (
    ("vxm", "vxm0", "E0", "vxm0", "E5"),
    ("shift", "W.sxm.shift_south", "W0", "W.sxm.shift_south", "W5"),
    ("select", "W.sxm.shift_north", "W0", "W.sxm.shift_north", "W5"),
    ("select", "W.sxm.shift_north", "W4", "W.sxm.shift_north", "W5"),
    ("permute", "W.sxm.permute", "W0", "W.sxm.permute", "W5"),
    ("permute", "W.sxm.permute", "W3", "W.sxm.permute", "W5"),
    ("distribute", "W.sxm.distribute1", "W0", "W.sxm.distribute1", "E0"),
    ("distribute", "W.sxm.distribute1", "E4", "W.sxm.distribute1", "E0"),
    ("transpose", "W.sxm.transpose1", "W2", "W.sxm.transpose1", "W4"),
    ("gather", "E.mem1", "E0", "E.mem1", "E3"),
    ("scatter", "E.mem1", "E1", "E.mem1", "E3"),
    ("send", "W.c2c0", "W0", "W.c2c0", "E6"),
    ("fetch", "vxm0", "E0", "vxm0", "E5"),
    ("abc", "W.mxm0.activations", "W4", "W.mxm0.accumulators", "E4"),
    ("install", "W.mxm0.weights", "W1", "W.mxm0.accumulators", "E4"),
    ("load", "W.mxm0.weights", "W3", "W.mxm0.accumulators", "E4"),
)
#: Wrong bits: one of the data, one of the check bits, two.
MASKS = {"data": 1 << 30, "check": 1 << NANO.code_bits - 1, "double": 1 << 30 | 1 << 31}


def armed(config: Config, queue: str, stream: str, superlane: int, cycle: int, mask: int) -> dict[str, int]:
    """Ports of an error in what a unit samples at a local time."""
    way = stream_direction(stream_of(stream))
    position = queues_by_name(config)[queue].site.sample(way)
    assert position is not None
    place = {"position": position, "ref": stream_of(stream), "superlane": superlane, "cycle": cycle + superlane}
    return {"stream_en": 1, "mask": mask, **place}


def test_every_consumer_corrects_one_wrong_bit_and_flags_two(tmp_path: Path):
    measures = {**measured.MEASURES, **measured_mxm.MEASURES}
    plain = {name: measures[name].make(NANO).program() for name, *_ in CONSUMERS}
    trials = {name: Trial(program) for name, program in plain.items()}
    for name, queue, stream, *_ in CONSUMERS:
        for kind, mask in MASKS.items():
            cycle = SENT if name == "send" else AT
            trials[f"{name}_{stream}_{kind}"] = Trial(plain[name], armed(NANO, queue, stream, LAST, cycle, mask))
    found = run(NANO, tmp_path, trials)
    for name, queue, stream, *shown in CONSUMERS:
        for kind in MASKS:
            seen, where = found[f"{name}_{stream}_{kind}"], f"{name} {stream} {kind}"
            before = faults(NANO, found[name])
            if kind == "double":
                cycle = SENT if name == "send" else AT
                # A map with two wrong bits is no bijection: of faults in one cycle the lowest code is the first.
                first = (Fault.MAP, cycle + LAST, 2) if (name, stream) == ("permute", "W3") else None
                assert faults(NANO, seen).get((queue, LAST)) == (first or (Fault.ECC, cycle + LAST, 1)), where
                assert not corrections(NANO, seen), where
                continue
            assert faults(NANO, seen) == before, where
            assert corrections(NANO, seen) == {(queue, LAST): 1}, where
            assert np.array_equal(_shown(found[name], *shown), _shown(seen, *shown)), where
            assert seen.idle == found[name].idle


def _shown(found, queue: str, stream: str) -> np.ndarray:
    """What a unit drives, by cycle."""
    way = stream_direction(stream_of(stream))
    return found.streams[:, way, stream_of(stream) & 31, queues_by_name(NANO)[queue].site.drive(way)]
