"""Drawing one instruction: fields at random, operands from what is defined where the unit stands.

A draw need not be legal: :func:`tb.random.rules.plan` and :func:`tb.random.rules.admits` judge it. It is to be legal
often enough, and every instruction, type, mode and source is to occur.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Direction
from arch.features import DISTRIBUTE_GROUP
from arch.isa import c2c, legal, mem, mxm, sxm, vxm
from arch.isa.fields import SOURCES, stream_direction, stream_number, stream_operand, stream_ref
from arch.isa.spec import Op, Spec, make
from arch.isa.table import Word
from arch.queues import Queue, Unit, links_of, mesh_neighbor
from arch.types import Type
from tb.random.machine import Machine
from tb.random.values import immediate

_MESH = ("N", "E", "S", "W", "self")


class NoOperandError(ValueError):
    """Nothing is there that the instruction could use."""


@dataclass
class Brush:
    """What drawing needs.

    Attributes
    ----------
    rng
        Source of all choices.
    machine
        What is defined.
    palette
        Streams that results may go to, a bit each; few, so that groups come together.
    common
        Lowest and highest offset that all banks of all slices define.
    counts
        How often each instruction, type or mode was drawn: the rare ones are preferred.
    """

    rng: Random
    machine: Machine
    palette: int
    common: tuple[int, int]
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def config(self) -> Config:
        """The machine's sizes."""
        return self.machine.config

    def rarest(self, names: Iterable[str]) -> str:
        """One of the names, the seldom drawn more likely."""
        rows = list(names)
        return self.rng.choices(rows, [1 / (1 + self.counts[row]) for row in rows])[0]

    def source(self, queue: Queue, width: int) -> int:
        """Reference of a group that is defined where the queue's unit samples."""
        ways = list(Direction)
        self.rng.shuffle(ways)
        for way in ways:
            mask = self.machine.streams.defined(way, queue.site.sample(way))
            if found := groups(mask, width, self.config.streams):
                return stream_ref(way, self.rng.choice(found))
        raise NoOperandError

    def target(self, queue: Queue, width: int) -> int:
        """Reference of a group that the queue's unit can drive."""
        ways = [way for way in Direction if queue.site.drive(way) is not None]
        streams = self.config.streams
        found = groups(self.palette, width, streams) or groups((1 << streams) - 1, width, streams)
        return stream_ref(self.rng.choice(ways), self.rng.choice(found))

    def out(self, queue: Queue, width: int, chance: float) -> int:
        """Value of a field of kind OUT."""
        return self.target(queue, width) << 1 | 1 if self.rng.random() < chance else 0

    def stride(self, size: int) -> int:
        """A stride in a space of ``size``."""
        return self.rng.choice((0, 1, 1, 1, -1, -1, 2, self.rng.randrange(-size, size)))


@cache
def groups(mask: int, width: int, streams: int) -> tuple[int, ...]:
    """First streams of the aligned groups whose streams are all in a mask."""
    whole, align = (1 << width) - 1, 1 << (width - 1).bit_length()
    return tuple(s for s in range(0, streams - width + 1, align) if mask >> s & whole == whole)


def _tagged(brush: Brush, queue: Queue, kind: str, avoid: int = 0) -> int:
    """Reference of a stream at the queue's unit with contents of a kind, addresses in no bank of ``avoid``."""
    machine, found = brush.machine, []
    for way in Direction:
        position = queue.site.sample(way)
        if position is not None:
            tags = machine.streams.tags(way, position)
            found += [stream_ref(way, s) for s, tag in tags if tag.kind == kind and not tag.banks & avoid]
    if not found:
        raise NoOperandError
    return brush.rng.choice(found)


