"""The table of all instructions, and the codec of words that follows from it."""

from types import MappingProxyType

from arch.config import WORD_BYTES
from arch.isa.c2c import C2C
from arch.isa.icu import ICU, REPEAT
from arch.isa.mem import MEM, MEM_BASE, READ_PART, WRITE_PART
from arch.isa.mxm import MXM
from arch.isa.spec import OPCODE_BITS, Op, Spec
from arch.isa.sxm import SXM
from arch.isa.vxm import VXM
from arch.queues import Unit

#: Every instruction, in the order of the manual.
TABLE: tuple[Spec, ...] = (*ICU, *MEM, *VXM, *MXM, *SXM, *C2C)

_BY_OPCODE = MappingProxyType({spec.opcode: spec for spec in TABLE})

#: A word's instructions: one, or a read part and a write part of MEM.
Word = tuple[Op, ...]


def specs_of(unit: Unit) -> tuple[Spec, ...]:
    """Instructions that queues of a unit take, the ICU's included."""
    return tuple(spec for spec in TABLE if not spec.units or unit in spec.units)


def spec_named(mnemonic: str, unit: Unit) -> Spec | None:
    """Instruction of a mnemonic (whatever its case) in queues of a unit; None if there is none."""
    return next((s for s in specs_of(unit) if s.mnemonic.lower() == mnemonic.lower()), None)


def is_icu(word: Word) -> bool:
    """Whether the queue itself executes the word."""
    return not word[0].spec.units


def repeats(word: Word) -> bool:
    """Whether the word is a Repeat."""
    return word[0].spec is REPEAT


def encode(word: Word) -> int:
    """128-bit word of its instructions; ``ValueError`` if they cannot share one."""
    if len(word) > 1:
        opcodes = [op.spec.opcode for op in word]
        parts = [sum(bool(code & mask) for code in opcodes) for mask in (READ_PART, WRITE_PART)]
        if len(word) > 2 or parts != [1, 1] or any(op.spec not in MEM for op in word):
            names = " | ".join(op.mnemonic for op in word)
            raise ValueError(f"a word holds one instruction, or one read part and one write part of MEM, not {names}")
    value = 0
    for op in word:
        value |= op.encode()
    return value


def decode(value: int, unit: Unit) -> Word | None:
    """Instructions of a 128-bit word in a queue of a unit; None if the word is undefined there.

    A word is undefined if its opcode is, if a field holds an undefined value, or if an unused bit is set. What the
    configuration forbids beyond that is told by :func:`arch.isa.legal.problem`.
    """
    opcode = value & ((1 << OPCODE_BITS) - 1)
    specs = _parts(opcode)
    if specs is None or value >> (WORD_BYTES * 8):
        return None
    used = (1 << OPCODE_BITS) - 1
    word = []
    for spec in specs:
        if spec.units and unit not in spec.units:
            return None
        values = tuple(f.extract(value) for f in spec.fields)
        if not all(f.legal(v) for f, v in zip(spec.fields, values, strict=True)):
            return None
        for spec_field in spec.fields:
            used |= spec_field.mask
        word.append(Op(spec, values))
    return None if value & ~used else tuple(word)


def _parts(opcode: int) -> tuple[Spec, ...] | None:
    if opcode in _BY_OPCODE:
        return (_BY_OPCODE[opcode],)
    if opcode & ~(READ_PART | WRITE_PART) != MEM_BASE:
        return None
    read = _BY_OPCODE.get(MEM_BASE | opcode & READ_PART)
    write = _BY_OPCODE.get(MEM_BASE | opcode & WRITE_PART)
    return None if read is None or write is None else (read, write)
