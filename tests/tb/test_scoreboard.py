"""The scoreboard passes hardware that does what the golden model does, and names what one that does not did first.

The hardware is made up here of the golden model's own registers in real time, which it computes in another way.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from arch.timing import timing
from golden.result import State
from golden.step.chip import Machine
from tb.frames import Seen, Write
from tb.scoreboard import DivergenceError, Scoreboard, compare_arrays
from tests.hdl.configs import TINY
from tests.tb import programs

#: Cycles compared at once here.
WINDOW = 10


def writes(before: np.ndarray, after: np.ndarray, shown: int) -> list[Write]:
    """Words that differ between two states."""
    changed = np.argwhere((before != after).any(axis=-1)).tolist()
    return [Write(shown, tuple(place), k, after[(*place, k)]) for *place, k in changed]


def seen(states: Sequence[State], following: State, earlier: Sequence[State | None]) -> Seen:
    """What hardware shows in the cycles of ``states``."""
    memory, rows = [], []
    for state, after in zip(states, [*states[1:], following], strict=True):
        memory += writes(state.memory, after.memory, after.cycle)
        rows += writes(state.accumulators, after.accumulators, after.cycle)
    mesh = [states[0].mesh * 0 if state is None else state.mesh for state in earlier]
    cycles = np.array([state.cycle for state in states])
    streams = np.stack([state.streams for state in states])
    return Seen(cycles, cycles < 0, streams, np.stack(mesh), tuple(memory), tuple(rows))


def run(change: Callable[[Seen], Seen] = lambda found: found) -> None:
    """Compare a matrix product with hardware that ``change`` makes wrong."""
    machine = Machine(programs.matmul(TINY), trace=True)
    board = Scoreboard(machine)
    states, done = [machine.state()], 0
    while not machine.idle:
        board.enter()
        machine.step()
        states.append(machine.state())
        if len(states) - 1 - done == WINDOW or machine.idle:
            late = TINY.stages.operand
            earlier = [states[n - late] if n >= late else None for n in range(done, len(states) - 1)]
            board.compare(change(seen(states[done:-1], states[-1], earlier)))
            done = len(states) - 1


def at(cycle: int, found: Seen) -> int | None:
    """Place of a cycle among those seen."""
    here = np.flatnonzero(found.cycles == cycle)
    return int(here[0]) if here.size else None


def differs(change: Callable[[Seen], Seen]) -> str:
    with pytest.raises(DivergenceError) as caught:
        run(change)
    return str(caught.value)


def test_equal_hardware_passes():
    run()


def test_a_stream_register_that_differs_is_named_with_its_instruction():
    # The first Reads of the program, W.mem0's onto W0, drive in this cycle.
    cycle = 4 + timing(TINY).read + (TINY.groups - TINY.slices // 4 + 1) - 1

    def flip(found: Seen) -> Seen:
        streams = found.streams.copy()
        defined = at(cycle, found)
        if defined is not None:
            streams[defined] ^= 1
        return replace(found, streams=streams)

    lines = differs(flip).splitlines()
    assert lines[0].startswith(f"cycle {cycle}: stream ")
    assert "golden [" in lines[0]
    assert "hardware [" in lines[0]
    assert lines[1].startswith("  instruction: W.mem")
    assert "Read" in lines[1]
    assert lines[2].startswith(f"  recent: cycle {cycle - 4}: golden")


def test_a_lost_write_is_found_in_its_cycle():
    first: list[Write] = []

    def lose(found: Seen) -> Seen:
        if found.memory and not first:
            first.append(found.memory[0])
        return replace(found, memory=tuple(w for w in found.memory if w is not (first or [None])[0]))

    text = differs(lose)
    side, mem_slice, bank, offset = first[0].place
    assert text.startswith(f"cycle {first[0].shown}: memory {'WE'[side]}.mem{mem_slice} {bank}:{offset}, superlane 0")
    assert "hardware never stored there" in text
    assert "instruction: " in text
    assert "Write" in text


def test_a_write_too_late_is_found():
    def late(found: Seen) -> Seen:
        return replace(found, memory=tuple(replace(w, shown=w.shown + 1) for w in found.memory))

    assert "never stored there" in differs(late)


def test_a_wrong_row_is_found():
    def flip(found: Seen) -> Seen:
        return replace(found, rows=tuple(replace(w, data=w.data ^ np.uint32(1)) for w in found.rows))

    text = differs(flip)
    assert "accumulator W.mxm" in text
    assert "ACC" in text


def test_a_write_that_nobody_ordered_is_found():
    word = Write(12, (0, 0, 0, 0), 1, np.full(TINY.lanes, 7, np.uint8))

    def scribble(found: Seen) -> Seen:
        return replace(found, memory=(*found.memory, word)) if 11 in found.cycles else found

    text = differs(scribble)
    assert text.startswith("cycle 12: memory W.mem0 0:0, superlane 1: golden")
    assert "hardware [7, 7, 7, 7]" in text


def test_a_wrong_clock_and_an_early_end_are_found():
    assert "the hardware counts" in differs(lambda found: replace(found, cycles=found.cycles + 1))
    assert "cycle 3: the hardware is idle too early" in differs(lambda found: replace(found, idle=found.cycles >= 3))


def test_whole_memories():
    golden = np.arange(24, dtype=np.uint32).reshape(1, 1, 3, 2, 4)
    defined = np.ones((1, 1, 3, 2), np.bool_)
    banks = {(0, 0, k): np.ascontiguousarray(golden[0, 0, :, k]).view(np.uint8) for k in range(2)}
    compare_arrays("accumulators", golden, defined, banks, 4)
    banks[0, 0, 1][2, 4] ^= 255
    with pytest.raises(DivergenceError, match=r"accumulators 0:0 row 2, superlane 1: golden \[20, 21, 22, 23\]"):
        compare_arrays("accumulators", golden, defined, banks, 4)
    defined[0, 0, 2, 1] = False
    compare_arrays("accumulators", golden, defined, banks, 4)
