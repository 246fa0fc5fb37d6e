"""What counts as one case of functional coverage: kinds of instructions, sources of operands, words of two parts."""

from collections.abc import Iterator
from functools import cache
from itertools import product

from arch.config import BANKS, Config
from arch.conveyor import Direction
from arch.isa import legal
from arch.isa.fields import (
    SOURCE_BITS,
    SOURCES,
    Field,
    Kind,
    operand_source,
    stream_direction,
    stream_operand,
    stream_ref,
)
from arch.isa.spec import Op, Spec
from arch.isa.table import Word, specs_of
from arch.queues import Queue, Unit, links_of, queues
from arch.types import Type

#: An instruction with its types and its mode.
KindKey = tuple[str, str, str]
#: An instruction, an operand or result of it, and where that comes from or goes to.
SourceKey = tuple[str, str, str]

#: Fields each of whose values is a mode.
_MODES = ("sat", "from", "form", "half", "mode", "keep", "banks")
_REFS = tuple(stream_ref(way, 0) for way in Direction)


def name_of(queue: Queue, op: Op) -> str:
    """Name of an instruction; with its unit where several have it."""
    shared = op.mnemonic in ("Shift", "Select")
    return f"{op.mnemonic} ({queue.unit.value})" if shared else op.mnemonic


def kind(queue: Queue, op: Op) -> KindKey:
    """Instruction, types, mode."""
    values = op.asdict()
    types = ">".join(Type.from_code(values[f.name]).value for f in op.spec.fields if f.kind is Kind.TYPE)
    modes = [f"{f.name}={f.format(values[f.name])}" for f in op.spec.fields if f.name in _MODES]
    if op.mnemonic == "Rotate":
        modes.append(f"n={values['n']}")
    return name_of(queue, op), types, " ".join(modes)


def sources(queue: Queue, op: Op) -> Iterator[SourceKey]:
    """Where each operand comes from and each result goes."""
    for spec_field, value in zip(op.spec.fields, op.values, strict=True):
        text = _source(spec_field, value)
        if text is not None:
            yield name_of(queue, op), spec_field.name, text


def _source(spec_field: Field, value: int) -> str | None:
    if spec_field.kind is Kind.STREAM:
        return f"stream {stream_direction(value).letter}"
    if spec_field.kind is Kind.OUT:
        return f"stream {stream_direction(value >> 1).letter}" if value else "none"
    if spec_field.kind is Kind.OPERAND:
        source = operand_source(value)
        way = f" {stream_direction(value >> SOURCE_BITS).letter}" if source == "stream" else ""
        return source + way
    return None


def parts(word: Word) -> KindKey | None:
    """A MEM word of two parts with the banks of each; None for other words."""
    if len(word) < 2:
        return None
    return " | ".join(op.mnemonic for op in word), "", " | ".join(f"banks={legal.banks(op)}" for op in word)


@cache
def possible(config: Config) -> tuple[frozenset[KindKey], frozenset[SourceKey]]:
    """Every kind and every source that this machine has, found by asking ``arch.isa.legal``."""
    kinds: set[KindKey] = set()
    found: set[SourceKey] = set()
    # What queues take differs by hemisphere and, among the ALUs, by number; fp16 is for the first plane.
    alike = {(q.unit, q.hemisphere, q.number * (q.unit is Unit.VXM)): q for q in reversed(queues(config))}
    for queue in alike.values():
        for spec in specs_of(queue.unit):
            for op in _samples(config, queue, spec):
                keys = set(sources(queue, op))
                if (kind(queue, op) in kinds and keys <= found) or legal.problem(config, queue, (op,)):
                    continue
                kinds.add(kind(queue, op))
                found |= keys
    everything = (1 << BANKS) - 1
    mapped = config.features.indexed
    for read, write in product(("Read", "Gather")[: 1 + mapped], ("Write", "Scatter")[: 1 + mapped]):
        for first, second in product(range(1, everything + 1), repeat=2):
            single = all(
                name in ("Gather", "Scatter") or mask != everything for name, mask in ((read, first), (write, second))
            )
            if single and not first & second:
                kinds.add((f"{read} | {write}", "", f"banks={first} | banks={second}"))
    return frozenset(kinds), frozenset(found)


def _samples(config: Config, queue: Queue, spec: Spec) -> Iterator[Op]:
    """Instructions of one specification, every kind and every source among them, many of them illegal."""
    base = [_values(config, queue, spec, f) for f in spec.fields]
    for values in product(*base):
        yield Op(spec, values)
        for n, spec_field in enumerate(spec.fields):
            if spec_field.kind is Kind.OPERAND:
                for other in _operands():
                    yield Op(spec, (*values[:n], other, *values[n + 1 :]))


def _operands() -> list[int]:
    plain = [code for code, name in enumerate(SOURCES) if name != "stream"]
    return plain + [stream_operand(ref) for ref in _REFS]


def _values(config: Config, queue: Queue, spec: Spec, spec_field: Field) -> tuple[int, ...]:
    if spec_field.kind is Kind.TYPE:
        return tuple(t.code for t in Type)
    if spec_field.kind is Kind.STREAM:
        return _REFS
    if spec_field.kind is Kind.OUT:
        return (0, *(ref << 1 | 1 for ref in _REFS))
    if spec_field.kind is Kind.OPERAND:
        return (0,) if spec_field.default == 0 else (SOURCES.index("imm"),)
    if spec_field.name == "link":
        return links_of(config, queue)
    if spec_field.name in _MODES or spec.mnemonic == "Rotate":
        return tuple(range(spec_field.minimum, spec_field.maximum + 1))
    return (spec_field.minimum,) if spec_field.kind is Kind.UINT else (0,)
