"""Program to exact text: assembled again it gives the same bytes."""

import json
from collections.abc import Iterator
from itertools import groupby

from arch.config import OFFSET_BITS, PRESETS, WORD_BYTES
from arch.isa.spec import Op
from arch.isa.table import decode
from arch.program import Program, Segment
from arch.queues import Queue, queues
from compiler.asm.blocks import PADDING
from compiler.asm.exact import Clock
from compiler.asm.parser import TEXT_VERSION


def disassemble(program: Program) -> str:
    """Text of a program in ``.exact`` form, with the cycle of each word as far as its queue alone decides it.

    A queue that holds a single Sync is left out. Words that the queue does not know are written as ``.word``.
    """
    return "\n".join(_lines(program)) + "\n"


def _lines(program: Program) -> Iterator[str]:
    config = program.config
    yield f".superlane {TEXT_VERSION}"
    named = PRESETS.get(config.name) == config
    yield f".preset {config.name}" if named else f".config {config.to_json()}"
    yield ".exact"
    if program.meta != "{}":
        yield f".meta {json.dumps(program.meta)}"
    for region in program.regions:
        place = f"{region.hemisphere.letter}.mem{region.mem_slice} {_address(region.address)}"
        yield f".{region.role} {json.dumps(region.name)} {place} rows={region.rows}"
    for queue, words in zip(queues(config), program.preload, strict=True):
        if words != (PADDING,):
            yield ""
            yield f".queue {queue.name}"
            yield from _words(queue, words)
    for segment in program.data:
        yield ""
        yield f".data {segment.hemisphere.letter}.mem{segment.mem_slice} {_address(segment.address)}"
        yield from _rows(segment, config.vector)


def _words(queue: Queue, words: tuple[int, ...]) -> Iterator[str]:
    clock = Clock(queue.unit)
    for value in words:
        word = decode(value, queue.unit)
        text = f".word 0x{value:0{2 * WORD_BYTES}x}" if word is None else " | ".join(op_text(op) for op in word)
        label = "" if clock.now is None else f"{clock.now}:"
        yield f"{label:>8} {text}"
        clock.take(value)


def op_text(op: Op) -> str:
    """Spelling of an instruction; fields that hold their defaults are left out."""
    fields = zip(op.spec.fields, op.values, strict=True)
    given = [f"{field.name}={field.format(value)}" for field, value in fields if value != field.default]
    return " ".join([op.mnemonic, *given])


def _rows(segment: Segment, vector: int) -> Iterator[str]:
    data = segment.data
    rows = [data[at : at + vector] for at in range(0, len(data), vector)]
    for zero, group in groupby(rows, key=lambda row: not any(row)):
        same = list(group)
        if zero:
            yield f"    zeros {len(same)}"
        else:
            yield from (f"    hex {row.hex()}" for row in same)


def _address(address: int) -> str:
    bank, offset = divmod(address, 1 << OFFSET_BITS)
    return f"{bank}:{offset}"
