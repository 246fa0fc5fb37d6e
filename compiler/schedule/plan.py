"""The schedule as it grows: each flow is placed in the first cycle in which all that it needs is free."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from arch.config import BANKS
from arch.isa.fields import Kind, stream_operand, stream_ref
from arch.isa.mem import READ, WRITE
from arch.isa.spec import Op, Spec, make
from arch.queues import queues
from compiler.schedule.flow import Flow, Issue, PlacementError, Wire, clash
from compiler.schedule.ledger import Ledger, Times

#: Cycles tried before a flow is given up: as far as a schedule may reach.
HORIZON = 1 << 22
#: Attempts, one cycle apart, before the search for free streams takes longer steps.
_PATIENCE = 64
#: Cycles after its last issue in which nothing of a flow moves any more, in any machine.
_TRAVEL = 256


@dataclass(frozen=True)
class Placed:
    """A run of the schedule.

    Attributes
    ----------
    queue, times
        Where and when.
    op
        Its instruction.
    label
        Of the flow.
    """

    queue: int
    times: Times
    op: Op
    label: str


@dataclass
class Plan:
    """The schedule as it grows.

    Attributes
    ----------
    ledger
        What is taken.
    placed
        What has been placed.
    last
        Cycle from which on everything is free.
    guard
        Cycles left free in each MEM queue behind what a flow does there: the queue can fetch text in them.
    """

    ledger: Ledger
    placed: list[Placed] = field(default_factory=list)
    last: int = 0
    guard: int = 0

    def place(self, flow: Flow, earliest: int, latest: int = HORIZON) -> int:
        """Place a flow as early as it can be; its cycle.

        Raises
        ------
        PlacementError
            If there is no such cycle from ``earliest`` to ``latest``.
        """
        found = self._search(flow, earliest, latest)
        if found is None:
            raise PlacementError(f"{flow.label}: no cycle from {earliest} to {latest} is free")
        cycle, issues, streams = found
        self._commit(flow, cycle, issues, streams)
        return cycle

    def place_best(self, flows: Sequence[Flow], earliest: int, latest: int = HORIZON) -> tuple[int, int]:
        """Place that one of several flows that can be placed earliest: its number and its cycle."""
        best: tuple[int, int] | None = None
        why = ""
        for number, flow in enumerate(flows):
            try:
                found = self._search(flow, earliest, latest if best is None else best[1] - 1)
            except PlacementError as error:
                why = why or str(error)
                continue
            if found is not None and (best is None or found[0] < best[1]):
                best = (number, found[0])
                if found[0] <= max(earliest, flow.earliest, flow.lead):
                    break
        if best is None:
            raise PlacementError(why or f"{flows[0].label}: no cycle from {earliest} to {latest} is free")
        return best[0], self.place(flows[best[0]], best[1], latest)

    def _search(self, flow: Flow, earliest: int, latest: int) -> tuple[int, list[Issue], list[int]] | None:
        twice = clash(flow.issues)
        if twice is not None:
            raise PlacementError(f"{flow.label}: {queues(self.ledger.config)[twice].name} is needed twice at once")
        cycle, failures = max(earliest, flow.earliest, flow.lead), 0
        while cycle <= latest:
            self.ledger.reach(cycle + flow.last)
            issues, wait = self._free_queues(flow, cycle)
            if issues is None:
                cycle += wait
                continue
            streams = self._free_streams(flow, cycle)
            if streams is not None:
                return cycle, issues, streams
            if cycle - flow.lead > self.last:
                raise PlacementError(f"{flow.label}: its streams are too many at once")
            failures += 1
            cycle += 1 if failures < _PATIENCE else 1 + failures // _PATIENCE
        return None

    def _free_queues(self, flow: Flow, cycle: int) -> tuple[list[Issue] | None, int]:
        """Issues with their alternatives chosen, or how many cycles later to try again."""
        wait = self._conflict((*flow.issues, *_guards(flow, self.guard)), cycle)
        if wait:
            return None, wait
        chosen = list(flow.issues)
        taken: list[Issue] = []
        for group in flow.choices:
            waits = []
            for option in group:
                guarded = _guarded(option, self.guard)
                wait = self._conflict(guarded, cycle)
                if not wait:
                    self._take(guarded, cycle)
                    taken += guarded
                    chosen += guarded
                    break
                waits.append(wait)
            else:
                self._give_back(taken, cycle)
                return None, min(waits)
        self._give_back(taken, cycle)
        return chosen, 0

    def _conflict(self, issues: Sequence[Issue], cycle: int) -> int:
        """Cycles to wait, at least, until what is in the way has passed; 0 if nothing is."""
        wait = 0
        for issue in issues:
            times = issue.reserved.shifted(cycle)
            if issue.banks:
                at = self.ledger.part_conflict(issue.queue, times, issue.banks, write=issue.write)
            else:
                at = self.ledger.slot_conflict(issue.queue, times)
            if at is not None:
                wait = max(wait, at * times.every + 1 if times.every == 1 else 1)
        return wait

    def _take(self, issues: Sequence[Issue], cycle: int) -> None:
        for issue in issues:
            times = issue.reserved.shifted(cycle)
            if issue.banks:
                self.ledger.take_parts(issue.queue, times, issue.banks, write=issue.write)
            else:
                self.ledger.take_slots(issue.queue, times)

    def _give_back(self, issues: Sequence[Issue], cycle: int) -> None:
        for issue in issues:
            times = issue.reserved.shifted(cycle)
            if issue.banks:
                self.ledger.free_parts(issue.queue, times, write=issue.write)
            else:
                self.ledger.free_slots(issue.queue, times)

    def _free_streams(self, flow: Flow, cycle: int) -> list[int] | None:
        """First stream of each wire, if all find one; nothing stays reserved."""
        chosen: list[int] = []
        for wire in flow.wires:
            stream = self._stream(wire, cycle)
            if stream is None:
                break
            chosen.append(stream)
            self._note(self.ledger.mark, wire, stream, cycle)
        complete = len(chosen) == len(flow.wires)
        for wire, stream in zip(flow.wires, chosen, strict=False):
            self._note(self.ledger.unmark, wire, stream, cycle)
        return chosen if complete else None

    def _stream(self, wire: Wire, cycle: int) -> int | None:
        free = np.ones((self.ledger.config.streams // wire.width, wire.width), dtype=bool)
        for drive in wire.drives:
            row = self.ledger.free_streams(wire.direction, drive.position, wire.end, drive.times.shifted(cycle))
            free[:, drive.byte] &= row.reshape(free.shape)[:, drive.byte]
        found = np.flatnonzero(free.all(axis=1))
        if not len(found):
            return None
        # Narrow wires from the top, wide ones from the bottom: so groups of all widths stay whole.
        return int(found[-1] if wire.width <= 4 else found[0]) * wire.width

    def _note(self, note: Callable[..., None], wire: Wire, stream: int, cycle: int) -> None:
        """Mark a wire's values in the ledger, or unmark them."""
        for drive in wire.drives:
            note(wire.direction, stream + drive.byte, drive.position, drive.times.shifted(cycle), sampled=False)
        for sample in wire.samples:
            for byte in range(wire.width):
                note(wire.direction, stream + byte, sample.position, sample.times.shifted(cycle), sampled=True)

    def _commit(self, flow: Flow, cycle: int, issues: Sequence[Issue], streams: Sequence[int]) -> None:
        self.last = max(self.last, cycle + flow.last + _TRAVEL)
        self._take((*issues, *_guards(flow, self.guard)), cycle)
        for wire, stream in zip(flow.wires, streams, strict=True):
            self._note(self.ledger.mark, wire, stream, cycle)
        for issue in issues:
            fields = dict(issue.fields)
            for name, number, byte in issue.streams:
                ref = stream_ref(flow.wires[number].direction, streams[number] + byte)
                fields[name] = _encoded(issue.spec, name, ref)
            self.placed.append(Placed(issue.queue, issue.times.shifted(cycle), make(issue.spec, **fields), flow.label))


def _guarded(option: Sequence[Issue], cycles: int) -> list[Issue]:
    """Issues of ALUs, the last of each with some cycles behind it in which nothing issues."""
    last = {issue.queue: number for number, issue in enumerate(option)}
    found = list(option)
    for number in last.values() if cycles else ():
        times = option[number].reserved
        if times.every == 1:
            found[number] = replace(option[number], hold=Times(times.first, times.n + cycles))
    return found


def _guards(flow: Flow, cycles: int) -> list[Issue]:
    """Reservations of the cycles behind a flow's last access to each slice; nothing issues in them."""
    ends: dict[int, int] = {}
    for issue in flow.issues if cycles else ():
        if issue.banks:
            ends[issue.queue] = max(ends.get(issue.queue, issue.times.last), issue.times.last)
    every = (1 << BANKS) - 1
    return [
        Issue(queue, Times(end + 1, cycles), spec, {}, (), every)
        for queue, end in ends.items()
        for spec in (READ, WRITE)
    ]


def _encoded(spec: Spec, name: str, ref: int) -> int:
    """A stream as the value of a field."""
    kind = spec.by_name[name].kind
    if kind is Kind.OPERAND:
        return stream_operand(ref)
    return ref << 1 | 1 if kind is Kind.OUT else ref
