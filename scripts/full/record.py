"""What export, build and runs of a machine took, kept beside its report: numbers for `docs/full-chip.md`.

A build that is there already takes no time; so its record is that of when it was made.
"""

import json
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arch.config import Config
from scripts import processor
from scripts.commands.files import write_whole
from scripts.full.runner import Ran
from scripts.sim.watch import Watch
from tb import hosted, verilator

#: Name of the file.
RECORD = "record.json"


def load(folder: Path) -> dict[str, Any]:
    """What is kept; nothing, if there is nothing."""
    file = folder / RECORD
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def build(config: Config, folder: Path, *, jobs: int) -> verilator.Model:
    """Export a machine and build its model, as far as that is not done yet, and keep what it took.

    Raises
    ------
    tb.verilator.MissingToolError, tb.verilator.BuildError
        See there.
    """
    verilator.root()
    fresh = not hosted.exported(config)
    with Watch(f"export {config.name} as Verilog"):
        texts, took = _measured(lambda: hosted.sources(config))
    if fresh:
        size = {"modules": len(texts), "bytes": sum(map(len, texts.values()))}
        _add(folder, {"preset": config.name, "export": took | size})
    planned = hosted.plan(texts)
    for name, one in (("superlane", planned.part), ("rim", planned)):
        if one is None or one.is_built:
            continue
        with Watch(f"build the {name}", lambda plan=one: verilator.progress(plan)):
            _, took = _measured(lambda plan=one: verilator.build(plan, jobs=jobs))
        _add(folder, {name: took | {"jobs": jobs, "folder": _size(one.folder)}})
    return verilator.build(planned, jobs=jobs)


def keep(folder: Path, found: Sequence[Ran], threads: int) -> None:
    """Add runs by threads and program: cycles, clock cycles in a second and in a second of a processor, and the golden
    model's cycles in a second."""
    kept = load(folder)
    runs, titles = kept.get("runs", {}), kept.get("titles", {})
    mine = runs.setdefault(str(threads), {})
    for ran in found:
        mine[ran.case.name] = {
            "cycles": ran.outcome.cycles,
            "speed": round(ran.speed, 1),
            "work": round(ran.work, 1),
            "golden": round(ran.golden.cycles / max(ran.seconds, 1e-9), 1),
            "equal": not ran.differences,
        }
        titles[ran.case.name] = ran.case.title
    _add(folder, {"runs": runs, "titles": titles})


def _add(folder: Path, more: dict[str, Any]) -> None:
    write_whole(folder / RECORD, (json.dumps(load(folder) | more, indent=1) + "\n").encode())


def _measured(work: Any) -> tuple[Any, dict[str, Any]]:
    """What work gives; its seconds, those of all processors together, and the largest memory of one process, in MiB,
    which counts where it is more than any process before it took."""
    begun, used = time.perf_counter(), processor.seconds()
    result = work()
    took = {"seconds": round(time.perf_counter() - begun, 1), "processor": round(processor.seconds() - used, 1)}
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return result, took | {"peak_mib": max(peaks) >> 10}


def _size(folder: Path) -> int:
    """MiB of a folder."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) >> 20
