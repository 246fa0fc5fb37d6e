"""What a run gives: memory, accumulators, faults, program errors, counters, trace; and the state of one cycle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.faults import Fault, ProgramError
from arch.isa.table import Word
from arch.program import Program
from golden.lanes import Bytes, Elements
from golden.memory import region_rows

__all__ = ["Counters", "ErrorEntry", "FaultEntry", "Result", "State", "TraceEntry"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, order=True)
class FaultEntry:
    """Faults of one queue's unit in one superlane: the first (kind, real cycle) and how many, up to ``COUNT_LIMIT``.

    ``queue`` is the queue's index. Of several faults in one cycle the first is the one of the lowest code.
    """

    queue: int
    superlane: int
    fault: Fault
    cycle: int
    count: int


@dataclass(frozen=True)
class ErrorEntry:
    """A program error: at most one of a kind for each instruction issued.

    Attributes
    ----------
    queue
        Index of the queue of the instruction.
    cycle
        Cycle of its issue.
    error
        What is wrong.
    detail
        Where: the operand or the register, in a few words; the rules are those of ``golden.detail``.
    """

    queue: int
    cycle: int
    error: ProgramError
    detail: str

    @property
    def key(self) -> tuple[int, int, str]:
        """Order of the entries of a result: cycle, queue, then the error's name."""
        return (self.cycle, self.queue, self.error.name)


@dataclass(frozen=True)
class TraceEntry:
    """One issue: instructions of the units and Ifetch, Sync, Notify, Config (NOP and Repeat issue nothing).

    ``word`` is the word as it stands in the queue; ``repeat`` is 0 at its own issue and counts those of the Repeats
    behind it, each of which adds the word's strides once.
    """

    cycle: int
    queue: int
    word: Word
    repeat: int


@dataclass(frozen=True)
class Counters:
    """What the machine counted from cycle 0 to idle.

    Attributes
    ----------
    issued : int64[queues]
        Instructions of the unit, repeats included; a MEM word of two parts counts once.
    parked : int64[queues]
        Cycles in which the queue was parked.
    corrected : int64[queues, S]
        Words with a single error that the unit corrected, up to ``arch.faults.CORRECTED_LIMIT``.
    macs : int64[2 hemispheres, planes]
        Multiplications, dark superlanes left out; those of an f16 pair are the even plane's.
    """

    issued: NDArray[np.int64]
    parked: NDArray[np.int64]
    corrected: NDArray[np.int64]
    macs: NDArray[np.int64]


@dataclass(frozen=True)
class State:
    """The registers of the chip in one real cycle, staggered as the hardware shows them (superlane k at its own local
    time ``cycle - k``; before that, as they are at the start).

    Attributes
    ----------
    cycle
        The cycle.
    streams, streams_defined : uint8[2 directions, streams, positions, S, L], bool[2, streams, positions, S]
        Stream registers, raw bytes (bit errors included).
    memory, memory_defined : uint8[2 hemispheres, slices, 2 banks, words, S, L], bool[2, slices, 2, words, S]
        SRAM, raw bytes: a word written at t appears at t + 2.
    accumulators, accumulators_defined : uint32[2, planes, rows, S, L], bool[2, planes, rows, S]
        Accumulator memories: a row kept at t appears at t + acc_row.
    mesh, mesh_defined : uint32[alus, S, L], bool[alus, S]
        What an instruction issued in this cycle gets from each ALU as a neighbor; defined only where it may use it.
    """

    cycle: int
    streams: Bytes
    streams_defined: Flags
    memory: Bytes
    memory_defined: Flags
    accumulators: Elements
    accumulators_defined: Flags
    mesh: Elements
    mesh_defined: Flags


@dataclass(frozen=True)
class Result:
    """What a run gives.

    Attributes
    ----------
    program
        What ran.
    cycles
        The cycle in which the chip is idle, or the limit.
    stopped
        Whether the limit ended the run. Then everything is as of that cycle: an error or fault counts if its
        instruction's sampling (for a double drive: its driving) was in an earlier one.
    memory, memory_defined, accumulators, accumulators_defined
        As in :class:`State`.
    faults
        By queue and superlane.
    errors
        By cycle, queue and error.
    counters
        See :class:`Counters`.
    trace
        By cycle and queue; empty if it was not asked for.
    """

    program: Program
    cycles: int
    stopped: bool
    memory: Bytes
    memory_defined: Flags
    accumulators: Elements
    accumulators_defined: Flags
    faults: tuple[FaultEntry, ...]
    errors: tuple[ErrorEntry, ...]
    counters: Counters
    trace: tuple[TraceEntry, ...] = ()

    def region(self, name: str) -> Bytes:
        """Contents of a region, its parts in order: uint8[rows, vector]; ``InputError`` lists the names."""
        words = region_rows(self.program, name, self.memory)
        return words.reshape(len(words), self.program.config.vector)

    def region_defined(self, name: str) -> Flags:
        """Which words of a region are defined: bool[rows, S]."""
        return region_rows(self.program, name, self.memory_defined)
