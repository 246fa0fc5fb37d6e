"""Which instructions a machine has: plain forms of each, judged by `arch.isa.legal`."""

from arch.config import Config
from arch.conveyor import Direction
from arch.isa import legal
from arch.isa.fields import SOURCES, STREAM_BITS, Field, Kind
from arch.isa.spec import Op, Spec
from arch.isa.table import specs_of
from arch.queues import Queue, links_of, queues
from arch.types import Type


def available(config: Config, spec: Spec) -> bool:
    """Whether some queue of a machine takes some form of an instruction."""
    return any(
        legal.problem(config, queue, (op,)) is None
        for queue in queues(config)
        if spec in specs_of(queue.unit)
        for op in _forms(config, queue, spec)
    )


def _forms(config: Config, queue: Queue, spec: Spec) -> list[Op]:
    """A plain form of an instruction for each direction of its streams and each element type."""
    forms = []
    for way in Direction:
        for element in Type if "type" in spec.by_name else (Type.I8,):
            forms.append(Op(spec, tuple(_plain(config, queue, field, way, element) for field in spec.fields)))
    return forms


def _plain(config: Config, queue: Queue, field: Field, way: Direction, element: Type) -> int:
    if field.kind is Kind.STREAM:
        return way << STREAM_BITS - 1
    if field.kind is Kind.OUT:
        return way << STREAM_BITS | 1
    if field.kind is Kind.OPERAND:
        return SOURCES.index("imm") if field.default is None else field.default
    if field.kind is Kind.TYPE:
        return element.code
    if field.name == "link":
        return links_of(config, queue)[0]
    return field.minimum if field.default is None else field.default
