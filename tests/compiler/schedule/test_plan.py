"""Placing flows: as early as there is room, never in each other's way; and words of MEM queues from their parts."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from arch import text
from arch.config import BANKS, OFFSET_BITS, preset
from arch.conveyor import Direction, Hemisphere
from arch.isa.mem import READ, WRITE
from arch.isa.spec import make
from arch.queues import queues, queues_by_name
from arch.timing import timing
from compiler.asm.line import Line
from compiler.asm.lower import lay_lines
from compiler.asm.schedule import Named, Schedule
from compiler.asm.schedule import Rows as Data
from compiler.asm.strides import advance
from compiler.schedule.draft import Draft, Rows
from compiler.schedule.emit import merged
from compiler.schedule.flow import Flow, Issue, check
from compiler.schedule.ledger import Ledger, Times
from compiler.schedule.plan import PlacementError, Plan
from compiler.schedule.storage import Piece
from compiler.schedule.store import Store
from compiler.schedule.text import Lack, Text
from golden.run import run

TINY = preset("tiny")


def rows(side: Hemisphere, mem_slice: int, bank: int, offset: int, order: list[int]) -> Rows:
    """Rows of a slice, in an order."""
    queue = queues_by_name(TINY)[f"{side.letter}.mem{mem_slice}"].index
    count = max(order) + 1
    return Rows(((Piece(queue, side, mem_slice, bank, offset, 0, 0, 0, count),),), np.array(order, np.int64))


def copy(source: Rows, target: Rows) -> Flow:
    """Rows from a slice of one hemisphere to one of the other."""
    draft = Draft(TINY, "copy")
    way = Direction.EAST if source.side is Hemisphere.WEST else Direction.WEST
    piece, times = source.planes[0][0], Times(0, len(source.rows))
    end = queues(TINY)[target.planes[0][0].queue].site.sample(way)
    start = queues(TINY)[piece.queue].site.drive(way)
    assert start is not None and end is not None
    wire = draft.read(source, way, end, times)
    draft.write(target, wire, start, times.shifted(-(end - start) * way.step))
    return draft.flow()


@pytest.mark.parametrize(("flows", "depth"), [(14, 96), (60, 48)])
def test_copies_placed_at_random_do_what_they_say(flows: int, depth: int):
    config = replace(TINY, name="shallow", queue_depth=depth, bank_words=4096)
    random = np.random.default_rng(3)
    fetched = 0
    for _ in range(12 if flows < 20 else 3):
        store = Store(config)
        plan, size = Plan(Ledger(config), store), 512
        memory = random.integers(0, 256, (2, TINY.slices, BANKS, size, TINY.vector), np.uint8)
        for side, number, bank in product(Hemisphere, range(TINY.slices), range(BANKS)):
            store.take(side, number, bank, size)
        wanted, used = {}, set()
        for number in range(flows):
            west, near, far = bool(random.integers(2)), int(random.integers(4)), int(random.integers(4))
            side = Hemisphere.WEST if west else Hemisphere.EAST
            order = random.integers(0, 8, int(random.integers(1, 8))).tolist()
            # Sources lie in the lower bank, results in the upper one.
            source, target = rows(side, near, 0, 3, order), rows(Hemisphere(1 - side), far, 1, number * 8, [0])
            target = Rows(
                (tuple(Piece(**{**vars(p), "rows": len(order)}) for p in target.planes[0]),), np.arange(len(order))
            )
            plan.place(copy(source, target), int(random.integers(0, 6)))
            wanted[1 - side, far, number * 8] = memory[side, near, 0, [3 + n for n in order]]
            used.add((1 - side, far))
        data = [Data(Hemisphere(s), m, 0, memory[s, m, 0]) for s in range(2) for m in range(TINY.slices)]
        regions = [Named(f"{s}{m}", "output", Hemisphere(s), m, 1 << OFFSET_BITS, size) for s, m in sorted(used)]
        schedule = Schedule(config, data=data, regions=regions)
        laid = lay_lines(schedule, plan.text.lines, plan.text.segments())
        fetched += sum(len(line.fetches) for line in laid.lines.values())
        result = run(laid.program, {})
        assert not result.errors and not result.faults and result.cycles == laid.cycles
        for (side, one, first), array in wanted.items():
            assert np.array_equal(result.region(f"{side}{one}")[first : first + len(array)], array)
    assert (fetched > 0) == (flows > 20)


def test_words_that_are_placed_need_not_be_looked_at_again(monkeypatch: pytest.MonkeyPatch):
    """Only words from the first that changes on can come late: looking at all of them finds the same."""
    look, kept = Text._lack, []

    def both(self: Text, queue: int, line: Line, reserve: int, words: int) -> Lack | None:
        kept.append(words)
        found = look(self, queue, line, reserve, words)
        assert found == look(self, queue, line, reserve, 0)
        return found

    monkeypatch.setattr(Text, "_lack", both)
    test_copies_placed_at_random_do_what_they_say(60, 48)
    assert max(kept) > 48


def test_the_first_cycle_with_room_is_taken():
    plan = Plan(Ledger(TINY))
    one = copy(rows(Hemisphere.WEST, 0, 0, 0, list(range(8))), rows(Hemisphere.EAST, 0, 0, 0, list(range(8))))
    first = plan.place(one, 0)
    assert first == one.lead
    assert plan.place(one, 0) == first + 8, "the slice reads one row in a cycle"
    other = copy(rows(Hemisphere.WEST, 1, 0, 0, list(range(8))), rows(Hemisphere.EAST, 1, 0, 0, list(range(8))))
    assert plan.place(other, 0) == other.lead, "other slices and streams are free"
    with pytest.raises(PlacementError, match="no cycle from 0 to 12 is free"):
        plan.place(one, 0, 12)
    assert plan.place_best([one, other], 0)[1] == min(first + 16, other.lead + 8)


def test_streams_that_are_too_many_are_refused():
    plan = Plan(Ledger(TINY))
    # All streams of one direction, in one cycle, from slices of one position.
    draft = Draft(TINY, "wide")
    for number in range(TINY.streams + 1):
        wire = draft.wire(Direction.EAST, 1)
        draft.drive(wire, 0, Times(0, 1))
        draft.sample(wire, TINY.positions - 1, Times(TINY.positions - 1, 1))
        draft.issue(f"vxm{number % 16}", Times(100 + number, 1), READ, {"s": wire}, a=0)
    with pytest.raises(PlacementError, match="wide: its streams are too many at once"):
        plan.place(draft.flow(), 0)


def test_a_queue_that_is_needed_twice_at_once_is_refused():
    issue = Issue(queues_by_name(TINY)["W.mem0"].index, Times(0, 2), READ, {"a": 0}, banks=1)
    flow = Flow("twice", (issue, issue), ())
    with pytest.raises(PlacementError, match="twice"):
        check([flow])
    with pytest.raises(PlacementError, match=r"W\.mem0 is needed twice at once"):
        Plan(Ledger(TINY)).place(flow, 0)


def test_parts_of_one_cycle_become_one_word():
    random = np.random.default_rng(5)
    for _ in range(40):
        parts = []
        for spec, bank in ((READ, 0), (WRITE, 1)):
            at = 0
            for _ in range(int(random.integers(1, 6))):
                at += int(random.integers(0, 4))
                times = Times(at, int(random.integers(1, 6)), int(random.integers(1, 3)))
                op = make(spec, a=bank << OFFSET_BITS | int(random.integers(0, 9)), s=1, stride=int(random.integers(3)))
                parts.append((times, op))
                at = times.last + 1
        wanted: dict[int, dict[str, int]] = {}
        for times, op in parts:
            for n in range(times.n):
                (now,) = advance((op,), n)
                wanted.setdefault(times.first + n * times.every, {})[op.mnemonic] = now["a"]
        found: dict[int, dict[str, int]] = {}
        for item in merged(parts):
            for n in range(item.n):
                cycle = item.cycle + n * item.every
                assert cycle not in found, "two words in one cycle"
                found[cycle] = {op.mnemonic: op["a"] for op in advance(item.word, n)}
        assert found == wanted


def test_a_read_finds_what_a_write_of_the_cycle_before_left():
    t, plan = timing(TINY), Plan(Ledger(TINY))
    flow = copy(rows(Hemisphere.WEST, 0, 0, 0, [0]), rows(Hemisphere.EAST, 0, 0, 0, [0]))
    ready = plan.place(flow, 0) + flow.last + t.write
    back = rows(Hemisphere.EAST, 0, 0, 0, [0])
    (piece,) = back.planes[0]
    later = Rows(((Piece(**{**vars(piece), "ready": ready}),),), back.rows)
    again = copy(later, rows(Hemisphere.WEST, 1, 0, 0, [0]))
    at = plan.place(again, 0)
    assert at - again.lead >= ready and at == max(ready, 0) + again.lead


def test_text_that_is_not_there_is_waited_for():
    plan = Plan(Ledger(TINY))
    cycles = []
    for number in range(150):
        # No two of these fold, and they could follow each other without a gap.
        far = rows(Hemisphere.EAST, number % 2, 0, number % 3 * 2, [0])
        cycles.append(plan.place(copy(rows(Hemisphere.WEST, 0, 0, number * 5 % 7, [0]), far), 0))
    line = plan.text.line(queues_by_name(TINY)["W.mem0"].index)
    assert len(line.fetches) > 1
    assert cycles[60] - cycles[0] < 80, "what is held at boot issues at once"
    assert max(cycles) - cycles[0] > (len(line.fetches) - 1) * text.span(TINY), (
        "the rest comes no faster than blocks do"
    )


def test_what_no_queue_can_hold_is_refused():
    jumps = rows(Hemisphere.WEST, 0, 0, 0, [n * 5 % 7 + n % 3 for n in range(120)])
    target = rows(Hemisphere.EAST, 0, 0, 0, list(range(120)))
    with pytest.raises(PlacementError, match=r"its text is more than W\.mem0 holds"):
        Plan(Ledger(TINY)).place(copy(jumps, target), 0)
