"""One simulation: some programs on a model, one after the other, until one differs."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arch.program import Program
from golden.injection import Injection
from tb import lockstep, verilator

#: A program, with a bit error or without.
Case = tuple[Program, Injection | None]


@dataclass(frozen=True)
class Agreement:
    """What a program gave in which hardware and golden model agree: cycles, and records of faults by kind."""

    cycles: int
    faults: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """What a simulation gave.

    Attributes
    ----------
    agreed
        Of the first programs, those in which both agree.
    difference
        What the next one showed; empty if there is none.
    """

    agreed: tuple[Agreement, ...]
    difference: str


class Batch:
    """Runs programs on one model.

    Parameters
    ----------
    model
        Of :func:`tb.models.lockstep_model`.
    folder
        For program files and logs.
    """

    def __init__(self, model: verilator.Model, folder: Path) -> None:
        self._model, self._folder = model, folder

    def __call__(self, cases: Sequence[Case], fuse: int) -> Outcome:
        """Run; ``fuse`` is the superlane that is bypassed, where there is a spare."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.json"):
            old.unlink()
        files = [self._folder / f"{number}.slp" for number in range(len(cases))]
        for file, (program, injection) in zip(files, cases, strict=True):
            file.write_bytes(program.to_bytes())
            if injection is not None:
                file.with_suffix(lockstep.INJECTION).write_text(lockstep.injection_text(injection), "utf-8")
        difference = ""
        try:
            variables = {lockstep.PROGRAM: os.pathsep.join(map(str, files)), lockstep.FUSE: str(fuse)}
            verilator.run(self._model, "tb.lockstep", self._folder, **variables)
        except AssertionError as error:
            difference = summary(str(error))
        notes = [file.with_suffix(lockstep.AGREED) for file in files]
        agreed = tuple(Agreement(**json.loads(note.read_text("utf-8"))) for note in notes if note.exists())
        return Outcome(agreed, difference)


def summary(log: str) -> str:
    """What a log says of a difference, or of a check that stopped the model."""
    lines = log.splitlines()
    marks = ("cycle ", "at the end", "Assertion failed", " on one ", "must be")
    at = next((n for n, line in enumerate(lines) if "Error: " in line and any(mark in line for mark in marks)), None)
    return "\n".join(lines[-12:] if at is None else lines[at : at + 12])
