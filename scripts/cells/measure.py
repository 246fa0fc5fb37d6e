"""Measuring parts, what is known being kept: a row takes a minute or two."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from hdl.export import export
from scripts.cells import summary, tools
from scripts.cells.components import Component
from scripts.synthesis import NEXTPNR, YOSYS

ROOT = Path(__file__).resolve().parent.parent.parent
BUILDS = ROOT / "build" / "cells"


@dataclass(frozen=True)
class Row:
    """What a part costs.

    Attributes
    ----------
    ecp5, xc7
        ``lut``, ``ff``, ``dsp`` and ``bram``.
    gates
        ``gate`` and ``ff``; without memories.
    mhz
        Highest clock on the ECP5; None where it was not asked for.
    """

    ecp5: dict[str, float]
    xc7: dict[str, float]
    gates: dict[str, float]
    mhz: float | None


def measure(component: Component) -> Row:
    """A part's row; nothing is done again for the same Verilog and tools.

    Raises
    ------
    tb.verilator.MissingToolError, scripts.synthesis.SynthesisError
        See `scripts.cells.tools`.
    """
    texts = export(component.create())
    versions = [f"{tool.package} {tool.version}" for tool in (YOSYS, NEXTPNR)]
    inputs = "\n".join((*versions, repr(tools.SCRIPTS), repr((tools.PLACING, tools.SEEDS)), *texts.values()))
    digest = hashlib.sha256(inputs.encode()).hexdigest()[:16]
    kept = BUILDS / f"{component.name}_{digest}.json"
    if kept.exists():
        return Row(**json.loads(kept.read_text(encoding="utf-8")))
    folder = kept.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = [f"{name}.v" for name in texts]
    for name, text in zip(names, texts.values(), strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    found = {technology: tools.synthesize(folder, names, technology) for technology in tools.SCRIPTS}
    row = Row(
        summary.fpga("ecp5", found["ecp5"]),
        summary.fpga("xc7", found["xc7"]),
        summary.gates(found["gates"]),
        tools.clock(folder) if component.timed else None,
    )
    shutil.rmtree(folder)
    kept.write_text(json.dumps(asdict(row)), encoding="utf-8")
    return row
