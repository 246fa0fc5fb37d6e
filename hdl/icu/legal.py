"""Which words a queue takes, as logic: what ``arch.isa.decode`` and ``arch.isa.legal`` say, made from the same table.

Which streams a field may name is found by asking ``arch.isa.legal`` for each of the 64; ranges and rules between fields
are written out here.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, ClassVar

from amaranth import Const, Module, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.isa.fields import Field, Kind, stream_ref
from arch.isa.legal import problem
from arch.isa.mem import MEM, READ_PART, WRITE_PART
from arch.isa.mxm import ABC, FORMS, MODES, SOURCES
from arch.isa.spec import OPCODE_BITS, Op, Spec, make
from arch.isa.table import encode, specs_of
from arch.queues import Queue, Unit
from arch.types import Type
from hdl.icu.layout import WORD_BITS, word_layout
from hdl.seam import Block

#: Units whose instructions are checked here so far.
UNITS = (Unit.MEM, Unit.MXM_WEIGHTS, Unit.MXM_ACTIVATIONS, Unit.MXM_ACCUMULATORS)


def variant(config: Config, queue: Queue) -> str:
    """What tells queues apart that take different words: the unit, and where streams come by from one side only, the
    hemisphere; at the end of module names."""
    if queue.unit not in UNITS:
        raise ValueError(f"{queue.name} must be a queue of MEM or MXM: the hardware of others does not exist yet")
    side = "" if queue.unit is Unit.MEM else f"_{Hemisphere(queue.hemisphere or 0).letter.lower()}"
    plane = f"_{queue.number}" if queue.unit is not Unit.MEM and config.mxm_fp16 else ""
    return f"{queue.unit.value}{side}{plane}"


class Legal(Block):
    """Tells whether a queue takes a word. Latency 0.

    Parameters
    ----------
    config : Config
        The machine.
    queue : Queue
        The queue, or any other that takes the same words.

    Members
    -------
    word : In(128)
    ok : Out(1)
        Whether ``arch.isa.decode`` and ``arch.isa.legal.problem`` accept it.
    """

    clocked: ClassVar[bool] = False

    def __init__(self, *, config: Config, queue: Queue):
        self.config, self.queue = config, queue
        name = (variant(config, queue), config.fingerprint.hex()[:8])
        super().__init__("legal", name, {"word": In(WORD_BITS), "ok": Out(1)})

    def body(self, platform: Any) -> Module:
        m = Module()
        with m.Switch(self.word[:OPCODE_BITS]):
            for n, specs in enumerate(_words(self.queue.unit)):
                used = (1 << OPCODE_BITS) - 1
                for spec in specs:
                    for spec_field in spec.fields:
                        used |= spec_field.mask
                rules: list[Value] = [(self.word & ((1 << WORD_BITS) - 1 & ~used)) == 0]
                views = [data.View(word_layout(spec), self.word) for spec in specs]
                for spec, view in zip(specs, views, strict=True):
                    rules += _fields(self.config, self.queue, spec, view)
                    rules += _RULES.get(spec.mnemonic, _no_rules)(self.config, self.queue, view)
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


def _words(unit: Unit) -> Iterator[tuple[Spec, ...]]:
    """Specifications that can share a word: one, or a read part and a write part of MEM."""
    yield from ((spec,) for spec in specs_of(unit))
    if unit is Unit.MEM:
        reads = [spec for spec in MEM if spec.opcode & READ_PART]
        writes = [spec for spec in MEM if spec.opcode & WRITE_PART]
        yield from product(reads, writes)


def _fields(config: Config, queue: Queue, spec: Spec, view: Any) -> Iterator[Value]:
    """What each field allows by itself."""
    for spec_field in spec.fields:
        value = view[spec_field.name]
        if spec_field.kind in (Kind.STREAM, Kind.OUT):
            named = _streams(config, queue, spec, spec_field, value)
            # An IW from the buffer names no stream.
            yield named | (view["from"] == SOURCES.index("buffer")) if "from" in spec.by_name else named
        elif spec_field.kind is not Kind.SINT:
            if spec_field.minimum > 0:
                yield value >= spec_field.minimum
            if spec_field.maximum < (1 << spec_field.width) - 1:
                yield value <= spec_field.maximum


def _streams(config: Config, queue: Queue, spec: Spec, spec_field: Field, value: Value) -> Any:
    """Whether a stream can be named, looked up among all."""
    base = sample_op(config, queue, spec)
    if "keep" in spec.by_name:
        base = base.replace(keep=1)  # then an ACC need not emit
    allowed = 0
    for code in range(1 << spec_field.width):
        if spec_field.legal(code) and problem(config, queue, (base.replace(**{spec_field.name: code}),)) is None:
            allowed |= 1 << code
    return Const(allowed, 1 << spec_field.width).bit_select(value, 1)


def sample_op(config: Config, queue: Queue, spec: Spec) -> Op:
    """An instruction that the queue takes."""
    choices: dict[str, tuple[int, ...]] = {}
    for spec_field in spec.fields:
        if spec_field.kind is Kind.STREAM:
            choices[spec_field.name] = (stream_ref(0, 0), stream_ref(1, 0))
        elif spec_field.kind is Kind.OUT:
            choices[spec_field.name] = (stream_ref(0, 0) << 1 | 1, stream_ref(1, 0) << 1 | 1, 0)
        elif spec_field.name == "type":
            choices["type"] = tuple(t.code for t in (Type.I32, Type.F32))
        elif spec_field.name == "from":
            choices["from"] = (SOURCES.index("streams"),)
        elif spec_field.default is None:
            choices[spec_field.name] = (max(spec_field.minimum, 0),)
    for values in product(*choices.values()):
        op = make(spec, **dict(zip(choices, values, strict=True)))
        if problem(config, queue, (op,)) is None:
            encode((op,))
            return op
    raise ValueError(f"{queue.name} takes no {spec.mnemonic}")


def _banks(spec: Spec, view: Any) -> Value:
    if "banks" in spec.by_name:
        return view.banks
    return Const(1, BANKS) << view.a[OFFSET_BITS]


def _no_rules(_config: Config, _queue: Queue, _view: Any) -> list[Value]:
    return []


def _config(config: Config, _queue: Queue, view: Any) -> list[Value]:
    return [view.n <= config.superlanes]


def _linear(config: Config, _queue: Queue, view: Any) -> list[Value]:
    return [view.a[:OFFSET_BITS] < config.bank_words]


def _indexed(config: Config, _queue: Queue, view: Any) -> list[Value]:
    return [view.lo <= view.hi, view.hi < config.bank_words]


def _load(config: Config, _queue: Queue, view: Any) -> list[Value]:
    return [view.col < config.superlanes]


def _install(config: Config, queue: Queue, view: Any) -> list[Value]:
    named = view.s.any() | view.col.any() | view.stride.any()
    return [(view["from"] == SOURCES.index("streams")) | ~named, *_load(config, queue, view)]


def _abc(config: Config, queue: Queue, view: Any) -> list[Value]:
    is_f16 = view.form == FORMS.index("f16")
    rules = [is_f16 | (view.half == 0)]
    # A pair of streams is what differs; the list of streams above is that of int8.
    fits = view.s[0] == 0
    return [*rules, ~is_f16 | fits] if _has_fp16(config, queue) else [*rules, ~is_f16]


def _acc(config: Config, queue: Queue, view: Any) -> list[Value]:
    is_read = view.mode == MODES.index("read")
    types = [Type.I32, *([Type.F32] if _has_fp16(config, queue) else [])]
    is_type = Value.cast(0)
    for element in types:
        is_type = is_type | (view.type == element.code)
    return [is_type, view.row < config.acc_rows, ~is_read | ~view.keep, view.out[0] | view.keep]


def _has_fp16(config: Config, queue: Queue) -> bool:
    return config.mxm_fp16 and queue.number % 2 == 0


_RULES: dict[str, Callable[[Config, Queue, Any], list[Value]]] = {
    "Config": _config,
    "Read": _linear,
    "Write": _linear,
    "Gather": _indexed,
    "Scatter": _indexed,
    "LW": _load,
    "IW": _install,
    ABC.mnemonic: _abc,
    "ACC": _acc,
}
