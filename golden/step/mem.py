"""MEM slices: what is read, and what is written a cycle later."""

from dataclasses import dataclass

import numpy as np

from arch.faults import Fault, ProgramError
from golden import detail
from golden.injection import MemoryInjection
from golden.memory import Memory
from golden.secded import mask_bytes
from golden.step.fabric import Fabric
from golden.step.store import Store
from golden.step.words import Flags, Issue, Vector
from golden.units import mem

__all__ = ["Mem"]

Place = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Write:
    """A word to store in one cycle: its place in each superlane (one for all from a Write, several from a Scatter)."""

    issue: Issue
    places: tuple[tuple[Place, Flags], ...]
    vector: Vector


class Mem:
    """All MEM slices.

    Reads of an issue cycle see the writes of earlier ones; a write shows in the array two cycles after its issue.
    """

    def __init__(self, fabric: Fabric, memory: Memory, injection: MemoryInjection | None) -> None:
        self._fabric = fabric
        self._injection = injection
        self.store = Store(memory.data, memory.defined)
        self._errors: dict[Place, dict[int, int]] = {}
        self._writes: list[_Write] = []

    def issue(self, issue: Issue) -> None:
        """Execute one part of a MEM word."""
        name = issue.op.mnemonic
        table, data = self._fabric.take_map(issue)
        if name == "Read":
            self._read(issue)
        elif name == "Write" and data is not None:
            self._write(issue, data)
        elif name == "Gather" and table is not None:
            self._gather(issue, mem.indexed(issue.op, table.data[0]), table.defined)
        elif name == "Scatter" and table is not None and data is not None:
            self._scatter(issue, mem.indexed(issue.op, table.data[0]), table.defined, data)

    def commit(self) -> None:
        """Store what was written in the last cycle; called once the cycle's state has been taken."""
        writes, self._writes = self._writes, []
        for write in writes:
            vector = self._injected(write)
            for place, superlanes in write.places:
                self.store.put(place, superlanes, vector.data, vector.defined, self._fabric.time + 1)
                self._keep_errors(place, superlanes, vector)

    # Reads ---------------------------------------------------------------------------------------------------

    def _read(self, issue: Issue) -> None:
        fabric, config = self._fabric, self._fabric.config
        address = mem.linear(issue.op, issue.repeat, config.bank_words)
        if not address.ok:
            fabric.fault(issue, fabric.lit(issue), Fault.RANGE)
            zero = np.zeros((1, config.superlanes, config.lanes), np.uint8)
            fabric.drive(issue, zero, np.ones(config.superlanes, np.bool_))
            return
        place = self._place(issue, int(address.bank), int(address.offset))
        defined = self.store.defined[place].copy()
        if not defined[: issue.lit].all():
            fabric.error(issue, ProgramError.UNDEFINED_MEMORY, detail.address(place[2], place[3]))
        fabric.drive(issue, self.store.data[place][None].copy(), defined, self._errors.get(place))

    def _gather(self, issue: Issue, address: mem.Addresses, table_defined: Flags) -> None:
        fabric, config, op = self._fabric, self._fabric.config, issue.op
        fabric.fault(issue, fabric.lit(issue) & ~address.ok, Fault.INDEX)
        data = np.zeros((1, config.superlanes, config.lanes), np.uint8)
        errors = {}
        for superlane in map(int, np.flatnonzero(fabric.lit(issue) & address.ok)):
            place = self._place(issue, int(address.bank[superlane]), int(address.offset[superlane]))
            data[0, superlane] = self.store.data[place][superlane]
            if superlane in self._errors.get(place, {}):
                errors[superlane] = self._errors[place][superlane]
        banks = [bank for bank in range(op["banks"].bit_length()) if op["banks"] >> bank & 1]
        side, mem_slice, *_ = self._place(issue, 0, 0)
        touched = self.store.defined[side, mem_slice, banks, op["lo"] : op["hi"] + 1]
        defined = np.asarray(touched.all(axis=(0, 1)))
        if not defined[: issue.lit].all():
            fabric.error(issue, ProgramError.UNDEFINED_MEMORY, detail.gathered(op))
        fabric.drive(issue, data, defined & table_defined, errors)

    # Writes --------------------------------------------------------------------------------------------------

    def _write(self, issue: Issue, vector: Vector) -> None:
        address = mem.linear(issue.op, issue.repeat, self._fabric.config.bank_words)
        if not address.ok:
            self._fabric.fault(issue, self._fabric.lit(issue), Fault.RANGE)
            return
        place = self._place(issue, int(address.bank), int(address.offset))
        self._writes.append(_Write(issue, ((place, self._fabric.lit(issue)),), vector))

    def _scatter(self, issue: Issue, address: mem.Addresses, table_defined: Flags, vector: Vector) -> None:
        lit = self._fabric.lit(issue)
        self._fabric.fault(issue, lit & ~address.ok, Fault.INDEX)
        places = []
        for superlane in np.flatnonzero(lit & address.ok):
            place = self._place(issue, int(address.bank[superlane]), int(address.offset[superlane]))
            places.append((place, np.arange(len(lit)) == superlane))
        vector = Vector(vector.data, vector.defined & table_defined, vector.errors)
        self._writes.append(_Write(issue, tuple(places), vector))

    def _keep_errors(self, place: Place, superlanes: Flags, vector: Vector) -> None:
        """Let a word's wrong bits lie where the word lies."""
        kept = {k: mask for k, mask in self._errors.pop(place, {}).items() if not superlanes[k]}
        kept |= {k: mask for k, mask in vector.errors.items() if superlanes[k]}
        if kept:
            self._errors[place] = kept

    def _injected(self, write: _Write) -> Vector:
        """The word to store, damaged if the injection is meant for it."""
        aim, issue, vector = self._injection, write.issue, write.vector
        place = self._place(issue, 0, 0)
        if aim is None or place[:2] != (aim.hemisphere, aim.mem_slice) or issue.time + aim.superlane != aim.cycle:
            return vector
        data, errors = vector.data.copy(), dict(vector.errors)
        data[aim.superlane] ^= mask_bytes(aim.mask, self._fabric.config.lanes)
        errors[aim.superlane] = errors.get(aim.superlane, 0) ^ aim.mask
        return Vector(data, vector.defined, errors)

    @staticmethod
    def _place(issue: Issue, bank: int, offset: int) -> Place:
        return (int(issue.queue.hemisphere or 0), issue.queue.number, bank, offset)
