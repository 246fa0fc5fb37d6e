"""Counters of all queues: instructions of their units issued, and cycles parked.

A queue has but two small counters. In each cycle those of one queue are emptied into its sums, which lie in a register
file; what is read is a sum with what the small counter holds, and so is exact in every cycle. That takes less than
registers, adder and multiplexer of full width for each queue (`docs/decisions/0012`).
"""

from functools import reduce
from operator import or_
from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from hdl.float.nets import cat
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sram import RegisterFile
from hdl.words import piece

#: Bits of a counter; it starts again from zero behind its end.
COUNTER_BITS = 32


class Counters(Block):
    """Two counters for each queue. An event of cycle t counts from cycle t + 1 on.

    Parameters
    ----------
    count : int
        Queues.

    Members
    -------
    issues, waits : In(count)
        By queue, whether it issues an instruction of its unit in this cycle, and whether it is parked.
    select : In(range(count))
        Queue whose counters are read.
    issued, waited : Out(32)
        Counters, as they were in the cycle before, of the queue of that cycle; 0 for a queue that there is not.
    """

    def __init__(self, *, count: int):
        self.count = count
        counts = {"issued": Out(COUNTER_BITS), "waited": Out(COUNTER_BITS)}
        ports = {"issues": In(count), "waits": In(count), "select": In(range(max(2, count)))}
        super().__init__("queue_counters", (count,), {**ports, **counts})

    def body(self, platform: Any) -> Module:
        m = Module()
        turn, emptied = Signal(range(max(2, self.count))), Signal()
        m.d.sync += turn.eq(turn + 1)
        with m.If(turn == self.count - 1):
            m.d.sync += [turn.eq(0), emptied.eq(1)]
        m.submodules.sums = sums = RegisterFile(depth=self.count, width=2 * COUNTER_BITS, readers=2)
        turns = [self._is(m, turn, n, "turn") for n in range(self.count)]
        reads = [self._is(m, self.select, n, "read") for n in range(self.count)]
        # A reset leaves the file as it is: until all rows were written once, those whose turn is to come count nothing.
        known = [emptied, cat(*reads).any() & (emptied | (self.select < turn))]
        m.d.comb += [sums.read_addr[0].eq(turn), sums.read_addr[1].eq(self.select)]
        m.d.comb += [sums.write_addr.eq(turn), sums.write_en.eq(1)]
        written = []
        for number, (events, port) in enumerate(((self.issues, self.issued), (self.waits, self.waited))):
            small = [self._small(m, events[n], turns[n], f"few_{number}_{n}") for n in range(self.count)]
            parts = []
            for reader, chosen in enumerate((turns, reads)):
                row = piece(sums.rdata[reader], number, COUNTER_BITS)
                few = reduce(or_, (small[n] & chosen[n].replicate(len(small[n])) for n in range(self.count)))
                parts.append((Mux(known[reader], row, 0), few))
            (row, few), asked = parts
            written.append((row + few)[:COUNTER_BITS])
            # They are added behind registers: the way from the host's registers and back is long enough.
            m.d.comb += port.eq(sum(delay(m, part, 1) for part in asked))
        m.d.comb += sums.wdata.eq(cat(*written))
        return m

    def _is(self, m: Module, number: Value, n: int, name: str) -> Signal:
        """Whether a queue's number is ``n``."""
        found = Signal(name=f"{name}_{n}")
        m.d.comb += found.eq(number == n)
        return found

    def _small(self, m: Module, event: Value, emptied: Value, name: str) -> Signal:
        """Events since the queue's last turn: as many as there are queues, at most."""
        small = Signal(range(self.count + 1), name=name)
        m.d.sync += small.eq(Mux(emptied, 0, small) + event)
        return small
