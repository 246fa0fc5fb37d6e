"""A run in the hardware against the same run of the golden model: all that the host can see."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from golden.result import Result
from scripts.commands.report import fault_line
from tb.hostlink.session import Memories, SessionOutcome

#: Faults of the hardware that are listed.
SHOWN = 10


def compare_runs(golden: Result, outcome: SessionOutcome) -> list[str]:
    """In what a run of the hardware differs from the golden model's, a line each; nothing if it does not.

    Of regions what is defined counts. Of two runs that their limit stopped only that is compared, and the limit: the
    hardware runs on until the host has read what it reports.
    """
    if outcome.stopped != golden.stopped:
        who = "hardware" if outcome.stopped else "golden model"
        return [f"the {who} had not ended after {max(outcome.cycles, golden.cycles):,} cycles"]
    found = []
    if outcome.cycles != golden.cycles:
        found.append(f"cycles: the hardware took {outcome.cycles:,}, the golden model {golden.cycles:,}")
    if outcome.stopped:
        return found
    for name, rows in outcome.regions.items():
        defined = golden.region_defined(name).repeat(golden.program.config.lanes, axis=1)
        what = f"region {name} of the hardware and the golden model"
        found += compare_arrays(what, rows, golden.region(name), defined)
    if outcome.faults != golden.faults:
        found.append("the hardware's faults are not those of the golden model:")
        found += [f"  {fault_line(golden, entry)}" for entry in outcome.faults[:SHOWN]] or ["  none"]
    for name in ("issued", "parked", "corrected"):
        found += compare_arrays(f"counters '{name}'", getattr(outcome, name), getattr(golden.counters, name))
    return found + (_compare_memories(golden, outcome.memories) if outcome.memories else [])


def _compare_memories(golden: Result, seen: Memories) -> list[str]:
    """How memories that the back door has read differ: every word that is defined, and the check bits of all."""
    found = []
    for name in ("memory", "accumulators"):
        defined = np.broadcast_to(getattr(golden, f"{name}_defined")[..., None], getattr(golden, name).shape)
        found += compare_arrays(name, getattr(seen, name), getattr(golden, name), defined)
    return found + ([f"memory: {seen.unsound} words have wrong check bits"] if seen.unsound else [])


def compare_arrays(what: str, found: NDArray, want: NDArray, counts: NDArray[np.bool_] | None = None) -> list[str]:
    """How an array differs from the one wanted, where ``counts`` is set: a line, or none."""
    if found.shape != want.shape:
        return [f"{what}: shapes {list(found.shape)} and {list(want.shape)}"]
    differs = found != want
    wrong = np.argwhere(differs if counts is None else differs & counts)
    if not len(wrong):
        return []
    place = tuple(wrong[0].tolist())
    return [f"{what}: {len(wrong)} of {want.size} differ, first at {list(place)}: {found[place]}, not {want[place]}"]


def with_outcome(golden: Result, outcome: SessionOutcome) -> Result:
    """The golden run with the hardware's own cycles, faults, and counters in it."""
    counters = replace(golden.counters, issued=outcome.issued, parked=outcome.parked, corrected=outcome.corrected)
    return replace(golden, cycles=outcome.cycles, stopped=outcome.stopped, counters=counters, faults=outcome.faults)
