"""The words that a queue holds: a first-in first-out memory whose first word can be seen.

Source: ``docs/architecture.md``, Queues (when a word takes its place, and when one has left it).
"""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from hdl.icu.layout import WORD_BITS
from hdl.seam import Block
from hdl.sram import DualPort


def check_depth(depth: int, least: int) -> None:
    """Raise ``ValueError`` if a queue memory cannot hold so many words."""
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < least:
        raise ValueError(f"depth must be an integer of at least {least}, not {depth!r}")


def store_ports() -> dict[str, Any]:
    """Ports of a queue memory, see :class:`Store`."""
    return {
        "push": In(1),
        "word": In(WORD_BITS),
        "lost": Out(1),
        "pop": In(1),
        "some": Out(1),
        "first": Out(WORD_BITS),
    }


class Store(Block):
    """Queue memory. A word pushed in cycle t can be popped at t + 1.

    Parameters
    ----------
    depth : int
        Words.

    Members
    -------
    push : In(1)
        Whether ``word`` comes in. It is lost if ``depth`` words are held.
    word : In(128)
    lost : Out(1)
        Whether it was lost, in the same cycle.
    pop : In(1)
        Whether the first word leaves; only while ``some``.
    some : Out(1)
        Whether there is a first word.
    first : Out(128)
    """

    def __init__(self, *, depth: int):
        check_depth(depth, 2)
        self.depth = depth
        super().__init__("queue_store", (depth,), store_ports())

    def body(self, platform: Any) -> Module:
        m = Module()
        # A word that is read as it comes in is taken from `fresh_word`, and read once more in the next cycle.
        m.submodules.words = words = DualPort(depth=self.depth, width=WORD_BITS, old=False)
        # A line each, so that each keeps its name in Verilog.
        count = Signal(range(self.depth + 1))
        head = Signal(range(self.depth))
        tail = Signal(range(self.depth))
        head_next = Signal.like(head)
        push = Signal()
        m.d.comb += [
            # The word that leaves in this cycle is the one that issues in the next: it still counts then.
            self.lost.eq(self.push & (count == self.depth)),
            push.eq(self.push & ~self.lost),
            self.some.eq(count != 0),
            head_next.eq(Mux(self.pop, self._next(head), head)),
        ]
        m.d.sync += [count.eq(count + push - self.pop), head.eq(head_next)]
        with m.If(push):
            m.d.sync += tail.eq(self._next(tail))
        # A word that becomes the first as it comes in is not yet read from the memory.
        fresh, fresh_word = Signal(), Signal(WORD_BITS, reset_less=True)
        becomes_first = Signal()
        m.d.comb += becomes_first.eq(push & (tail == head_next))
        m.d.sync += fresh.eq(becomes_first)
        with m.If(becomes_first):
            m.d.sync += fresh_word.eq(self.word)
        m.d.comb += [
            words.write_en.eq(push),
            words.write_addr.eq(tail),
            words.wdata.eq(self.word),
            words.read_en.eq(self.pop | fresh),
            words.read_addr.eq(head_next),
            self.first.eq(Mux(fresh, fresh_word, words.rdata)),
        ]
        return m

    def _next(self, pointer: Signal) -> Any:
        return Mux(pointer == self.depth - 1, 0, pointer + 1)
