"""What has been run: one file per model, named as the model is, that is by its contents. So a change of the hardware
starts anew, and an interruption loses no more than the batch under way."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tb.random.coverage import Coverage

#: Kinds of counts of a :class:`tb.random.coverage.Coverage` whose keys are tuples or words.
_TABLES = ("kinds", "sources", "cells", "repeated", "pairs", "active", "near", "faults")


@dataclass
class Ledger:
    """Programs of one model in which hardware and golden model agree.

    Attributes
    ----------
    machine
        Its name.
    passed
        Their seeds.
    fuses
        Programs by the superlane that was bypassed.
    cycles
        Cycles that they ran, all together.
    injected
        Programs that ran with a bit error.
    coverage
        What they did.
    """

    machine: str
    passed: set[int] = field(default_factory=set)
    fuses: Counter[int] = field(default_factory=Counter)
    cycles: int = 0
    injected: int = 0
    coverage: Coverage = field(default_factory=Coverage)

    def to_json(self) -> str:
        """The file's text."""
        tables = {name: _rows(getattr(self.coverage, name)) for name in _TABLES}
        values = {
            "machine": self.machine,
            "passed": sorted(self.passed),
            "fuses": sorted(self.fuses.items()),
            "cycles": self.cycles,
            "injected": self.injected,
        }
        return json.dumps({**values, "coverage": tables})

    @classmethod
    def from_json(cls, text: str) -> "Ledger":
        """A file's contents; ``ValueError`` or ``KeyError`` if it is none."""
        values = json.loads(text)
        tables: dict[str, Any] = {
            name: Counter({_key(key): n for key, n in values["coverage"][name]}) for name in _TABLES
        }
        fuses = Counter({fuse: n for fuse, n in values["fuses"]})
        return cls(
            values["machine"], set(values["passed"]), fuses, values["cycles"], values["injected"], Coverage(**tables)
        )


def load(folder: Path, model: str, machine: str) -> Ledger:
    """Ledger of a model; a new one if there is none, or none that can be read."""
    try:
        return Ledger.from_json(_file(folder, model).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return Ledger(machine)


def latest(folder: Path) -> list[Ledger]:
    """The ledger of each machine that was written last."""
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    found = [load(folder, file.stem, "") for file in files]
    return list({book.machine: book for book in found if book.passed}.values())


def save(folder: Path, model: str, ledger: Ledger) -> None:
    """Keep a ledger; never half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(folder, model)
    new = file.with_suffix(".new")
    new.write_text(ledger.to_json(), encoding="utf-8")
    new.replace(file)


def _file(folder: Path, model: str) -> Path:
    return folder / f"{model}.json"


def _rows(table: Mapping[object, int]) -> list[tuple[object, int]]:
    return [(key, count) for key, count in sorted(table.items(), key=lambda row: str(row[0]))]


def _key(key: object) -> object:
    """Lists, as JSON has them, back to tuples."""
    return tuple(map(_key, key)) if isinstance(key, list) else key
