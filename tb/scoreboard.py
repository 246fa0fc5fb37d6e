"""Comparison of the hardware with the golden model, cycle by cycle and at the end of a run."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from arch.conveyor import Direction, Hemisphere
from golden.result import Result, State
from tb.monitor import Snapshot

#: Differences that a message lists.
LISTED = 6


class DivergenceError(AssertionError):
    """Hardware and golden model differ."""


def compare(state: State, mesh: State | None, seen: Snapshot) -> None:
    """Compare what is defined.

    Parameters
    ----------
    state
        The golden model in the cycle of ``seen``.
    mesh
        The golden model ``stages.operand`` cycles earlier, if the run is so old: the hardware's results come that late.
    seen
        The hardware.

    Raises
    ------
    DivergenceError
        Naming the cycle, the first places and both values.
    """
    found = [
        *_differences("stream", state.streams, state.streams_defined, seen.streams, _stream),
        *_differences("memory", state.memory, state.memory_defined, seen.memory, _memory),
        *_differences("accumulator", state.accumulators, state.accumulators_defined, seen.accumulators, _row),
    ]
    if mesh is not None:
        found += _differences("result of", mesh.mesh, mesh.mesh_defined, seen.mesh, _alu)
    if found:
        more = f"\n  and {len(found) - LISTED} more" if len(found) > LISTED else ""
        raise DivergenceError(f"cycle {state.cycle}: " + "\n  ".join(found[:LISTED]) + more)


def compare_end(
    result: Result,
    cycles: int,
    reports: Mapping[tuple[int, int], tuple[int, int, int, int]],
    counters: Mapping[int, tuple[int, int]],
) -> None:
    """Compare cycles, faults and counters of a run that has ended."""
    faults = {(f.queue, f.superlane): (int(f.fault), f.cycle, f.count) for f in result.faults}
    seen = {place: record[:3] for place, record in reports.items() if record[2]}
    corrected = result.counters.corrected
    fixed = {(q, k): int(corrected[q, k]) for q, k in zip(*np.nonzero(corrected), strict=True)}
    expected = {q: (int(result.counters.issued[q]), int(result.counters.parked[q])) for q in counters}
    for what, golden, hardware in (
        ("cycles", result.cycles, cycles),
        ("faults", faults, seen),
        ("corrected words", fixed, {place: record[3] for place, record in reports.items() if record[3]}),
        ("issued and parked", expected, dict(counters)),
    ):
        if golden != hardware:
            raise DivergenceError(f"at the end: {what} must be {golden}, not {hardware}")


def _differences(kind: str, golden: Any, defined: Any, seen: Any, name: Any) -> Iterator[str]:
    wrong = (golden != seen).any(axis=-1) & defined
    for place in map(tuple, np.argwhere(wrong)):
        yield f"{kind} {name(*place)}: golden {golden[place].tolist()}, hardware {seen[place].tolist()}"


def _stream(direction: int, stream: int, position: int, superlane: int) -> str:
    return f"{Direction(direction).letter}{stream} at position {position}, superlane {superlane}"


def _memory(side: int, mem_slice: int, bank: int, offset: int, superlane: int) -> str:
    return f"{Hemisphere(side).letter}.mem{mem_slice} {bank}:{offset}, superlane {superlane}"


def _row(side: int, plane: int, row: int, superlane: int) -> str:
    return f"{Hemisphere(side).letter}.mxm{plane} row {row}, superlane {superlane}"


def _alu(alu: int, superlane: int) -> str:
    return f"vxm{alu}, superlane {superlane}"
