"""`docs/full-chip.md`: what the published chip costs to export, build and run, and how that grows, from kept records.

``make full ARGS=--keep`` keeps what was measured in :data:`RECORDS` and writes the page and its pictures anew;
``python -m scripts.full.page`` writes them from what is kept.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arch.config import PRESETS
from arch.rates import rates
from scripts.commands.files import write_whole
from scripts.full import report, speeds
from scripts.full.speeds import LOADS, machines, macs, rate, table_of
from scripts.pages.markdown import table

ROOT = Path(__file__).resolve().parent.parent.parent
#: What was measured, by machine; the page; and its pictures.
RECORDS = Path(__file__).with_name("measured.json")
PAGE, IMAGES = ROOT / "docs" / "full-chip.md", ROOT / "docs" / "images"
#: Steps to a running model, in their order.
STEPS = ("export", "superlane", "rim")


def load() -> dict[str, Any]:
    """Records by machine."""
    return json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.exists() else {}


def keep(name: str, record: Mapping[str, Any], figures: Mapping[str, int]) -> None:
    """Keep a machine's record and figures; parts that were not measured this time stay as they were."""
    kept = load()
    old = kept.get(name, {})
    runs = {
        threads: old.get("runs", {}).get(threads, {}) | record.get("runs", {}).get(threads, {})
        for threads in sorted({*old.get("runs", {}), *record.get("runs", {})})
    }
    titles = old.get("titles", {}) | record.get("titles", {})
    kept[name] = (
        old | dict(record) | {"figures": old.get("figures", {}) | dict(figures), "runs": runs, "titles": titles}
    )
    write_whole(RECORDS, (json.dumps(kept, indent=1, sort_keys=True) + "\n").encode())


def ordered() -> dict[str, Any]:
    """Records of the machines that there are, the smallest first."""
    kept = {name: record for name, record in load().items() if name in machines()}
    return {name: kept[name] for name in sorted(kept, key=lambda name: macs(machines()[name]))}


def write() -> None:
    """Write the page and its pictures."""
    kept = ordered()
    _draw(kept)
    write_whole(PAGE, text(kept).encode())


def text(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """The page."""
    full = kept.get("full", {})
    figures = report.figures(PRESETS["full"], full.get("figures", {})) if full.get("figures") else "Not measured yet."
    return _TEXT.format(
        figures=figures,
        programs=_programs(full),
        machines=table_of(kept, _HEADS, _machine),
        efforts=table_of(kept, _EFFORTS, _effort),
        speeds=speeds.text(kept),
    )


_HEADS = ("machine", "superlanes", "lanes", "slices of a hemisphere", "planes", "MACs in a cycle", "MEM, KiB")
_EFFORTS = ("machine", *(f"{step}, s" for step in STEPS), "largest process, GiB", "Verilog, MB", "model, MiB")


def _machine(name: str, record: Mapping[str, Any]) -> list[list[str]]:
    c = machines()[name]
    memory = rates(c)["sram_bytes"] >> 10
    spare = " and a spare" if c.spare else ""
    sizes = f"{c.superlanes}{spare}", f"{c.lanes}", f"{c.slices}", f"{2 * c.planes} of {c.vector} x {c.vector}"
    return [[name, *sizes, f"{macs(c):,}", f"{memory:,}"]]


def _effort(name: str, record: Mapping[str, Any]) -> list[list[str]]:
    steps = [record.get(step, {}) for step in STEPS]
    seconds = [f"{step['processor']:,.0f}" if step else "" for step in steps]
    peak = max((step.get("peak_mib", 0) for step in steps), default=0) / 1024
    export = f"{record['export']['bytes'] / 1e6:.1f}" if "export" in record else ""
    folder = sum(step.get("folder", 0) for step in steps)
    return [[name, *seconds, f"{peak:.1f}" if peak else "", export, f"{folder:,}" if folder else ""]]


def _programs(full: Mapping[str, Any]) -> str:
    runs = {name: run for _, found in sorted(full.get("runs", {}).items()) for name, run in found.items()}
    rows = [
        (name, title, f"{runs[name]['cycles']:,}", "equal" if runs[name]["equal"] else "DIFFERENT")
        for name, title in full.get("titles", {}).items()
        if name in runs
    ]
    return table(("program", "what it does", "cycles", "against the golden model"), rows, numbers=(2,))


def _draw(kept: Mapping[str, Mapping[str, Any]]) -> None:
    """Two pictures: seconds to a model, and its speed; SVG, the same bytes from the same records."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "superlane"
    from matplotlib import pyplot

    for file, draw in (("full-effort.svg", _draw_efforts), ("full-speed.svg", _draw_speeds)):
        figure, axes = pyplot.subplots(figsize=(7, 3.5))
        draw(axes, kept)
        axes.legend(fontsize=8)
        figure.tight_layout()
        figure.savefig(IMAGES / file, metadata={"Date": None})
        pyplot.close(figure)


def _draw_efforts(axes: Any, kept: Mapping[str, Mapping[str, Any]]) -> None:
    below = [0.0] * len(kept)
    for step in STEPS:
        seconds = [kept[name].get(step, {}).get("processor", 0.0) for name in kept]
        axes.bar(list(kept), seconds, bottom=below, label=step)
        below = [one + other for one, other in zip(below, seconds, strict=True)]
    axes.set_ylabel("seconds of processors")


def _draw_speeds(axes: Any, kept: Mapping[str, Mapping[str, Any]]) -> None:
    for load_name in LOADS:
        found = {
            macs(machines()[name]): rate(kept[name]["runs"]["1"][load_name], "1")
            for name in kept
            if load_name in kept[name].get("runs", {}).get("1", {})
        }
        axes.loglog(list(found), list(found.values()), marker="o", label=load_name)
    axes.set_xlabel("multiply-accumulations in a cycle, all planes")
    axes.set_ylabel("clock cycles in a second of a processor")


_TEXT = """# The full chip

Written by `make full ARGS=--keep` from `scripts/full/measured.json`. `make full` exports the published machine, builds
its model, fills its memories through [the back door](sim.md#the-back-door), and runs programs that use all of it. What
they leave must be what the golden model of the same size leaves, bit for bit: all of MEM with its check bits,
accumulators, cycles, faults, corrected words and the counters of all queues.

## The published figures, on the hardware

Seen at the ports of the superlanes, cycle by cycle, or in what a program has stored (`scripts/full/figures.py`).

{figures}

## Programs

{programs}

## What it takes, and how that grows

A superlane is a model of its own, made once; the rim around the superlanes holds queues, host and links
([decision 9](decisions/0009-simulation-speed.md)). Machines between the presets take one size from `small` to that of
`full` (`scripts/full/sizes.py`).

{machines}

Seconds are those of processors, all processes together; the largest process is Amaranth's export or Verilator.

{efforts}

![seconds to a model](images/full-effort.svg)

{speeds}

![speed of the models](images/full-speed.svg)
"""


if __name__ == "__main__":
    write()
    sys.exit(0)
