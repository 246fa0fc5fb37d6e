"""Runs of Reads that bring a whole group of streams to a unit at once: what chance alone would seldom do."""

from collections.abc import Callable
from dataclasses import dataclass

from arch import conveyor
from arch.config import GROUP_SLICES, OFFSET_BITS
from arch.conveyor import Direction
from arch.features import DISTRIBUTE_GROUP
from arch.isa import mem, mxm
from arch.isa.fields import stream_ref
from arch.isa.spec import make
from arch.isa.table import Word
from arch.queues import Unit
from tb.random.cursor import Cursor
from tb.random.draw import draw, groups
from tb.random.scene import Appointment, Scene
from tb.random.schedule import Place

#: Units worth a burst, with the widths of their groups; 0 is a wide group.
_TARGETS: tuple[tuple[Unit, tuple[int, ...]], ...] = (
    (Unit.MXM_WEIGHTS, (0,)),
    (Unit.MXM_WEIGHTS, (0,)),
    (Unit.MXM_ACTIVATIONS, (1, 2)),
    (Unit.VXM, (1, 2, 4, 4)),
    (Unit.SXM_TRANSPOSE, (0,)),
    (Unit.SXM_DISTRIBUTE, (DISTRIBUTE_GROUP,)),
    (Unit.SXM_PERMUTE, (2,)),
    (Unit.SXM_PERMUTE, (2,)),
    (Unit.SXM_SHIFT_NORTH, (1,)),
    (Unit.SXM_ROTATE, (1,)),
    (Unit.MEM, (2,)),
    (Unit.MEM, (2,)),
    (Unit.C2C, (1,)),
)


@dataclass(frozen=True)
class _Way:
    """How a group comes to a unit: direction, first stream, cycle of arrival, spacings of its repetitions."""

    target: Cursor
    direction: Direction
    stream: int
    cycle: int
    gaps: tuple[int, ...]


def burst(scene: Scene) -> None:
    """Make the appointments of one burst, if queues are there for it."""
    rng, config = scene.rng, scene.machine.config
    unit, widths = rng.choice(_TARGETS)
    queues = [c for c in scene.of(unit) if c.parked is None and not c.exhausted]
    if not queues:
        return
    target, width = rng.choice(queues), rng.choice(widths) or config.lanes
    ways = [way for way in Direction if target.queue.site.sample(way) is not None]
    whole = (1 << config.streams) - 1
    found = groups(scene.brush.palette, width, config.streams) or groups(whole, width, config.streams)
    cycle = scene.now + scene.machine.times.read + config.groups + config.vxm_hops + rng.randrange(1, 8)
    gaps = [rng.choice((1, 1, 1, 2, 3))] * rng.choice((0, 1, 3, 7))
    if unit is Unit.MXM_WEIGHTS:
        gaps = [rng.choice((1, 1, 2))] * (config.superlanes - 1)
    way = _Way(target, rng.choice(ways), rng.choice(found), cycle, tuple(gaps))
    if unit is Unit.SXM_PERMUTE:
        done = _permute_maps(scene, way)
    elif unit is Unit.MEM:
        done = _address_maps(scene, way)
    else:
        done = _group(scene, way, width)
    if done:
        gaps = way.gaps if unit is Unit.MXM_WEIGHTS or rng.random() < 0.5 else ()
        scene.agenda[cycle].append(Appointment(target.queue.index, _consumer(scene, way), gaps))


def _consumer(scene: Scene, way: _Way) -> Callable[[], Word | None]:
    """What the target does with the group."""
    columns = scene.machine.config.superlanes
    ref = stream_ref(way.direction, way.stream)
    if way.target.queue.unit is Unit.MXM_WEIGHTS and scene.rng.random() < 0.9:
        column, stride = scene.rng.choice(((0, 1), (columns - 1, -1)))
        if scene.rng.random() < 0.25:
            word = (make(mxm.IW, **{"from": 1, "s": ref, "col": column, "stride": stride}),)
        else:
            word = (make(mxm.LW, s=ref, col=column, stride=stride),)
        return lambda: word
    return lambda: draw(scene.brush, way.target.queue)


