"""The fast engine: windows of cycles, each unrolled, linked, evaluated, and left behind as state."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.isa.spec import Op
from arch.program import Program
from golden.fast import kernels, link_memory, matmul
from golden.fast.advance import advance
from golden.fast.carry import Carry, Masks, boot_carry
from golden.fast.defined import define
from golden.fast.issues import Feed, Issues
from golden.fast.link import Window, link_window
from golden.fast.order import plan
from golden.fast.remarks import Remarks, errors_of, faults_of
from golden.fast.tables import Kind, Tables
from golden.fast.unroll import FOREVER, Ending, Unroller
from golden.fast.values import Values, reads
from golden.lanes import Bytes

__all__ = ["Engine", "Statistics"]

_KERNELS = {**kernels.KERNELS, **matmul.KERNELS}
#: Issues of a window and bytes of its values, about: enough to keep array operations long, not to fill memory.
_WINDOW_ISSUES, _WINDOW_BYTES = 60_000, 48 << 20
_LONGEST_WINDOW = 1 << 15


@dataclass
class Statistics:
    """Counts that do not depend on the machine the engine runs on."""

    windows: int = 0
    issues: int = 0
    batches: int = 0
    levels: int = 0


class Engine:
    """A run in progress: everything issued before ``carry.start`` is done.

    Parameters
    ----------
    program
        What runs.
    limit
        Cycle at which the run is stopped.
    memory, mask : uint8[2, slices, 2, words, S, L], uint32[2 * slices * 2 * words]
        Memory at the start and its definedness; changed in place.
    known : bool[2, slices, 2, words], optional
        Words that can be text known in advance, all by default.
    values
        Whether values are computed, or definedness alone.
    """

    def __init__(
        self,
        program: Program,
        limit: int,
        memory: Bytes,
        mask: Masks,
        known: NDArray[np.bool_] | None = None,
        *,
        values: bool = True,
    ) -> None:
        config = program.config
        self.config, self.program, self.limit = config, program, limit
        self.unroller = Unroller(program, limit, memory, known)
        self.tables = Tables(self.unroller.words)
        self.feed = Feed(self.unroller.log.runs)
        self.remarks = Remarks()
        self.statistics = Statistics()
        self.carry: Carry = boot_carry(config, memory if values else None, mask)
        self.issued = np.zeros(len(program.preload), np.int64)
        self.macs = np.zeros(2 * config.planes, np.int64)
        self._values = values
        self._size = 1 << 10
        self._frontier = self._unroll()

    @property
    def stuck(self) -> bool:
        """Whether nothing more is known without text that takes evaluation."""
        return self._frontier <= self.carry.start

    def ending(self) -> Ending:
        """How the run ends, once all issues are known."""
        return self.unroller.ending()

    @property
    def finished(self) -> bool:
        """Whether all issues are known."""
        return self._frontier == FOREVER

    def advance_to(self, cycle: int) -> None:
        """Go on until everything issued before a cycle is done, or, without values, until text is not known."""
        while self.carry.start < cycle:
            if self.stuck:
                self._frontier = self._unroll()
                if self.stuck:
                    return
            self._window(min(cycle, self._frontier))

    def next_stop(self) -> int:
        """A cycle up to which the run can go on without knowing its end."""
        if self.stuck:
            self._frontier = self._unroll()
        return min(self._frontier, self.limit)

    def _unroll(self) -> int:
        found = self.unroller.unroll()
        self.feed.pull()
        self.tables.update()
        return found

    def _window(self, end: int) -> None:
        """Do one window, at most up to ``end``."""
        unroller, start = self.unroller, self.carry.start
        changes = [cycle for cycle in unroller.lit_changes if start < cycle < end]
        end = self._fit(min([end, *changes]))
        issues = self.feed.take(start, end)
        form = self.tables.word_form[issues.wid]
        shorter = link_memory.cut(self.tables, issues, form, end)
        if shorter < end:
            end = shorter
            chosen = issues.t < end
            issues = Issues(issues.wid[chosen], issues.t[chosen], issues.repeat[chosen])
        lit = unroller.lit_at(start)
        text = unroller.text.take_samples(end)
        window = link_window(self.tables, issues, self.carry, end, lit, text)
        self._evaluate(window)
        self._count(window)
        self.feed.drop(end)
        unroller.static.since = end

    def _fit(self, end: int) -> int:
        """End of a window of reasonable size."""
        start = self.carry.start
        width = max(1, self.carry.streams.value.shape[1])
        budget = min(_WINDOW_ISSUES, _WINDOW_BYTES // (4 * width))
        while self._size > 1 and self.feed.count(start, min(end, start + self._size)) > budget:
            self._size //= 2
        size = self._size
        if size < _LONGEST_WINDOW and self.feed.count(start, min(end, start + size)) < budget // 4:
            self._size *= 2
        return min(end, start + size)

    def _evaluate(self, window: Window) -> None:
        defined = define(self.tables, window, self.carry)
        values = self._compute(window) if self._values else None
        carry = advance(self.tables, window, self.carry, defined, values)
        self.remarks.add_errors(errors_of(self.tables, window, self.carry, defined))
        self.remarks.faults += faults_of(self.tables, window, values)
        if values is not None:
            self._deliver(window, values)
        self.carry = carry

    def _compute(self, window: Window) -> Values:
        values = Values.of(self.tables, window, self.carry)
        reads(values)
        order = plan(self.tables, window, self.carry)
        for batch in order.batches:
            form = self.tables.group_form[batch.group]
            kind = Kind(int(window.kind[batch.rows[0]]))
            op: Op = form.word[0]
            _KERNELS[kind](values, batch.rows, op, form.queue.unit)
        self.statistics.batches += len(order.batches)
        self.statistics.levels += order.levels
        return values

    def _deliver(self, window: Window, values: Values) -> None:
        """Hand over text that only evaluation could tell."""
        still_open = {(id(block), number) for _, block, number in self.unroller.text.open}
        rows = window.value[len(window.sampled.owner) :]
        for (_, block, number), row in zip(window.text.entries, rows, strict=True):
            if (id(block), number) in still_open:
                self.unroller.deliver(block, number, values.streams[row].reshape(values.shape))

    def _count(self, window: Window) -> None:
        form, columns = window.form, self.tables.form
        self.issued += np.bincount(columns["queue"][form], minlength=len(self.issued))
        lanes = window.lit * self.config.lanes
        abc = form[window.abc]
        macs = np.where(columns["paired"][abc] != 0, lanes * lanes // 2, lanes * lanes)
        np.add.at(self.macs, columns["where"][abc], macs)
        self.statistics.windows += 1
        self.statistics.issues += len(window.issues)
