"""Comparison of the hardware with the golden model: every cycle, and what remains at the end of a run."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from arch.conveyor import Direction, Hemisphere
from golden.lanes import Bytes, Elements
from golden.result import Result
from golden.step.chip import Machine
from golden.step.words import Flags
from tb import blame
from tb.followed import Followed, WordDifference
from tb.frames import Seen

#: Differences that a message lists, and recent cycles or changes that it shows.
LISTED, RECENT = 6, 4


class DivergenceError(AssertionError):
    """Hardware and golden model differ."""


@dataclass(frozen=True)
class _Difference:
    """A difference: when, what, who is to have made it, and lines about what was there before."""

    cycle: int
    what: str
    instructions: list[str]
    recent: list[str]


class Scoreboard:
    """Follows a golden machine from its cycle 0 on.

    Streams and the mesh are compared in every cycle; MEM words and accumulator rows when either side changes them.
    Only what is defined counts. ``enter`` notes the golden machine's cycle; ``compare`` takes what the hardware showed
    in the cycles entered since the last call.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine, config = machine, machine.program.config
        self._config = config
        state = machine.state()
        self._memory = Followed(state.memory, state.memory_defined)
        self._rows = Followed(state.accumulators, state.accumulators_defined)
        machine.watch(self._memory.announce, self._rows.announce)
        # The oldest local time that a comparison needs: the mesh of the uppermost superlane.
        self._reach = config.superlanes - 1 + config.stages.operand
        before = (state.streams, state.streams_defined & False, state.mesh, state.mesh_defined & False)
        self._local: deque[tuple[Bytes, Flags, Elements, Flags]] = deque([before] * self._reach)

    def enter(self) -> None:
        """Note the cycle in which the golden machine stands."""
        self._local.append(self._machine.local())

    def compare(self, seen: Seen) -> None:
        """Compare.

        Raises
        ------
        DivergenceError
            Naming the first cycle, the places, both values, the instruction, and recent values.
        """
        count = len(seen.cycles)
        first = self._machine.cycle - count
        if seen.cycles.tolist() != list(range(first, first + count)):
            raise DivergenceError(f"cycles {first} to {first + count - 1}: the hardware counts {seen.cycles.tolist()}")
        found = [*self._streams(seen, first), *self._mesh(seen, first)]
        found += [self._word("memory", d) for d in self._memory.differences(seen.memory, first + count)]
        found += [self._word("accumulator", d) for d in self._rows.differences(seen.rows, first + count)]
        found += [_Difference(int(n), "the hardware is idle too early", [], []) for n in seen.cycles[seen.idle][:1]]
        if found:
            cycle = min(difference.cycle for difference in found)
            raise DivergenceError(_message(cycle, [d for d in found if d.cycle == cycle]))
        while len(self._local) > self._reach:
            self._local.popleft()

    def _real(self, part: int, count: int, superlane: int, late: int = 0) -> np.ndarray:
        """A part of the local frames as one superlane has it in the last ``count`` real cycles: [count, ...]."""
        axis = -1 if part % 2 else -2
        frames = list(self._local)
        end = len(frames) - superlane - late
        return np.stack([frame[part].take(superlane, axis) for frame in frames[end - count : end]])

    def _streams(self, seen: Seen, first: int) -> Iterator[_Difference]:
        count = len(seen.cycles)
        for k in range(self._config.superlanes):
            golden, defined, hardware = self._real(0, count, k), self._real(1, count, k), seen.streams[..., k, :]
            wrong = (golden != hardware).any(axis=-1) & defined
            if not wrong.any():
                continue
            t = int(np.flatnonzero(wrong.reshape(count, -1).any(axis=-1))[0])
            for place in np.argwhere(wrong[t])[:LISTED].tolist():
                direction, stream, position = place
                name = f"stream {Direction(direction).letter}{stream} at position {position}, superlane {k}"
                at = [f"cycle {first + n}: {_pair(golden[n][*place], hardware[n][*place])}" for n in _recent(t)]
                trace = self._machine.result().trace
                made = blame.driver(self._config, trace, direction, stream, position, first + t - k)
                yield _Difference(first + t, f"{name}: {_pair(golden[t][*place], hardware[t][*place])}", made, at)

    def _mesh(self, seen: Seen, first: int) -> Iterator[_Difference]:
        count, late = len(seen.cycles), self._config.stages.operand
        for k in range(self._config.superlanes):
            golden, defined = self._real(2, count, k, late), self._real(3, count, k, late)
            hardware = seen.mesh[..., k, :]
            wrong = (golden != hardware).any(axis=-1) & defined
            if not wrong.any():
                continue
            t = int(np.flatnonzero(wrong.any(axis=-1))[0])
            for alu in np.flatnonzero(wrong[t])[:LISTED].tolist():
                at = [f"cycle {first + n}: {_pair(golden[n][alu], hardware[n][alu])}" for n in _recent(t)]
                trace = self._machine.result().trace
                made = blame.computer(self._config, trace, alu, first + t - k - late)
                what = f"result of vxm{alu}, superlane {k}: {_pair(golden[t][alu], hardware[t][alu])}"
                yield _Difference(first + t, what, made, at)

    def _word(self, kind: str, found: WordDifference) -> _Difference:
        side, unit, *at, k = found.key
        trace, local = self._machine.result().trace, found.cycle - k
        letter = Hemisphere(side).letter
        if kind == "memory":
            name, followed = f"memory {letter}.mem{unit} {at[0]}:{at[1]}", self._memory
            made = blame.writer(self._config, trace, side, unit, local)
        else:
            name, followed = f"accumulator {letter}.mxm{unit} row {at[0]}", self._rows
            made = blame.keeper(self._config, trace, side, unit, local)
        values = _pair(found.golden, found.seen)
        return _Difference(found.cycle, f"{name}, superlane {k}: {values}", made, followed.recent(found.key, RECENT))


def _recent(t: int) -> range:
    return range(max(0, t - RECENT), t + 1)


def _pair(golden: np.ndarray, hardware: np.ndarray | None) -> str:
    seen = "never stored there" if hardware is None else hardware.tolist()
    return f"golden {golden.tolist()}, hardware {seen}"


def _message(cycle: int, found: list[_Difference]) -> str:
    lines = [f"cycle {cycle}: {found[0].what}"]
    lines += [f"  instruction: {text}" for text in found[0].instructions[:LISTED]]
    lines += [f"  recent: {text}" for text in found[0].recent]
    lines += [f"  also {difference.what}" for difference in found[1:LISTED]]
    if len(found) > LISTED:
        lines.append(f"  and {len(found) - LISTED} more in this cycle")
    return "\n".join(lines)


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


def compare_arrays(
    name: str, golden: np.ndarray, defined: Flags, banks: Mapping[tuple[int, ...], np.ndarray], lanes: int
) -> None:
    """Compare whole memories at the end: golden [..., offset, S, lanes], the hardware's uint8[offset, bytes] of each
    (hemisphere, unit, ..., superlane)."""
    for (*place, k), rows in banks.items():
        wanted = golden[(*place, slice(None), k)]
        held = np.ascontiguousarray(rows[:, : lanes * wanted.itemsize]).view(wanted.dtype)
        wrong = np.flatnonzero((wanted != held).any(axis=-1) & defined[(*place, slice(None), k)])
        if wrong.size:
            at, row = ":".join(map(str, place)), int(wrong[0])
            values = _pair(wanted[row], held[row])
            raise DivergenceError(f"at the end: {name} {at} row {row}, superlane {k}: {values}")
