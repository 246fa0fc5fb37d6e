"""Builds programs from Python, with the power of the text form.

A short program, which copies 32 vectors across the chip::

    b = Builder(preset("small"))
    b.region("x", "input", "E.mem0", "0:0", 32)
    b.region("y", "output", "W.mem0", "0:0", 32)
    b.run(0, "E.mem0", "Read", 32, a="0:0", s="W0", stride=1)
    b.run(arrival, "W.mem0", "Write", 32, a="0:0", s="W0", stride=1)
    program = b.build()
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.isa.icu import NOTIFY, SYNC
from arch.isa.mem import READ
from arch.isa.spec import Op, make
from arch.isa.table import Word, encode
from arch.program import Program
from arch.queues import Queue, Unit, queues_by_name
from compiler.asm import clos
from compiler.asm.errors import Where, refuse
from compiler.asm.lower import lower
from compiler.asm.schedule import Item, Named, Rows, Schedule
from compiler.asm.values import Value, instruction, operation


class Builder:
    """Collects a program.

    Mistakes in a call are raised at once, those of the program by :meth:`build`; both name the caller's line.

    Parameters
    ----------
    config
        The machine.
    checked
        Whether :meth:`build` refuses program errors and faults that follow from the text alone.
    """

    def __init__(self, config: Config, *, checked: bool = True) -> None:
        self.config = config
        self.schedule = Schedule(config, checked=checked)

    def op(self, queue: str, name: str, **fields: Value) -> Op:
        """Instruction for a queue; a field whose name is a Python word takes an underscore (``from_``)."""
        return self._op(_caller(), self._queue(_caller(), queue), name, fields)

    def at(self, cycle: int, queue: str, name: str, **fields: Value) -> None:
        """Issue an instruction in a cycle.

        Parameters
        ----------
        cycle, queue
            When and where.
        name
            Mnemonic, with the suffixes of the text form if any.
        fields
            Values as integers or as the text form spells them.
        """
        self._run(_caller(), cycle, queue, name, 1, 1, fields)

    def run(self, cycle: int, queue: str, name: str, n: int, every: int = 1, **fields: Value) -> None:
        """Issue an instruction ``n`` times, ``every`` so many cycles; each time its strides are added."""
        self._run(_caller(), cycle, queue, name, n, every, fields)

    def word(self, cycle: int, queue: str, *ops: Op, n: int = 1, every: int = 1) -> None:
        """Issue a word of several instructions: a read part and a write part of MEM."""
        self._add(_caller(), cycle, queue, ops, n, every)

    def sync(self, cycle: int, queue: str) -> None:
        """Park a queue."""
        self._add(_caller(), cycle, queue, (make(SYNC),), 1, 1)

    def notify(self, cycle: int, queue: str) -> None:
        """Release all parked queues."""
        self._add(_caller(), cycle, queue, (make(NOTIFY),), 1, 1)

    def data(self, queue: str, address: int | str, rows: np.ndarray) -> None:
        """Initial contents from an address of a slice on: uint8[rows, vector]."""
        where = _caller()
        hemisphere, mem_slice, first = self._place(where, queue, address)
        found = np.asarray(rows)
        if found.ndim != 2 or found.shape[1] != self.config.vector or found.dtype != np.uint8:
            shape = f"{found.dtype}{list(found.shape)}"
            raise refuse(where, f"data of {queue} must be uint8[rows, {self.config.vector}], not {shape}")
        self.schedule.data.append(Rows(hemisphere, mem_slice, first, found.copy(), where))

    def region(self, name: str, role: str, queue: str, address: int | str, rows: int) -> None:
        """Name addresses that the host fills or reads; regions of one name are parts of one tensor, in order."""
        where = _caller()
        self.schedule.regions.append(Named(name, role, *self._place(where, queue, address), rows, where))

    def permute_map(self, permutation: Sequence[int] | np.ndarray) -> np.ndarray:
        """Map for Permute, uint8[2, vector]: element i of the result is element ``permutation[i]`` of the source."""
        return clos.permute_map(self.config, permutation)

    def meta(self, record: Mapping[str, Any]) -> None:
        """Remarks that travel with the program."""
        self.schedule.meta = json.dumps(record, separators=(",", ":"))

    def build(self) -> Program:
        """The program.

        Raises
        ------
        AssemblyError
            Listing what is wrong.
        """
        return lower(self.schedule)

    def _run(
        self, where: Where, cycle: int, queue: str, name: str, n: int, every: int, fields: Mapping[str, Value]
    ) -> None:
        self._add(where, cycle, queue, (self._op(where, self._queue(where, queue), name, fields),), n, every)

    def _add(self, where: Where, cycle: int, queue: str, word: Word, n: int, every: int) -> None:
        index = self._queue(where, queue).index
        try:
            encode(word)
        except ValueError as error:
            raise refuse(where, f"{queue} cycle {cycle}: {error}") from None
        self.schedule.items.setdefault(index, []).append(Item(int(cycle), word, int(n), int(every), where))

    def _op(self, where: Where, queue: Queue, name: str, fields: Mapping[str, Value]) -> Op:
        try:
            spec, suffixes = instruction(queue, name)
            return operation(spec, {**suffixes, **{key.rstrip("_"): value for key, value in fields.items()}})
        except ValueError as error:
            raise refuse(where, f"{queue.name}: {error}") from None

    def _queue(self, where: Where, name: str) -> Queue:
        found = queues_by_name(self.config).get(name)
        if found is None:
            raise refuse(where, f"this machine has no queue {name!r}")
        return found

    def _place(self, where: Where, queue: str, address: int | str) -> tuple[Hemisphere, int, int]:
        found = self._queue(where, queue)
        if found.unit is not Unit.MEM or found.hemisphere is None:
            raise refuse(where, f"{queue} is no MEM slice")
        try:
            first = READ.by_name["a"].parse(address) if isinstance(address, str) else address
        except ValueError as error:
            raise refuse(where, f"{queue}: {error}") from None
        return found.hemisphere, found.number, first


def _caller() -> Where:
    """Line of the call into this module, by the name of its file."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return Where(Path(frame.f_code.co_filename).name, frame.f_lineno)
