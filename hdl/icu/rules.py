"""What binds the fields of an instruction beyond their ranges, as logic; ``arch.isa.legal`` says the same in Python."""

from collections.abc import Callable, Iterable
from typing import Any

from amaranth import Cat, Const, Mux, Value

from arch.config import OFFSET_BITS, Config
from arch.isa.fields import SOURCE_BITS, STREAM_BITS
from arch.isa.fields import SOURCES as SOURCE_NAMES
from arch.isa.mxm import ABC, FORMS, MODES, SOURCES
from arch.isa.spec import Spec
from arch.isa.sxm import SELECT
from arch.isa.vxm import OPERATION_OF, VXM, operand_type, result_type
from arch.queues import Queue
from arch.types import Type

#: Ways to a neighbor in the mesh, in the order of the bits of a VXM queue's place.
WAYS = ("N", "E", "S", "W")
#: Bits of what tells queues of the same unit apart, see :func:`hdl.icu.legal.place_of`.
PLACE_BITS = len(WAYS)


def rules_of(config: Config, queue: Queue, spec: Spec, view: Any, place: Value) -> list[Value]:
    """What must hold of a word of ``spec``.

    Parameters
    ----------
    config : Config
        The machine.
    queue : Queue
        The queue, or any other of the same kind.
    spec : Spec
        The instruction.
    view : data.View
        Its fields.
    place : Value
        What tells the queue from others of its kind.
    """
    if spec in VXM:
        return _vxm(config, queue, spec, view, place)
    if spec is SELECT:
        return _amount(config, queue, view, place)
    rule = _RULES.get(spec.mnemonic)
    return rule(config, queue, view, place) if rule else []


def _config(config: Config, _queue: Queue, view: Any, _place: Value) -> list[Value]:
    return [view.n <= config.superlanes]


def _linear(config: Config, _queue: Queue, view: Any, _place: Value) -> list[Value]:
    return [view.a[:OFFSET_BITS] < config.bank_words]


def _indexed(config: Config, _queue: Queue, view: Any, _place: Value) -> list[Value]:
    return [view.lo <= view.hi, view.hi < config.bank_words]


def _load(config: Config, _queue: Queue, view: Any, _place: Value) -> list[Value]:
    return [view.col < config.superlanes]


def _install(config: Config, queue: Queue, view: Any, place: Value) -> list[Value]:
    named = view.s.any() | view.col.any() | view.stride.any()
    return [(view["from"] == SOURCES.index("streams")) | ~named, *_load(config, queue, view, place)]


def _abc(config: Config, queue: Queue, view: Any, _place: Value) -> list[Value]:
    is_f16 = view.form == FORMS.index("f16")
    rules = [is_f16 | (view.half == 0)]
    # A pair of streams is what differs; the list of streams above is that of int8.
    fits = view.s[0] == 0
    return [*rules, ~is_f16 | fits] if _has_fp16(config, queue) else [*rules, ~is_f16]


def _acc(config: Config, queue: Queue, view: Any, _place: Value) -> list[Value]:
    is_read = view.mode == MODES.index("read")
    types = [Type.I32, *([Type.F32] if _has_fp16(config, queue) else [])]
    is_type = Value.cast(0)
    for element in types:
        is_type = is_type | (view.type == element.code)
    return [is_type, view.row < config.acc_rows, ~is_read | ~view.keep, view.out[0] | view.keep]


def _amount(config: Config, _queue: Queue, view: Any, _place: Value) -> list[Value]:
    return [view.n < config.vector]


def _side(config: Config, _queue: Queue, view: Any, _place: Value) -> list[Value]:
    return [view.n * view.n <= config.lanes]


def _link(_config: Config, _queue: Queue, view: Any, place: Value) -> list[Value]:
    return [view.link[1:] == place]


def _vxm(config: Config, queue: Queue, spec: Spec, view: Any, place: Value) -> list[Value]:
    """Types that both operation and ALU have; operands, and the result, that there are and are aligned."""
    operation, alu = OPERATION_OF[spec.mnemonic], config.alus[queue.number]
    element = view.type
    to = view.to if spec.mnemonic == "Cast" else element
    rules = [_is_type(element, lambda t: t in operation.types and t in alu.types), _is_type(to, alu.types.__contains__)]
    if operation.saturates:
        rules.append(~view.sat | _is_type(element, lambda t: not t.floating))
    for role in operation.operands:
        source, ref = view[role][:SOURCE_BITS], view[role][SOURCE_BITS:]
        offset = spec.mnemonic == "Cast" and role == "b"
        named = [(source == SOURCE_NAMES.index("imm")) | (source == SOURCE_NAMES.index("self"))]
        named += [(source == SOURCE_NAMES.index(way)) & place[n] for n, way in enumerate(WAYS)]
        named = [(ref == 0) & Cat(*named).any()]
        if role != "c":
            widths = [(t, operand_type(spec.mnemonic, role, t).bytes) for t in Type]
            named.append((source == SOURCE_NAMES.index("stream")) & _aligned(config, ref, element, widths))
        if offset:
            named = [Cat(*named).any() & ~_is_type(to, lambda t: t.floating), view[role] == SOURCE_NAMES.index("none")]
        rules.append(Cat(*named).any())
    widths = [(t, result_type(spec.mnemonic, t, t).bytes) for t in Type]
    rules.append(Mux(view.out[0], _aligned(config, view.out[1:], to, widths), view.out == 0))
    return rules


def _aligned(config: Config, ref: Value, element: Value, widths: Iterable[tuple[Type, int]]) -> Value:
    """Whether a group of a width that depends on the element's type is one of the streams."""
    number = ref[: STREAM_BITS - 1]
    fits = []
    for width in sorted({width for _, width in widths}):
        is_width = _is_type(element, lambda t, width=width: (t, width) in widths)
        allowed = sum(1 << first for first in range(0, config.streams - width + 1, width))
        fits.append(is_width & Const(allowed, 1 << len(number)).bit_select(number, 1))
    return Cat(*fits).any()


def _is_type(code: Value, holds: Callable[[Type], bool]) -> Any:
    """Whether a type's code is one of those for which something holds."""
    return Const(sum(1 << t.code for t in Type if holds(t)), len(Type)).bit_select(code, 1)


def _has_fp16(config: Config, queue: Queue) -> bool:
    return config.mxm_fp16 and queue.number % 2 == 0


_RULES: dict[str, Callable[[Config, Queue, Any, Value], list[Value]]] = {
    "Config": _config,
    "Read": _linear,
    "Write": _linear,
    "Gather": _indexed,
    "Scatter": _indexed,
    "LW": _load,
    "IW": _install,
    ABC.mnemonic: _abc,
    "ACC": _acc,
    "Shift": _amount,
    "Rotate": _side,
    "Deskew": _link,
    "Send": _link,
    "Receive": _link,
}