def read(brush: Brush, queue: Queue, avoid: int = 0) -> Op:
    """A Read of some word, in no bank of ``avoid``, a bit each."""
    rng, words = brush.rng, brush.config.bank_words
    key = (queue.hemisphere, queue.number)
    tagged = [where[2] for where in brush.machine.contents if where[:2] == key] if rng.random() < 0.3 else []
    address = rng.choice(tagged) if tagged else rng.getrandbits(1) << OFFSET_BITS | rng.randint(*brush.common)
    if rng.random() < 0.3:
        address = rng.getrandbits(1) << OFFSET_BITS | rng.randrange(words)
    address = _beside(address, avoid)
    return make(mem.READ, a=address, s=brush.target(queue, 1), stride=brush.stride(1 << OFFSET_BITS - 1))


def _beside(address: int, avoid: int) -> int:
    """The address, in the other bank if its own is to be avoided."""
    return address ^ 1 << OFFSET_BITS if avoid >> (address >> OFFSET_BITS) & 1 else address


def write(brush: Brush, queue: Queue, avoid: int = 0) -> Op:
    """A Write to anywhere, in no bank of ``avoid``."""
    rng = brush.rng
    address = _beside(rng.getrandbits(1) << OFFSET_BITS | rng.randrange(brush.config.bank_words), avoid)
    return make(mem.WRITE, a=address, s=brush.source(queue, 1), stride=brush.stride(1 << OFFSET_BITS - 1))


def _range(brush: Brush, queue: Queue, avoid: int) -> dict[str, int]:
    """Map, banks and range of a Gather or Scatter."""
    rng, everything = brush.rng, (1 << BANKS) - 1
    low, high = brush.common
    if brush.machine.tolerant and rng.random() < 0.5:
        start, ref = rng.randint(low, high), brush.source(queue, 1)
        return {"map": ref, "banks": rng.randint(1, everything), "lo": start, "hi": rng.randint(start, high)}
    ref = _tagged(brush, queue, "map", avoid)
    way, stream = stream_direction(ref), stream_number(ref)
    tag = dict(brush.machine.streams.tags(way, queue.site.sample(way) or 0))[stream]
    tight = rng.random() < 0.3
    lo, hi = (tag.low, tag.high) if tight else (rng.randint(low, tag.low), rng.randint(tag.high, high))
    banks = tag.banks | (rng.randint(0, everything) & ~avoid if rng.random() < 0.3 else 0)
    return {"map": ref, "banks": banks, "lo": lo, "hi": hi}


def gather(brush: Brush, queue: Queue, avoid: int = 0) -> Op:
    """A Gather by a map that is at hand."""
    return make(mem.GATHER, s=brush.target(queue, 1), **_range(brush, queue, avoid))


def scatter(brush: Brush, queue: Queue, avoid: int = 0) -> Op:
    """A Scatter by a map that is at hand."""
    return make(mem.SCATTER, s=brush.source(queue, 1), **_range(brush, queue, avoid))


def _mem(brush: Brush, queue: Queue) -> Word:
    """A read part, a write part or both; by map where one is at hand, most of the time."""
    word: list[Op] = []
    shape = brush.rng.choices(("r", "w", "rw"), (5, 2, 3))[0]
    for letter, linear, mapped in (("r", read, gather), ("w", write, scatter)):
        if letter in shape:
            avoid = legal.banks(word[0]) if word else 0
            try:
                by_map = brush.config.features.indexed and brush.rng.random() < 0.6
                word.append((mapped if by_map else linear)(brush, queue, avoid))
            except NoOperandError:
                word.append(linear(brush, queue, avoid))
    return tuple(word)


def _vxm(brush: Brush, queue: Queue) -> Word:
    rng, alu = brush.rng, brush.config.alus[queue.number]
    able = [o for o in vxm.OPERATIONS if (alu.large or not o.large) and set(o.types) & set(alu.types)]
    # Cast has a kind for each pair of types, so it comes more often than the rest.
    operation = vxm.OPERATION_OF[brush.rarest([o.name for o in able] + ["Cast", "Cast"])]
    element = Type(brush.rarest(t.value for t in operation.types if t in alu.types))
    values = {"type": element.code}
    result = element
    if operation.name == "Cast":
        result = rng.choice(alu.types)
        values["to"] = result.code
    if operation.saturates and not element.floating:
        values["sat"] = rng.getrandbits(1)
    for role in operation.operands:
        optional = operation.name == "Cast" and role == "b"
        if optional and (result.floating or rng.random() < 0.5):
            values[role] = 0
        else:
            values[role] = _operand(brush, queue, role, vxm.operand_type(operation.name, role, element).bytes)
    values["out"] = brush.out(queue, vxm.result_type(operation.name, element, result).bytes, 0.6)
    uses_immediate = any(values[role] == SOURCES.index("imm") for role in operation.operands)
    if uses_immediate or rng.random() < 0.1:
        values["imm"] = immediate(rng)
    return (make(_VXM_SPECS[operation.name], **values),)


