"""The schedule as it grows: each flow is placed in the first cycle in which all that it needs is free."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.conveyor import Hemisphere
from arch.isa.fields import Kind, stream_operand, stream_ref
from arch.isa.spec import Spec, make
from arch.queues import Queue, queues
from compiler.asm.line import Line
from compiler.schedule.emit import Placed
from compiler.schedule.fetch import Fetch, fetch, sets
from compiler.schedule.flow import Flow, Issue, PlacementError, Wire, clash
from compiler.schedule.ledger import Ledger
from compiler.schedule.storage import CapacityError
from compiler.schedule.store import Store
from compiler.schedule.text import SOON, Lack, Text

#: Cycles tried before a flow is given up: as far as a schedule may reach.
HORIZON = 1 << 22
#: Attempts, one cycle apart, before the search for free streams takes longer steps.
_PATIENCE = 64
#: Cycles of which it is found out at once whether a flow can be placed in them.
_STARTS = 64
#: Attempts to wait for text before the search goes on behind all that the queue does.
_TRIES = 8
#: Blocks' times by which text may come late before other sources are tried.
_PATIENT = 2
#: Cycles after its last issue in which nothing of a flow moves any more, in any machine.
_TRAVEL = 256


@dataclass(frozen=True)
class Found:
    """Where a flow can be placed.

    Attributes
    ----------
    cycle
        Its cycle.
    issues, streams
        Its instructions, alternatives chosen, and the first stream of each wire.
    runs, lines
        The instructions as they are issued then, and the words of their queues with them.
    """

    cycle: int
    issues: list[Issue]
    streams: list[int]
    runs: list[Placed]
    lines: Mapping[int, Line]


class _FullError(Exception):
    """A queue must fetch a block before more can be placed in it."""

    def __init__(self, queue: int) -> None:
        super().__init__(queue)
        self.queue = queue


class Plan:
    """The schedule as it grows.

    Parameters
    ----------
    ledger
        What is taken.
    store
        Gives room for text.

    Attributes
    ----------
    placed
        What has been placed, text aside.
    text
        Words of all queues.
    last
        Cycle from which on everything is free.
    """

    def __init__(self, ledger: Ledger, store: Store | None = None) -> None:
        self.ledger, self.store = ledger, store or Store(ledger.config)
        self.placed: list[Placed] = []
        self.text = Text(ledger.config, soon=SOON if self.store.idle is None else 0)
        self.last = 0
        self._queues = queues(ledger.config)

    def place(self, flow: Flow, earliest: int, latest: int = HORIZON) -> int:
        """Place a flow as early as it can be; its cycle.

        Raises
        ------
        PlacementError
            If there is no such cycle from ``earliest`` to ``latest``.
        """
        return self.place_best((flow,), earliest, latest)[1]

    def attempt(self, flow: Flow, earliest: int, latest: int) -> int | None:
        """Place a flow if there is a cycle for it up to ``latest``: that cycle."""
        try:
            return self.place(flow, earliest, latest)
        except PlacementError:
            return None

    def place_best(self, flows: Sequence[Flow], earliest: int, latest: int = HORIZON) -> tuple[int, int]:
        """Place that one of several flows that can be placed earliest: its number and its cycle."""
        for queue in dict.fromkeys(issue.queue for issue in flows[0].issues):
            if self.text.short(queue):
                self._feed(queue, ())
        while True:
            try:
                number, found = self._best(flows, earliest, latest)
            except _FullError as full:
                self._feed(full.queue, ())
                continue
            self._commit(flows[number], found)
            self.placed += found.runs
            return number, found.cycle

    def _best(self, flows: Sequence[Flow], earliest: int, latest: int) -> tuple[int, Found]:
        best: tuple[int, Found] | None = None
        why: PlacementError | None = None
        for number, flow in enumerate(flows):
            try:
                found = self._search(flow, earliest, latest if best is None else best[1].cycle - 1)
            except PlacementError as error:
                why = why or error
                continue
            if found is not None:
                best = (number, found)
                if found.cycle <= max(earliest, flow.earliest, flow.lead):
                    break
        if best is None:
            raise why or PlacementError(f"{flows[0].label}: no cycle from {earliest} to {latest} is free")
        return best

    def _feed(self, queue: int, waiting: tuple[int, ...]) -> None:
        """Place an Ifetch of a queue, and what brings its text; ``waiting`` are queues whose text this is for."""
        name = self._queues[queue]
        while any(self._fed(sources, (*waiting, queue)) for _, sources in sets(self.text, self.store, name, waiting)):
            pass
        way, found = self._fetch(queue, waiting)
        for share in way.shares:
            self.store.take(_side(share.source), share.source.number, share.bank, len(share.vectors), lent=True)
        self.text.shares.setdefault(queue, []).append(way.shares)
        self._commit(way.flow, found)

    def _fed(self, sources: Sequence[Queue], waiting: tuple[int, ...]) -> bool:
        """Whether one of some slices has had to fetch text of its own before it can send others'."""
        for source in sources:
            if self.text.short(source.index):
                try:
                    self._feed(source.index, waiting)
                except CapacityError:
                    continue  # Short as it is, it may have words enough for others' text.
                return True
        return False

    def _fetch(self, queue: int, waiting: tuple[int, ...]) -> tuple[Fetch, Found]:
        """The way to fetch a queue's next block that comes first, or early enough."""
        earliest, best = self.text.earliest(queue), None
        for direction, sources in sets(self.text, self.store, self._queues[queue], waiting):
            way = fetch(self.text, self.store, self._queues[queue], direction, sources)
            try:
                found = self._search(way.flow, earliest, HORIZON if best is None else best[1].cycle - 1)
            except (PlacementError, _FullError):
                continue
            if found is not None:
                best = (way, found)
                if found.cycle <= earliest + _PATIENT * self.text.blocks.span:
                    break
        if best is None:
            rows, name = len(self.text.blocks.samples[0]), self._queues[queue].name
            raise CapacityError(f"the network does not fit: no slice has room for {rows} more rows of text of {name}")
        return best

    def _search(self, flow: Flow, earliest: int, latest: int) -> Found | None:
        twice = clash(flow.issues)
        if twice is not None:
            raise PlacementError(f"{flow.label}: {self._queues[twice].name} is needed twice at once")
        cycle, failures, late = max(earliest, flow.earliest, flow.lead), 0, 0
        while (cycle := self._free(flow, cycle, latest)) <= latest:
            self.ledger.reach(cycle + flow.last)
            issues, wait = self._chosen(flow, cycle)
            streams = None if issues is None else self._free_streams(flow, cycle)
            if streams is None and cycle - flow.lead > self.last:
                raise PlacementError(f"{flow.label}: its {'streams' if issues else 'issues'} are too many at once")
            if issues is None:
                cycle += wait
                continue
            if streams is None:
                failures += 1
                cycle += 1 if failures < _PATIENCE else 1 + failures // _PATIENCE
                continue
            runs = self._runs(flow, cycle, issues, streams)
            lines = self.text.extended(runs)
            if not isinstance(lines, Lack):
                return Found(cycle, issues, streams, runs, lines)
            late += 1
            cycle += self._delay(flow, runs, lines, late)
        return None

    def _delay(self, flow: Flow, runs: Sequence[Placed], lack: Lack, tries: int) -> int:
        """Cycles after which to look again for text that is not there."""
        first = min(run.times.first for run in runs if run.queue == lack.queue)
        behind = self.text.line(lack.queue).at[-1] + 1 - first
        if lack.words and not self.text.hungry(lack.queue) and behind <= 0:
            if not self.text.holds(lack.words):
                raise PlacementError(f"{flow.label}: its text is more than {self._queues[lack.queue].name} holds")
            self.text.pad(lack.queue)
        if lack.words and self.text.hungry(lack.queue):
            raise _FullError(lack.queue)
        return max(1, behind if lack.words or tries > _TRIES else lack.wait)

    def _free(self, flow: Flow, cycle: int, latest: int) -> int:
        """First cycle from ``cycle`` on in which the queues and banks of a flow are free."""
        while flow.quiet and cycle <= latest:
            first = self.text.quiet(flow.issues, cycle)
            cycle = self._unused(flow.issues, first, latest)
            if cycle == first:
                return cycle
        return self._unused(flow.issues, cycle, latest)

    def _unused(self, issues: Sequence[Issue], cycle: int, latest: int) -> int:
        """First cycle from ``cycle`` on in which the queues and banks of some instructions are free."""
        starts = _STARTS
        while cycle <= latest:
            taken = self._taken(issues, cycle, starts)
            if not taken.all():
                return cycle + int(taken.argmin())
            cycle, starts = cycle + starts, 2 * starts
        return cycle

    def _taken(self, issues: Sequence[Issue], cycle: int, starts: int) -> NDArray[np.bool_]:
        """Whether one of some instructions is in the way of another flow, for so many starts from a cycle on."""
        self.ledger.reach(cycle + starts + max((issue.reserved.last for issue in issues), default=0))
        taken = np.zeros(starts, dtype=bool)
        for issue in issues:
            times = issue.reserved.shifted(cycle)
            if issue.banks:
                taken |= self.ledger.parts_taken(issue.queue, times, starts, issue.banks, write=issue.write)
            else:
                taken |= self.ledger.slots_taken(issue.queue, times, starts)
        return taken

    def _chosen(self, flow: Flow, cycle: int) -> tuple[list[Issue] | None, int]:
        """Issues with their alternatives chosen, or how many cycles later to try again."""
        chosen = list(flow.issues)
        taken: list[Issue] = []
        for group in flow.choices:
            waits = []
            for option in group:
                wait = self._unused(option, cycle, cycle) - cycle
                if not wait:
                    self._take(option, cycle)
                    taken += option
                    chosen += option
                    break
                waits.append(wait)
            else:
                self._give_back(taken, cycle)
                return None, min(waits)
        self._give_back(taken, cycle)
        return chosen, 0

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

    def _runs(self, flow: Flow, cycle: int, issues: Sequence[Issue], streams: Sequence[int]) -> list[Placed]:
        """A flow's instructions as they would be issued."""
        runs = []
        for issue in issues:
            fields = dict(issue.fields)
            for name, number, byte in issue.streams:
                ref = stream_ref(flow.wires[number].direction, streams[number] + byte)
                fields[name] = _encoded(issue.spec, name, ref)
            runs.append(Placed(issue.queue, issue.times.shifted(cycle), make(issue.spec, **fields), flow.label))
        return runs

    def _commit(self, flow: Flow, found: Found) -> None:
        self.last = max(self.last, found.cycle + flow.last + _TRAVEL)
        self._take(found.issues, found.cycle)
        for wire, stream in zip(flow.wires, found.streams, strict=True):
            self._note(self.ledger.mark, wire, stream, found.cycle)
        self.text.lines.update(found.lines)
        for run in found.runs:
            self.store.touch(run)


def _encoded(spec: Spec, name: str, ref: int) -> int:
    """A stream as the value of a field."""
    kind = spec.by_name[name].kind
    if kind is Kind.OPERAND:
        return stream_operand(ref)
    return ref << 1 | 1 if kind is Kind.OUT else ref


def _side(queue: Queue) -> Hemisphere:
    assert queue.hemisphere is not None
    return queue.hemisphere
