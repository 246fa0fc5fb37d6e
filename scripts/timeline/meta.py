"""What a compiler says about its program in `Program.meta`: names of operators and tensors, and what it predicts.

All keys are optional, and keys that are not named here are others' business (docs/timeline.md lists them).
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.program import Program
from arch.queues import queues


@dataclass(frozen=True)
class Tensor:
    """A piece of a tensor in memory: ``rows`` addresses from ``address`` on, in one slice.

    ``first`` and ``last`` are the cycles of its first write and last read; None for the begin and end of the run.
    """

    name: str
    hemisphere: int
    mem_slice: int
    address: int
    rows: int
    shape: tuple[int, ...] = ()
    type: str = ""
    role: str = "tensor"
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class Operator:
    """An operator of the network: cycles of its first and last issue, and its multiplications."""

    name: str
    source: str
    first: int
    last: int
    macs: int


@dataclass(frozen=True)
class Meta:
    """Remarks of a program.

    Attributes
    ----------
    network
        Its name; "" if there is none.
    predicted
        Cycles that the compiler predicts.
    labels
        Names that ``runs`` refers to.
    runs : int64[runs, 5]
        Queue, first cycle, issues, cycles from one to the next, label.
    """

    network: str = ""
    predicted: int | None = None
    labels: tuple[str, ...] = ()
    runs: NDArray[np.int64] | None = None
    tensors: tuple[Tensor, ...] = ()
    operators: tuple[Operator, ...] = ()


def meta_of(program: Program) -> Meta:
    """Remarks of a program; ``ValueError`` says in one line which of them is not what it should be."""
    record = json.loads(program.meta)
    labels = _list(record, "labels")
    if not all(isinstance(label, str) for label in labels):
        raise ValueError("meta.labels must be a list of texts")
    predicted = record.get("predicted")
    if predicted is not None:
        if not isinstance(predicted, dict):
            raise ValueError("meta.predicted must be an object")
        predicted = _whole(predicted, "cycles", "meta.predicted") if "cycles" in predicted else None
    tensors = enumerate(_list(record, "tensors"))
    operators = enumerate(_list(record, "operators"))
    return Meta(
        _text(record, "network", "meta"),
        predicted,
        tuple(labels),
        _runs(program.config, _list(record, "runs"), len(labels)) if "runs" in record else None,
        tuple(_tensor(program.config, _object(row, f"meta.tensors[{n}]"), f"meta.tensors[{n}]") for n, row in tensors),
        tuple(_operator(_object(row, f"meta.operators[{n}]"), f"meta.operators[{n}]") for n, row in operators),
    )


def _runs(config: Config, rows: list, labels: int) -> NDArray[np.int64]:
    limits = (len(queues(config)), 1 << 40, 1 << 40, 1 << 40, max(labels, 1))
    for number, row in enumerate(rows):
        whole = isinstance(row, list) and len(row) == len(limits) and all(type(v) is int for v in row)
        if not whole or not all(0 <= v < limit for v, limit in zip(row, limits, strict=True)) or 0 in row[2:4]:
            wanted = "[queue, first cycle, issues, cycles between, label]"
            raise ValueError(f"meta.runs[{number}] must be {wanted} of this machine, not {str(row)[:60]}")
    return np.array(rows, np.int64).reshape(-1, len(limits))


def _tensor(config: Config, row: dict[str, Any], where: str) -> Tensor:
    side = row.get("hemisphere")
    names = {hemisphere.letter: int(hemisphere) for hemisphere in Hemisphere}
    side = names.get(side, side) if isinstance(side, str) else side
    if side not in (0, 1):
        raise ValueError(f"{where}.hemisphere must be 0 (west) or 1 (east), not {row.get('hemisphere')!r}")
    shape = row.get("shape") or []
    if not isinstance(shape, list) or not all(type(n) is int for n in shape):
        raise ValueError(f"{where}.shape must be a list of whole numbers, not {shape!r}")
    found = Tensor(
        _text(row, "name", where),
        int(side),
        _whole(row, "slice", where),
        _whole(row, "address", where),
        _whole(row, "rows", where),
        tuple(shape),
        _text(row, "type", where),
        _text(row, "role", where) or "tensor",
        _whole(row, "first", where) if row.get("first") is not None else None,
        _whole(row, "last", where) if row.get("last") is not None else None,
    )
    offset = found.address % (1 << OFFSET_BITS)
    inside = found.mem_slice < config.slices and found.address < BANKS << OFFSET_BITS
    if not inside or offset + found.rows > config.bank_words:
        raise ValueError(f"{where} ({found.name}) must lie in a bank of this machine")
    return found


def _operator(row: dict[str, Any], where: str) -> Operator:
    first, last = _whole(row, "first", where), _whole(row, "last", where)
    macs = _whole(row, "macs", where) if row.get("macs") is not None else 0
    return Operator(_text(row, "name", where), _text(row, "source", where), first, last, macs)


def _list(record: dict[str, Any], name: str) -> list:
    value = record.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"meta.{name} must be a list")
    return value


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object")
    return value


def _text(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{where}.{name} must be text, not {value!r}")
    return value or ""


def _whole(record: dict[str, Any], name: str, where: str) -> int:
    value = record.get(name)
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError(f"{where}.{name} must be a whole number, not {value!r}")
    return value
