"""Which words a queue takes, as logic: what ``arch.isa.decode`` and ``arch.isa.legal`` say, made from the same table.

Which streams a field may name is found by asking ``arch.isa.legal`` for each of the 64, but for the VXM, where it
depends on other fields; ranges are made from the table, and what else binds fields is in ``hdl.icu.rules``.
"""

from collections.abc import Iterator
from functools import reduce
from itertools import product
from operator import or_
from typing import Any, ClassVar

from amaranth import Const, Module, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import BANKS, LINKS_PER_QUEUE, OFFSET_BITS, Config
from arch.isa.fields import SOURCES as OPERAND_SOURCES
from arch.isa.fields import Field, Kind, stream_ref
from arch.isa.legal import problem
from arch.isa.mem import MEM, READ_PART, WRITE_PART
from arch.isa.mxm import SOURCES
from arch.isa.spec import OPCODE_BITS, Op, Spec, make
from arch.isa.table import encode, specs_of
from arch.isa.vxm import VXM
from arch.queues import Queue, Unit, links_of, mesh_neighbor
from arch.types import Type
from hdl.icu.layout import WORD_BITS, word_layout
from hdl.icu.rules import PLACE_BITS, WAYS, rules_of
from hdl.seam import Block

_MXM = (Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS, Unit.MXM_ACCUMULATORS)


def variant(config: Config, queue: Queue) -> str:
    """What tells queues apart that take different words, at the end of module names: the unit; of the MXM, where
    streams come by from one side only, the hemisphere; of the VXM the kind of ALU."""
    name = queue.unit.value
    if queue.unit is Unit.VXM:
        alu = config.alus[queue.number]
        return "_".join((name, *(t.value for t in alu.types), "large" if alu.large else "plain"))
    if queue.unit not in _MXM or queue.hemisphere is None:
        return name
    plane = f"_{queue.number}" if config.mxm_fp16 else ""
    return f"{name}_{queue.hemisphere.letter.lower()}{plane}"


def place_of(config: Config, queue: Queue) -> int:
    """What tells queues of one variant apart, for the port ``place``: of the VXM a bit for each neighbor that the ALU
    has, of C2C the pair of links."""
    if queue.unit is Unit.VXM:
        return sum(1 << n for n, way in enumerate(WAYS) if mesh_neighbor(config, queue.number, way) is not None)
    return links_of(config, queue)[0] // LINKS_PER_QUEUE if queue.unit is Unit.C2C else 0


