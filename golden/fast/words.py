"""Instruction words, each distinct one decoded once, as table rows that array code indexes.

Most words of a program differ from others of their queue in an address, a row or an immediate alone. What is left
when these *varying* fields are cleared is the word's *form*: what it samples and drives, where and when. Forms are
decoded and judged by `arch`; a word costs a few shifts.
"""

from dataclasses import dataclass
from enum import IntEnum

from arch import effects
from arch.config import OFFSET_BITS, Config
from arch.effects import StreamUse
from arch.isa import legal, table
from arch.isa.mem import GATHER, READ, SCATTER, WRITE
from arch.isa.mxm import ACC, LW
from arch.isa.spec import OPCODE_BITS, Spec
from arch.isa.table import Word
from arch.isa.vxm import VXM
from arch.queues import Queue, queues

__all__ = ["Code", "Form", "WordTable"]

_OPCODE = (1 << OPCODE_BITS) - 1
_OFFSET = (1 << OFFSET_BITS) - 1


class Code(IntEnum):
    """What a queue does with a word."""

    UNDEFINED = 0
    UNIT = 1
    NOP = 2
    REPEAT = 3
    IFETCH = 4
    SYNC = 5
    NOTIFY = 6
    CONFIG = 7


_ICU = {"NOP": Code.NOP, "Ifetch": Code.IFETCH, "Sync": Code.SYNC, "Notify": Code.NOTIFY, "Config": Code.CONFIG}
_ICU["Repeat"] = Code.REPEAT


@dataclass(frozen=True)
class Form:
    """What all words of one queue share that differ in varying fields only.

    Attributes
    ----------
    queue
        The queue.
    word
        Its instructions, the varying fields zero.
    samples, drives
        Stream groups (``arch.effects``), those of a MEM word's read part first.
    """

    queue: Queue
    word: Word
    samples: tuple[StreamUse, ...]
    drives: tuple[StreamUse, ...]


@dataclass(frozen=True)
class _Number:
    """A varying number and its stride in the word: column (0, or 1 for a MEM word's write part), place, limit."""

    column: int
    lsb: int
    mask: int
    limit: int
    stride_lsb: int = 0
    stride_mask: int = 0

    @property
    def bits(self) -> int:
        """Bits of the word that vary."""
        return self.mask << self.lsb | self.stride_mask << self.stride_lsb

    def stride(self, value: int) -> int:
        """Signed stride of a word; 0 where there is none."""
        raw = value >> self.stride_lsb & self.stride_mask
        return raw - (self.stride_mask + 1) if raw << 1 > self.stride_mask else raw