def _operand(brush: Brush, queue: Queue, role: str, width: int) -> int:
    rng, machine = brush.rng, brush.machine
    ready = []
    for way in _MESH:
        other = queue.number if way == "self" else mesh_neighbor(brush.config, queue.number, way)
        if machine.mesh_ready(other):
            ready.append(way)
    if ready and rng.random() < 0.45:
        return SOURCES.index(rng.choice(ready))
    if role != "c" and rng.random() < 0.8:
        try:
            return stream_operand(brush.source(queue, width))
        except NoOperandError:
            pass
    return SOURCES.index(rng.choice(ready) if ready and rng.random() < 0.5 else "imm")


_VXM_SPECS: Mapping[str, Spec] = {spec.mnemonic: spec for spec in vxm.VXM}


def _weights(brush: Brush, queue: Queue) -> Word:
    rng, columns = brush.rng, brush.config.superlanes
    assert queue.hemisphere is not None
    plane = brush.machine.planes[queue.hemisphere, queue.number]
    missing = [n for n, count in enumerate(plane.buffer) if count < brush.machine.lit]
    if not missing and rng.random() < 0.4:
        return (make(mxm.IW, **{"from": 0}),)
    column = rng.choice(missing) if missing else rng.randrange(columns)
    values = {"s": brush.source(queue, brush.config.lanes), "col": column, "stride": brush.stride(columns)}
    values["stride"] = max(-32, min(31, values["stride"]))
    if rng.random() < 0.35:
        return (make(mxm.IW, **{"from": 1}, **values),)
    return (make(mxm.LW, **values),)


def _activations(brush: Brush, queue: Queue) -> Word:
    paired = brush.config.mxm_fp16 and queue.number % 2 == 0
    form = brush.rarest(mxm.FORMS if paired else mxm.FORMS[:-1])
    wide = form == "f16"
    half = brush.rng.getrandbits(1) if wide else 0
    return (make(mxm.ABC, form=mxm.FORMS.index(form), s=brush.source(queue, 1 + wide), half=half),)


def _accumulators(brush: Brush, queue: Queue) -> Word:
    """An ACC, of the sums that arrive or of a row alone."""
    rng, machine = brush.rng, brush.machine
    assert queue.hemisphere is not None
    plane = machine.planes[queue.hemisphere, queue.number]
    arrived = plane.sums.get(machine.now)
    mode = brush.rarest(mxm.MODES if arrived else ("read",))
    element = Type(arrived[0]) if arrived else Type.I32
    if mode == "read" and brush.config.mxm_fp16 and queue.number % 2 == 0 and rng.getrandbits(1):
        element = Type.F32
    rows = [n for n, count in enumerate(plane.rows) if count >= machine.lit and mode != "write"]
    row = rng.choice(rows) if rows else rng.randrange(brush.config.acc_rows)
    keep = mode != "read" and rng.random() < 0.75
    out = brush.out(queue, 4, 0.5 if keep else 1.0)
    stride = max(-1024, min(1023, brush.stride(brush.config.acc_rows)))
    code = mxm.MODES.index(mode)
    return (make(mxm.ACC, type=element.code, mode=code, row=row, stride=stride, keep=int(keep), out=out),)


def _amount(brush: Brush) -> int:
    vector, lanes = brush.config.vector, brush.config.lanes
    low = brush.rng.choice((0, 1, vector - 1, lanes % vector, brush.rng.randrange(vector), brush.rng.randrange(vector)))
    return low