class Legal(Block):
    """Tells whether a queue takes a word. Latency 0.

    Parameters
    ----------
    config : Config
        The machine.
    queue : Queue
        The queue, or any other of the same :func:`variant`.

    Members
    -------
    place : In(4)
        :func:`place_of` the queue, a constant.
    word : In(128)
    ok : Out(1)
        Whether ``arch.isa.decode`` and ``arch.isa.legal.problem`` accept it.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, config: Config, queue: Queue):
        self.config, self.queue = config, queue
        name = (variant(config, queue), config.fingerprint.hex()[:8])
        super().__init__("legal", name, {"place": In(PLACE_BITS), "word": In(WORD_BITS), "ok": Out(1)})

    def body(self, platform: Any) -> Module:
        m = Module()
        with m.Switch(self.word[:OPCODE_BITS]):
            for n, specs in enumerate(_words(self.config, self.queue)):
                rules: list[Value] = [(self.word & ((1 << WORD_BITS) - 1 & ~_mask(specs))) == 0]
                views = [data.View(word_layout(spec), self.word) for spec in specs]
                for spec, view in zip(specs, views, strict=True):
                    rules += _fields(self.config, self.queue, spec, view)
                    rules += rules_of(self.config, self.queue, spec, view, self.place)
                if len(specs) == 2:
                    rules.append((_banks(specs[0], views[0]) & _banks(specs[1], views[1])) == 0)
                verdict = Signal(len(rules), name=f"rules_{n}")
                opcode = 0
                for spec in specs:
                    opcode |= spec.opcode
                with m.Case(opcode):
                    m.d.comb += [verdict[i].eq(rule) for i, rule in enumerate(rules)]
                    m.d.comb += self.ok.eq(verdict.all())
        return m


def used_bits(config: Config, queue: Queue) -> int:
    """Mask of the bits that any word which a queue takes may have set."""
    return reduce(or_, (_mask(specs) for specs in _words(config, queue)))


def _words(config: Config, queue: Queue) -> Iterator[tuple[Spec, ...]]:
    """Specifications that can share a word of a queue: one, or a read part and a write part of MEM."""
    there = [spec for spec in specs_of(queue.unit) if sample_op(config, queue, spec) is not None]
    yield from ((spec,) for spec in there)
    if queue.unit is Unit.MEM:
        reads = [spec for spec in there if spec in MEM and spec.opcode & READ_PART]
        writes = [spec for spec in there if spec in MEM and spec.opcode & WRITE_PART]
        yield from product(reads, writes)


def _mask(specs: tuple[Spec, ...]) -> int:
    """Bits of a word that such instructions use."""
    return reduce(or_, (field.mask for spec in specs for field in spec.fields), (1 << OPCODE_BITS) - 1)


def _fields(config: Config, queue: Queue, spec: Spec, view: Any) -> Iterator[Value]:
    """What each field allows by itself."""
    for spec_field in spec.fields:
        value = view[spec_field.name]
        if spec_field.kind in (Kind.STREAM, Kind.OUT) and spec not in VXM:
            named = _streams(config, queue, spec, spec_field, value)
            # An IW from the buffer names no stream.
            yield named | (view["from"] == SOURCES.index("buffer")) if "from" in spec.by_name else named
        elif spec_field.kind not in (Kind.SINT, Kind.OPERAND, Kind.OUT):
            if spec_field.minimum > 0:
                yield value >= spec_field.minimum
            if spec_field.maximum < (1 << spec_field.width) - 1:
                yield value <= spec_field.maximum


def _streams(config: Config, queue: Queue, spec: Spec, spec_field: Field, value: Value) -> Any:
    """Whether a stream can be named, looked up among all."""
    base = sample_op(config, queue, spec)
    assert base is not None
    if "keep" in spec.by_name:
        base = base.replace(keep=1)  # then an ACC need not emit
    allowed = 0
    for code in range(1 << spec_field.width):
        if spec_field.legal(code) and problem(config, queue, (base.replace(**{spec_field.name: code}),)) is None:
            allowed |= 1 << code
    return Const(allowed, 1 << spec_field.width).bit_select(value, 1)


def sample_op(config: Config, queue: Queue, spec: Spec) -> Op | None:
    """An instruction that the queue takes; None if the configuration has none such."""
    choices: dict[str, tuple[int, ...]] = {}
    for spec_field in spec.fields:
        if spec_field.kind is Kind.STREAM:
            choices[spec_field.name] = (stream_ref(0, 0), stream_ref(1, 0))
        elif spec_field.kind is Kind.OUT:
            choices[spec_field.name] = (stream_ref(0, 0) << 1 | 1, stream_ref(1, 0) << 1 | 1, 0)
        elif spec_field.kind is Kind.OPERAND:
            choices[spec_field.name] = (OPERAND_SOURCES.index("imm"), OPERAND_SOURCES.index("none"))
        elif spec_field.kind is Kind.TYPE:
            choices[spec_field.name] = tuple(t.code for t in (Type.I32, Type.F32, *Type))
        elif spec_field.name == "link":
            choices["link"] = links_of(config, queue)
        elif spec_field.name == "from":
            choices["from"] = (SOURCES.index("streams"),)
        elif spec_field.default is None:
            choices[spec_field.name] = (max(spec_field.minimum, 0),)
    for values in product(*choices.values()):
        op = make(spec, **dict(zip(choices, values, strict=True)))
        if problem(config, queue, (op,)) is None:
            encode((op,))
            return op
    return None


def _banks(spec: Spec, view: Any) -> Value:
    if "banks" in spec.by_name:
        return view.banks
    return Const(1, BANKS) << view.a[OFFSET_BITS]
