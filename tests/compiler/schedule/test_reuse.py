"""Memory that is used again: only where memory is short, and only behind the last cycle that needs what lies there."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from arch.config import OFFSET_BITS, preset
from arch.conveyor import Direction, Hemisphere
from arch.isa.mem import READ, WRITE
from arch.queues import queues, queues_by_name
from compiler.frontend.load import translate
from compiler.schedule import network
from compiler.schedule.draft import Draft, Rows
from compiler.schedule.facts import names_of
from compiler.schedule.flow import Flow
from compiler.schedule.idle import Idle
from compiler.schedule.ledger import Ledger, Times
from compiler.schedule.plan import Plan
from compiler.schedule.program import compile_graph
from compiler.schedule.storage import CapacityError, Piece
from compiler.schedule.store import Store
from compiler.schedule.traffic import traffic
from tests.compiler.models import CASES
from tests.compiler.schedule.judge import RIGHT, outcome

TINY = preset("tiny")
#: A machine with so little memory that attention fits only if rows are used again.
SHORT = replace(preset("small"), name="short", bank_words=64, acc_rows=64)
CASE = next(case for case in CASES if case.name == "attention-fp16")


def test_what_does_not_fit_once_fits_when_memory_is_used_again():
    graph = translate(CASE.model)
    with pytest.raises(CapacityError, match="the network does not fit"):
        network.build(graph, SHORT)
    found = outcome(graph, SHORT, CASE.inputs)
    assert (found.status, found.reason) == (RIGHT, "")


def test_lives_in_the_same_rows_follow_each_other():
    graph = translate(CASE.model)
    made = compile_graph(graph, SHORT).made
    found = traffic(SHORT, made.plan.placed, names_of(graph))
    owners: dict[tuple[int, int, int], dict[int, Piece]] = {}
    for piece in (piece for one in made.stored for copy in one.copies for piece in copy):
        for n in range(piece.rows):
            place = (piece.hemisphere, piece.mem_slice, piece.address(piece.first) + n)
            owners.setdefault(place, {})[piece.free] = piece
    shared = [sorted(found.items()) for found in owners.values() if len(found) > 1]
    assert shared, "rows are used by several tensors"
    for (_, before), (free, after) in (pair for one in shared for pair in pairwise(one)):
        first, last = found.life(after)[0], max(cycle for cycle in found.life(before) if cycle is not None)
        assert before.until is not None and last < before.until <= free
        assert first is not None and first >= free


def test_rows_written_too_early_give_wrong_results(monkeypatch):
    """The check of the results sees it if a write does not wait for the last read."""
    found = Idle.find

    def early(self: Idle, side: Hemisphere, mem_slice: int, bank: int, rows: int) -> tuple[int, int] | None:
        place = found(self, side, mem_slice, bank, rows)
        return place and (place[0], 1)

    monkeypatch.setattr(Idle, "find", early)
    assert "elements differ" in outcome(translate(CASE.model), SHORT, CASE.inputs).reason


def test_a_row_is_written_in_the_first_cycle_behind_its_last_read():
    store = Store(TINY, thrifty=True)
    plan, idle = Plan(Ledger(TINY), store), store.idle
    assert idle is not None
    offset = store.take(Hemisphere.WEST, 1, 0, 8, lent=True)
    old = Rows(((_piece(Hemisphere.WEST, 1, 0, offset),),), np.arange(8)[::-1])
    plan.place(_copy(old, Rows(((_piece(Hemisphere.EAST, 2, 0, 0),),), np.arange(8))), 20)
    idle.release(np.zeros((len(Hemisphere), TINY.slices, 2, TINY.bank_words), np.bool_))
    place = store.place(Hemisphere.WEST, 1, 0, 8, again=True)
    assert place is not None and place.offset == offset
    reads = [run.times for run in plan.placed if run.op.spec is READ]
    assert place.free == max(times.last for times in reads) + 1
    new = Rows(((replace(_piece(Hemisphere.WEST, 1, 0, offset), free=place.free),),), np.arange(8))
    plan.place(_copy(Rows(((_piece(Hemisphere.EAST, 3, 1, 0),),), np.arange(8)), new), 0)
    west = queues_by_name(TINY)["W.mem1"].index
    (written,) = (run.times for run in plan.placed if run.queue == west and run.op.spec is WRITE)
    assert written.first == place.free


def test_rows_that_are_still_read_are_not_released():
    store = Store(TINY, thrifty=True)
    assert store.idle is not None
    store.take(Hemisphere.EAST, 0, 1, 4, lent=True)
    store.take(Hemisphere.EAST, 0, 1, 4)
    live = np.zeros((len(Hemisphere), TINY.slices, 2, TINY.bank_words), np.bool_)
    live[Hemisphere.EAST, 0, 1, :2] = True
    store.idle.release(live)
    found = {rows: store.idle.find(Hemisphere.EAST, 0, 1, rows) for rows in (2, 3)}
    assert found == {2: (2, 0), 3: None}, "two are live, two are idle, and four are there for good"


def _piece(side: Hemisphere, mem_slice: int, bank: int, offset: int) -> Piece:
    queue = queues_by_name(TINY)[f"{side.letter}.mem{mem_slice}"].index
    return Piece(queue, side, mem_slice, bank, offset % (1 << OFFSET_BITS), 0, 0, 0, 8)


def _copy(source: Rows, target: Rows) -> Flow:
    """Rows from a slice of one hemisphere to one of the other."""
    draft = Draft(TINY, "copy")
    way = Direction.EAST if source.side is Hemisphere.WEST else Direction.WEST
    end = queues(TINY)[target.planes[0][0].queue].site.sample(way)
    start = queues(TINY)[source.planes[0][0].queue].site.drive(way)
    assert start is not None and end is not None
    times = Times(0, len(source.rows))
    wire = draft.read(source, way, end, times)
    draft.write(target, wire, start, times.shifted(-(end - start) * way.step))
    return draft.flow()