def _shift(brush: Brush, queue: Queue) -> Word:
    north = queue.unit is Unit.SXM_SHIFT_NORTH
    values = {"n": _amount(brush), "s": brush.source(queue, 1)}
    if north and brush.machine.shifts.get(queue.hemisphere) == brush.machine.now and brush.rng.random() < 0.8:
        return (make(sxm.SELECT, **values, mask=brush.source(queue, 1), out=brush.target(queue, 1)),)
    return (make(sxm.SHIFT, **values, out=brush.out(queue, 1, 1.0 if north else 0.6)),)


def _permute(brush: Brush, queue: Queue) -> Word:
    if brush.machine.tolerant and brush.rng.random() < 0.5:
        table = brush.source(queue, 2)
    else:
        table = _tagged(brush, queue, "low")
    return (make(sxm.PERMUTE, s=brush.source(queue, 1), map=table, out=brush.target(queue, 1)),)


def _distribute(brush: Brush, queue: Queue) -> Word:
    group, table = brush.source(queue, DISTRIBUTE_GROUP), brush.source(queue, 1)
    return (make(sxm.DISTRIBUTE, s=group, map=table, out=brush.target(queue, DISTRIBUTE_GROUP)),)


def _rotate(brush: Brush, queue: Queue) -> Word:
    sides = [n for n in (3, 4) if n * n <= brush.config.lanes]
    if not sides:
        raise NoOperandError
    n = brush.rng.choice(sides)
    return (make(sxm.ROTATE, n=n, s=brush.source(queue, 1), out=brush.target(queue, n * n)),)


def _transpose(brush: Brush, queue: Queue) -> Word:
    lanes = brush.config.lanes
    return (make(sxm.TRANSPOSE, s=brush.source(queue, lanes), out=brush.target(queue, lanes)),)


def _c2c(brush: Brush, queue: Queue) -> Word:
    machine, links = brush.machine, links_of(brush.config, queue)
    due = [n for n in links if machine.now - machine.times.loopback in machine.links[n]]
    if due or (machine.tolerant and brush.rng.random() < 0.3):
        return (make(c2c.RECEIVE, link=brush.rng.choice(due or links), s=brush.target(queue, 1)),)
    if brush.rng.random() < 0.1:
        return (make(c2c.DESKEW, link=brush.rng.choice(links)),)
    return (make(c2c.SEND, link=brush.rng.choice(links), s=brush.source(queue, 1)),)


_DRAWS: Mapping[Unit, Callable[[Brush, Queue], Word]] = {
    Unit.MEM: _mem,
    Unit.VXM: _vxm,
    Unit.MXM_WEIGHTS: _weights,
    Unit.MXM_ACTIVATIONS: _activations,
    Unit.MXM_ACCUMULATORS: _accumulators,
    Unit.SXM_DISTRIBUTE: _distribute,
    Unit.SXM_TRANSPOSE: _transpose,
    Unit.SXM_SHIFT_NORTH: _shift,
    Unit.SXM_SHIFT_SOUTH: _shift,
    Unit.SXM_PERMUTE: _permute,
    Unit.SXM_ROTATE: _rotate,
    Unit.C2C: _c2c,
}


def draw(brush: Brush, queue: Queue) -> Word | None:
    """A word for a queue, perhaps illegal; None if nothing is there that it could work on."""
    try:
        return _DRAWS[queue.unit](brush, queue)
    except NoOperandError:
        return None


def note(brush: Brush, word: Word) -> None:
    """Count what was drawn and issued."""
    for op in word:
        brush.counts[op.mnemonic] += 1
        if _VXM_SPECS.get(op.mnemonic) is op.spec or op.mnemonic == "ACC":
            brush.counts[Type.from_code(op["type"]).value] += 1
        if op.mnemonic == "ABC":
            brush.counts[mxm.FORMS[op["form"]]] += 1
        if op.mnemonic == "ACC":
            brush.counts[mxm.MODES[op["mode"]]] += 1