def _sources(scene: Scene, way: _Way) -> list[tuple[Cursor, int]]:
    """Slices that can feed the target, with the cycle in which they must read."""
    found = []
    for cursor in scene.of(Unit.MEM):
        hops = conveyor.hops(scene.machine.config, cursor.queue.site, way.target.queue.site, way.direction)
        if hops is None or cursor.parked is not None or cursor.exhausted or cursor is way.target:
            continue
        issue = way.cycle - hops - scene.machine.times.read
        if issue > scene.now and cursor.busy <= issue:
            found.append((cursor, issue))
    return found


def _group(scene: Scene, way: _Way, width: int) -> bool:
    """Feed a whole group; slices of a group of four hold the bytes of its elements where that is possible."""
    rng = scene.rng
    sources = _sources(scene, way)
    rng.shuffle(sources)
    common = scene.brush.common
    address = rng.getrandbits(1) << OFFSET_BITS | rng.randint(*common)
    stride = rng.choice((0, 1, 1, -1))
    picked = []
    for stream in range(way.stream, way.stream + width):
        if not sources:
            return False
        byte = stream % GROUP_SLICES
        pair = next((s for s in sources if s[0].queue.number % GROUP_SLICES == byte), sources[0])
        sources.remove(pair)
        picked.append((*pair, stream))
    same = rng.random() < 0.7
    for cursor, issue, stream in picked:
        place = address if same else rng.getrandbits(1) << OFFSET_BITS | rng.randint(*common)
        _read(scene, way, cursor, issue, stream, place, stride)
    return True


def _read(scene: Scene, way: _Way, cursor: Cursor, issue: int, stream: int, address: int, stride: int) -> None:
    word = (make(mem.READ, a=address, s=stream_ref(way.direction, stream), stride=stride),)
    scene.agenda[issue].append(Appointment(cursor.queue.index, lambda: word, way.gaps))


def _permute_maps(scene: Scene, way: _Way) -> bool:
    """Feed the two halves of a Permute map, and something to permute."""
    rng, contents = scene.rng, scene.machine.contents
    sources = {(c.queue.hemisphere, c.queue.number): (c, issue) for c, issue in _sources(scene, way)}
    halves: dict[str, dict[int, list[Place]]] = {"low": {}, "high": {}}
    for where, tag in contents.items():
        if tag.kind in halves and where[:2] in sources and tag.lit >= scene.machine.lit:
            halves[tag.kind].setdefault(tag.number, []).append(where)
    pairs = [
        (low, high)
        for number, lows in halves["low"].items()
        for low in lows
        for high in halves["high"].get(number, ())
        if low[:2] != high[:2]
    ]
    if not pairs:
        return False
    pair = rng.choice(pairs)
    for plus, where in enumerate(pair):
        _read(scene, way, *sources[where[:2]], way.stream + plus, where[2], 0)
    others = [s for key, s in sources.items() if key not in (pair[0][:2], pair[1][:2])]
    if others:
        third = (way.stream + 2) % scene.machine.config.streams
        _read(scene, way, *rng.choice(others), third, rng.randint(*scene.brush.common), 1)
    return True


def _address_maps(scene: Scene, way: _Way) -> bool:
    """Feed a slice with one or two maps of addresses, and something to scatter."""
    rng, common = scene.rng, scene.brush.common
    sources = {(c.queue.hemisphere, c.queue.number): (c, issue) for c, issue in _sources(scene, way)}
    places = [where for where, tag in scene.machine.contents.items() if tag.kind == "map" and where[:2] in sources]
    rng.shuffle(places)
    fed = 0
    for where in places:
        if fed < 2 and where[:2] in sources:
            _read(scene, way, *sources.pop(where[:2]), way.stream + fed, where[2], 0)
            fed += 1
    if fed and sources:
        third = (way.stream + 2) % scene.machine.config.streams
        _read(scene, way, *rng.choice(list(sources.values())), third, rng.randint(*common), 1)
    return fed > 0
