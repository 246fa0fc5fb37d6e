"""Instructions as the page spells them: a *form* for all words that differ in addresses, columns and rows alone."""

from dataclasses import dataclass

from arch import effects
from arch.config import OFFSET_BITS, Config
from arch.effects import StreamUse
from arch.isa.fields import Kind, operand_source
from arch.isa.mxm import MODES
from arch.isa.spec import Op
from arch.isa.table import Word, is_icu
from arch.queues import Queue

#: Fields that strides move, by their names.
_MOVED = ("a", "col", "row")
#: Mesh neighbors of an ALU.
WAYS = ("N", "E", "S", "W")
#: Mnemonics of MEM's parts that store.
_STORES = ("Write", "Scatter")


@dataclass(frozen=True)
class Form:
    """What words of one kind share.

    Attributes
    ----------
    mnemonic
        "Read", or "Read|Write".
    text
        Program text, with {0} and {1} where a value is that strides move.
    parts
        Of each such value: "r" or "w" where it is the address of a Read or Write, else "n".
    samples, drives
        (field, direction, stream, width, offset) of each stream group.
    ranges
        Of Gather and Scatter: ("r" or "w", banks, lowest and highest offset).
    inner
        Operands that come by no stream: (field, mesh neighbor or "self"); ("sums", "sums") of an ACC that takes sums.
    """

    mnemonic: str
    text: str
    parts: tuple[str, ...]
    samples: tuple[tuple[str, int, int, int, int], ...]
    drives: tuple[tuple[str, int, int, int, int], ...]
    ranges: tuple[tuple[str, int, int, int], ...]
    inner: tuple[tuple[str, str], ...]


class Forms:
    """Forms of a program's words, each told once."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._numbers: dict[tuple[object, ...], int] = {}
        self.forms: list[Form] = []

    def take(self, queue: Queue, word: Word) -> tuple[int, list[int]]:
        """Number of a word's form, and its values: (value, stride) of each placeholder, one behind the other."""
        cleared, values = [], []
        for op in word:
            moved = next((n for n, f in enumerate(op.spec.fields) if f.name in _MOVED), None)
            if moved is None or "stride" not in op.spec.by_name:
                cleared.append(op)
            else:
                values += [op.values[moved], op["stride"]]
                cleared.append(Op(op.spec, tuple(0 if n == moved else v for n, v in enumerate(op.values))))
        key = (queue.unit, tuple(cleared))
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.forms)
            self.forms.append(self._form(queue, tuple(cleared)))
        return found, values

    def _form(self, queue: Queue, word: Word) -> Form:
        texts: list[str] = []
        parts: list[str] = []
        ranges = []
        for op in word:
            texts.append(_text(op, parts))
            if "banks" in op.spec.by_name:
                ranges.append(("w" if op.mnemonic in _STORES else "r", op["banks"], op["lo"], op["hi"]))
        samples: list[StreamUse] = []
        drives: list[StreamUse] = []
        if word and (not is_icu(word) or word[0].mnemonic == "Ifetch"):
            for op in word:
                samples += effects.samples(self._config, queue, op)
                drives += effects.drives(self._config, queue, op)
        inner = tuple(found for op in word for found in _inner(op))
        mnemonic = "|".join(op.mnemonic for op in word) or "?"
        return Form(mnemonic, " | ".join(texts), tuple(parts), _uses(samples), _uses(drives), tuple(ranges), inner)


def _text(op: Op, parts: list[str]) -> str:
    words = [op.mnemonic]
    strided = "stride" in op.spec.by_name
    for field, value in zip(op.spec.fields, op.values, strict=True):
        if strided and field.name in _MOVED:
            words.append(f"{field.name}={{{len(parts)}}}")
            address = "w" if op.mnemonic in _STORES else "r"
            parts.append(address if field.kind is Kind.ADDRESS else "n")
        elif value != field.default:
            words.append(f"{field.name}={field.format(value)}")
    return " ".join(words)


def _inner(op: Op) -> list[tuple[str, str]]:
    if op.mnemonic == "ACC":
        return [] if MODES[op["mode"]] == "read" else [("sums", "sums")]
    operands = ((f.name, operand_source(op[f.name])) for f in op.spec.fields if f.kind is Kind.OPERAND)
    return [(name, source) for name, source in operands if source in (*WAYS, "self")]


def _uses(uses: list[StreamUse]) -> tuple[tuple[str, int, int, int, int], ...]:
    return tuple((use.role, int(use.direction), use.stream, use.width, use.offset) for use in uses)


def value_text(part: str, value: int) -> str:
    """Spelling of a placeholder's value."""
    if part == "n":
        return str(value)
    bank, offset = divmod(value, 1 << OFFSET_BITS)
    return f"{bank}:{offset}"