class WordTable:
    """Words of a run by a small number, as columns that grow.

    Attributes
    ----------
    code, n, d
        Kind (:class:`Code`) and operands of the queue's own instructions, by word.
    form
        Index into ``forms``; -1 for words that no unit executes.
    number, stride, number2, stride2
        Offset of a Read, row of an ACC, column of an LW or IW, immediate of the VXM, and what a Repeat adds to it; the
        second pair is the offset of a Write.
    value
        The words themselves.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.queues = queues(config)
        self.code: list[int] = []
        self.n: list[int] = []
        self.d: list[int] = []
        self.form: list[int] = []
        self.number: list[int] = []
        self.stride: list[int] = []
        self.number2: list[int] = []
        self.stride2: list[int] = []
        self.value: list[int] = []
        self.queue: list[int] = []
        self.forms: list[Form] = []
        self._ids: dict[tuple[int, int], int] = {}
        self._forms: dict[tuple[int, int], int] = {}
        self._varying = _varying_fields(config)

    def lookup(self, queue: int, value: int) -> int:
        """Number of a word in a queue, a new one if it is new."""
        key = (queue, value)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = self._add(queue, value)
        return found

    def word(self, wid: int) -> Word | None:
        """The instructions of a word, decoded in full; None if it is undefined."""
        queue = self.queues[self.queue[wid]]
        return _legal_word(self.config, queue, self.value[wid])

    def _add(self, queue: int, value: int) -> int:
        varying = self._varying.get(value & _OPCODE)
        if varying is None:
            return self._add_plain(queue, value)
        template = value
        for field in varying:
            template &= ~field.bits
        form = self._form(queue, template)
        columns = [0, 0, 0, 0]
        within = True
        for field in varying:
            number = value >> field.lsb & field.mask
            within &= number < field.limit
            columns[2 * field.column : 2 * field.column + 2] = number, field.stride(value)
        if form < 0 or (not within and _legal_word(self.config, self.queues[queue], value) is None):
            return self._row(queue, value, Code.UNDEFINED)
        return self._row(queue, value, Code.UNIT, form=form, numbers=tuple(columns))

    def _add_plain(self, queue: int, value: int) -> int:
        """A word without varying fields: the queue's own, or one of the rarer instructions."""
        word = _legal_word(self.config, self.queues[queue], value)
        if word is None:
            return self._row(queue, value, Code.UNDEFINED)
        code = _ICU.get(word[0].mnemonic, Code.UNIT)
        fields = word[0].asdict()
        if code is Code.UNIT:
            numbers = (fields.get("col", 0), fields.get("stride", 0), 0, 0)
            return self._row(queue, value, code, form=self._form(queue, value), numbers=numbers)
        form = self._form(queue, value) if code is Code.IFETCH else -1
        return self._row(queue, value, code, form=form, n=fields.get("n", 0), d=fields.get("d", 0))

    def _row(
        self,
        queue: int,
        value: int,
        code: Code,
        *,
        form: int = -1,
        n: int = 0,
        d: int = 0,
        numbers: tuple[int, ...] = (0, 0, 0, 0),
    ) -> int:
        self.value.append(value)
        self.queue.append(queue)
        self.code.append(int(code))
        self.form.append(form)
        self.n.append(n)
        self.d.append(d)
        for column, number in zip((self.number, self.stride, self.number2, self.stride2), numbers, strict=True):
            column.append(number)
        return len(self.value) - 1

    def _form(self, queue: int, template: int) -> int:
        """Index of a form; -1 if no word of it is legal."""
        key = (queue, template)
        found = self._forms.get(key)
        if found is None:
            found = self._forms[key] = self._new_form(self.queues[queue], template)
        return found

    def _new_form(self, queue: Queue, template: int) -> int:
        word = _legal_word(self.config, queue, template)
        if word is None:
            return -1
        samples = tuple(use for op in word for use in effects.samples(self.config, queue, op))
        drives = tuple(use for op in word for use in effects.drives(self.config, queue, op))
        self.forms.append(Form(queue, word, samples, drives))
        return len(self.forms) - 1


def _legal_word(config: Config, queue: Queue, value: int) -> Word | None:
    word = table.decode(value, queue.unit)
    return None if word is None or legal.problem(config, queue, word) else word


def _varying_fields(config: Config) -> dict[int, tuple[_Number, ...]]:
    """Varying fields by opcode. Zero in all of them is as legal as anything below the limits."""
    found: dict[int, tuple[_Number, ...]] = {
        LW.opcode: (_number(LW, "col", config.superlanes),),
        ACC.opcode: (_number(ACC, "row", config.acc_rows),),
    }
    read, write = _number(READ, "a", config.bank_words, _OFFSET), _number(WRITE, "a", config.bank_words, _OFFSET, 1)
    for opcode in (READ.opcode, READ.opcode | SCATTER.opcode):
        found[opcode] = (read,)
    for opcode in (WRITE.opcode, WRITE.opcode | GATHER.opcode):
        found[opcode] = (write,)
    found[READ.opcode | WRITE.opcode] = (read, write)
    for spec in VXM:
        immediate = spec.by_name["imm"]
        whole = (1 << immediate.width) - 1
        found[spec.opcode] = (_Number(0, immediate.lsb, whole, whole + 1),)
    return found


def _number(spec: Spec, name: str, limit: int, keep: int | None = None, column: int = 0) -> _Number:
    """Varying number of an instruction and its stride; of the number only the bits ``keep`` vary."""
    number, stride = spec.by_name[name], spec.by_name["stride"]
    mask = (1 << number.width) - 1 if keep is None else keep
    return _Number(column, number.lsb, mask, limit, stride.lsb, (1 << stride.width) - 1)
