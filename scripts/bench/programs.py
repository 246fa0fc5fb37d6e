"""Programs that keep a machine busy: idle, MXM and MEM streaming, every unit.

Each hemisphere streams activations from two of its slices through its planes, adds nothing to the sums, and stores them
in eight slices, while new weights are loaded every ``PERIOD`` cycles from as many slices as a weight group has streams.
With every unit busy the sums, which travel on to the VXM, feed all ALUs and the SXM too, the slices of the weights
store them between two loads, and every link sends. Gather and Scatter are left out: their addresses would have to be
data.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Direction, Hemisphere, hops, mem_site, mxm_site
from arch.isa.c2c import SEND
from arch.isa.fields import stream_operand, stream_ref
from arch.isa.icu import NOP, REPEAT, SYNC
from arch.isa.mem import READ, WRITE
from arch.isa.mxm import ABC, ACC, FORMS, IW, LW, MODES
from arch.isa.spec import Op, make
from arch.isa.sxm import DISTRIBUTE, PERMUTE, ROTATE, SHIFT, TRANSPOSE
from arch.isa.table import Word, encode
from arch.isa.vxm import VXM
from arch.program import Program, Segment
from arch.queues import Unit, links_of, queues
from arch.timing import timing
from arch.types import Type

__all__ = ["PERIOD", "UNITS", "every_unit", "idle", "streaming", "with_units"]

#: Cycles between two loads of a plane's weights.
PERIOD = 1024
_LONGEST = 65535

Schedule = dict[str, list[tuple[int, Word, int]]]


def idle(config: Config, cycles: int) -> Program:
    """Nothing but waiting."""
    words = [make(NOP, n=_LONGEST)] * (cycles // _LONGEST) + [make(NOP, n=cycles % _LONGEST + 1), make(SYNC)]
    return Program(config, (tuple(encode((word,)) for word in words),) * len(queues(config)))


def streaming(config: Config, cycles: int) -> Program:
    """All planes busy, weights double-buffered, sums to memory."""
    return _program(config, _planes(config, cycles))


def every_unit(config: Config, cycles: int) -> Program:
    """All planes, all ALUs, the SXM, C2C and all slices of weights and sums busy; no Gather or Scatter."""
    return with_units(config, cycles, len(UNITS))


def with_units(config: Config, cycles: int, count: int) -> Program:
    """As :func:`streaming`, with the first few of ``UNITS`` busy, too."""
    schedule = _planes(config, cycles)
    for add in list(UNITS.values())[:count]:
        add(config, schedule, cycles)
    return _program(config, schedule)


def _program(config: Config, schedule: Schedule) -> Program:
    preload = tuple(_text(schedule.get(queue.name, [])) for queue in queues(config))
    return Program(config, preload, _data(config))


def _data(config: Config) -> tuple[Segment, ...]:
    """Both banks of every slice: random bytes, but an identity map for Permute where the maps are read."""
    rng = np.random.default_rng(1)
    rows, L = config.bank_words, config.lanes
    identity = np.zeros((config.superlanes, L), np.uint16)
    identity |= np.arange(L, dtype=np.uint16) * np.uint16(1 | 1 << 9)
    identity |= (np.arange(config.superlanes, dtype=np.uint16) << 4)[:, None]
    found = []
    for side in Hemisphere:
        for number in range(config.slices):
            data = rng.integers(0, 256, (rows, config.vector), dtype=np.uint8)
            if number - _first_store(config) in (2, 3):
                part = identity >> np.uint16(8 * (number - _first_store(config) - 2))
                data[:] = part.astype(np.uint8).reshape(-1)
            found.append(Segment(side, number, 0, data.tobytes()))
    return tuple(found)


def _first_store(config: Config) -> int:
    """First of the eight slices that sums go to; those below hold weights. Too few slices serve as both in turn."""
    return config.lanes if _roomy(config) else 0


def _roomy(config: Config) -> bool:
    return config.slices >= 8 + config.lanes


def _outward(side: Hemisphere) -> Direction:
    return Direction.EAST if side is Hemisphere.EAST else Direction.WEST


def _inward(side: Hemisphere) -> Direction:
    return Direction.WEST if side is Hemisphere.EAST else Direction.EAST


def _planes(config: Config, cycles: int) -> Schedule:
    schedule: Schedule = defaultdict(list)
    for side in Hemisphere:
        _hemisphere(config, schedule, side, cycles)
    return schedule


def _hemisphere(config: Config, schedule: Schedule, side: Hemisphere, cycles: int) -> None:
    t, out, back, S = timing(config), _outward(side), _inward(side), config.superlanes
    letter, edge, step = side.letter, mxm_site(config, side), int(config.bank_words == 1 << OFFSET_BITS)
    store = _first_store(config)  # without room weights are loaded once, and one plane's sums are stored
    far = max(hops(config, mem_site(config, side, n), edge, out) or 0 for n in range(config.slices))
    loads = range(0, cycles if _roomy(config) else 1, PERIOD)
    for base in loads:
        for plane in range(config.planes):
            first = base + plane * (S + 4)
            arrive = first + t.read + far
            for number in range(config.lanes):
                site = mem_site(config, side, number)
                issue = arrive - t.read - (hops(config, site, edge, out) or 0)
                read = make(READ, a=base // PERIOD * S % config.bank_words, s=stream_ref(out, number), stride=step)
                schedule[f"{letter}.mem{number}"].append((issue, (read,), S))
            weights = schedule[f"{letter}.mxm{plane}.weights"]
            weights.append((arrive, (make(LW, s=stream_ref(out, 0), col=0, stride=1),), S))
            weights.append((arrive + S, (make(IW, **{"from": 0}),), 1))
    start = t.read + far + config.planes * (S + 4) + S + 8
    for number in range(min(8, config.slices)):
        name, site = f"{letter}.mem{store + number}", mem_site(config, side, store + number)
        plane = number // 4
        issue = start - t.read - (hops(config, site, edge, out) or 0)
        read = make(READ, a=0, s=stream_ref(out, config.lanes + number % 4), stride=step) if number < 4 else None
        if plane >= config.planes:
            schedule[name] += [(issue, (read,), cycles)] if read else []
            continue
        arrive = start + t.abc + t.acc + (hops(config, edge, site, back) or 0)
        write = make(WRITE, a=1 << OFFSET_BITS, s=stream_ref(back, number), stride=step)
        if read:
            schedule[name].append((issue, (read,), arrive - issue))
        schedule[name].append((arrive, (read, write) if read else (write,), cycles))
    for plane in range(config.planes):
        form = FORMS.index("u8u8")
        abc = make(ABC, form=form, s=stream_ref(out, config.lanes + plane))
        acc = make(
            ACC,
            type=Type.I32.code,
            mode=MODES.index("write"),
            row=0,
            keep=1,
            out=_driven(back, 4 * plane),
        )
        schedule[f"{letter}.mxm{plane}.activations"].append((start, (abc,), cycles))
        schedule[f"{letter}.mxm{plane}.accumulators"].append((start + t.abc, (acc,), cycles))


def _driven(direction: Direction, number: int) -> int:
    """Value of an OUT field."""
    return stream_ref(direction, number) << 1 | 1


def _busy_from(config: Config) -> int:
    """Cycle from which sums stand on all streams."""
    t = timing(config)
    return t.read + config.positions + config.planes * (config.superlanes + 4) + config.superlanes + 8 + t.abc + t.acc


def _vxm(config: Config, schedule: Schedule, cycles: int) -> None:
    """Sums of both hemispheres through all ALUs: integer and float arithmetic, transcendentals."""
    by_name = {spec.mnemonic: spec for spec in VXM}
    i32, f32 = Type.I32.code, Type.F32.code
    start = _busy_from(config) + 2 * config.positions
    mixes = ("Cast", "Add", "Tanh", "Mul", "Exp", "Max", "RSqrt", "ReLU")
    for number in range(len(config.alus)):
        name = mixes[number % len(mixes)]
        way = Direction(number // 2 % 2)
        fields = {"type": i32 if name in ("Cast", "Add", "Max") else f32, "a": _operand(way, 0)}
        if name == "Cast":
            fields["to"] = f32
        if name in ("Add", "Mul", "Max"):
            fields["b"] = _operand(way, 4 if config.planes == 2 else 0)
        if number < 12:
            fields["out"] = _driven(Direction(number // 6), 8 + 4 * (number % 6))
        schedule[f"vxm{number}"].append((start, (make(by_name[name], **fields),), cycles - 4 * config.positions))


def _operand(direction: Direction, number: int) -> int:
    return stream_operand(stream_ref(direction, number))


def _sxm(config: Config, schedule: Schedule, cycles: int) -> None:
    start = _busy_from(config) + 2 * config.positions
    for side in Hemisphere:
        out, back, letter = _outward(side), _inward(side), side.letter
        act = stream_ref(out, config.lanes)
        rows: dict[str, Op] = {
            "shift_north": make(SHIFT, n=3, s=act, out=_driven(back, 24)),
            "shift_south": make(SHIFT, n=5, s=act, out=_driven(back, 25)),
            "permute": make(PERMUTE, s=act, map=stream_ref(out, config.lanes + 2), out=stream_ref(back, 26)),
            "distribute0": make(DISTRIBUTE, s=stream_ref(back, 0), map=act, out=stream_ref(back, 8)),
            "distribute1": make(DISTRIBUTE, s=stream_ref(back, 0), map=act, out=stream_ref(back, 16)),
        }
        if config.lanes <= 8:
            rows["transpose0"] = make(TRANSPOSE, s=stream_ref(back, 0), out=stream_ref(out, 24))
        else:
            rows["rotate"] = make(ROTATE, n=4, s=act, out=stream_ref(out, config.streams - 16))
        for name, op in rows.items():
            schedule[f"{letter}.sxm.{name}"].append((start, (op,), cycles - 4 * config.positions))


def _links(config: Config, schedule: Schedule, cycles: int) -> None:
    """Every link sends."""
    start = _busy_from(config) + 2 * config.positions
    for queue in queues(config):
        if queue.unit is Unit.C2C:
            send = make(SEND, link=links_of(config, queue)[0], s=stream_ref(_outward(Hemisphere(queue.hemisphere)), 0))
            schedule[queue.name].append((start, (send,), cycles - 4 * config.positions))


def _spill(config: Config, schedule: Schedule, cycles: int) -> None:
    """The slices of the weights store sums whenever they do not read."""
    first, last = _busy_from(config) + 2 * config.positions, cycles - 2 * config.positions
    for side in Hemisphere:
        for number in range(config.lanes if _roomy(config) else 0):
            entries = schedule[f"{side.letter}.mem{number}"]
            write = make(WRITE, a=1 << OFFSET_BITS, s=stream_ref(_inward(side), number % (4 * config.planes)), stride=1)
            ends = [cycle + count for cycle, _, count in entries]
            starts = [*[cycle for cycle, _, _ in entries[1:]], last]
            for begin, end in zip(ends, starts, strict=True):
                if end > max(begin, first):
                    entries.append((max(begin, first), (write,), end - max(begin, first)))


#: What is busy besides the planes and the memories that they read and write, in the order in which it is added.
UNITS: Mapping[str, Callable[[Config, Schedule, int], None]] = MappingProxyType(
    {"memory": _spill, "VXM": _vxm, "SXM": _sxm, "links": _links}
)


def _text(entries: list[tuple[int, Word, int]]) -> tuple[int, ...]:
    """Words of a queue: waits, instructions with their Repeats, Sync at the end."""
    words, now = [], 0
    for cycle, word, count in sorted(entries, key=lambda entry: entry[0]):
        words += [(make(NOP, n=cycle - now),)] if cycle > now else []
        words.append(word)
        left = count - 1
        while left:
            words.append((make(REPEAT, n=min(left, _LONGEST)),))
            left -= min(left, _LONGEST)
        now = cycle + count
    return tuple(encode(word) for word in [*words, (make(SYNC),)])
