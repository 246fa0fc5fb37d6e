"""Programs run on a recorded chip: one simulation for all of them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from arch.config import Config
from arch.faults import Fault
from arch.program import Program
from arch.queues import queues
from tb import record, verilator
from tb.models import lockstep_model
from tb.record import Record


@dataclass(frozen=True)
class Trial:
    """A program, and values for the chip's ports of an injected error."""

    program: Program
    armed: Mapping[str, int] = field(default_factory=dict)


@cache
def _model(config: Config) -> verilator.Model:
    """Model of a machine; the export that names it takes as long as all programs here."""
    try:
        return lockstep_model(config)
    except verilator.MissingToolError as error:
        pytest.skip(str(error))


def run(config: Config, folder: Path, trials: Mapping[str, Trial], fuse: int = 0) -> dict[str, Record]:
    """Run programs on a machine; their records by name."""
    model = _model(config)
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.slp" for name in trials}
    for name, trial in trials.items():
        files[name].write_bytes(trial.program.to_bytes())
        if trial.armed:
            files[name].with_suffix(".json").write_text(json.dumps(dict(trial.armed)), encoding="utf-8")
    variables = {record.PROGRAM: os.pathsep.join(map(str, files.values())), record.FUSE: str(fuse)}
    verilator.run(model, "tb.record", folder, **variables)
    return {name: record.load(file) for name, file in files.items()}


def faults(config: Config, found: Record) -> dict[tuple[str, int], tuple[Fault, int, int]]:
    """First fault, its cycle and the count, by queue and superlane."""
    names = [queue.name for queue in queues(config)]
    rows = found.reports.tolist()
    return {(names[q], k): (Fault(code), cycle, count) for q, k, code, cycle, count, _ in rows if count}


def corrections(config: Config, found: Record) -> dict[tuple[str, int], int]:
    """Corrected words by queue and superlane."""
    names = [queue.name for queue in queues(config)]
    return {(names[q], k): fixed for q, k, _, _, _, fixed in found.reports.tolist() if fixed}
