"""The words that a queue holds, read ahead of their turn: for FPGAs, whose memories are slow (`docs/decisions/0012`).

A word goes from the memory into a register, is judged there, and goes into a second one, from which it issues. So what
decides whether it issues neither waits for the memory nor for the judgment. That takes cycles which nobody sees
where all words are there before the program starts: in machines whose queues fetch no text.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib.wiring import Out

from hdl.icu.layout import WORD_BITS
from hdl.icu.store import check_depth, store_ports
from hdl.seam import Block
from hdl.sram import DualPort

#: Cycles from a word's push to the first in which it can be popped.
LATENCY = 4


def narrow(word: int, used: int) -> int:
    """What the memory holds of a word: its bits in the mask ``used``, and above them whether it has any other."""
    places = _places(used)
    held = sum((word >> place & 1) << n for n, place in enumerate(places))
    return held | (word & ~used != 0) << len(places)


def _places(mask: int) -> list[int]:
    """Numbers of the bits of a word that are set in a mask."""
    return [n for n in range(WORD_BITS) if mask >> n & 1]


class AheadStore(Block):
    """Queue memory. A word pushed in cycle t can be popped at t + ``LATENCY``.

    Parameters
    ----------
    depth : int
        Words.
    used : int
        Mask of the bits that are held. A word with any other comes out with these as they were and some other bit set:
        so it is still no word that a queue takes, and all such words are alike to it.

    Members
    -------
    push, word, lost, pop, some, first
        As of :class:`hdl.icu.store.Store`.
    load : Out(1)
        Whether ``second`` becomes ``first`` at the end of this cycle.
    second : Out(128)
        The word that comes next.
    """

    def __init__(self, *, depth: int, used: int = (1 << WORD_BITS) - 1):
        check_depth(depth, 4)
        self.depth, self.used = depth, used
        ports = store_ports() | {"load": Out(1), "second": Out(WORD_BITS)}
        super().__init__("queue_store", (depth, "ahead", f"{used:x}"), ports)

    def body(self, platform: Any) -> Module:
        m = Module()
        places, others = _places(self.used), _places(~self.used)
        width = len(places) + bool(others)
        m.submodules.words = words = DualPort(depth=self.depth, width=width, old=False)
        count = Signal(range(self.depth + 1))
        head = Signal(range(self.depth))
        tail = Signal(range(self.depth))
        push, read, follow = Signal(), Signal(), Signal()
        # Which of the three places behind the memory's rows are taken: its output, and the two registers.
        out_some, second_some = Signal(), Signal()
        m.d.comb += [
            self.lost.eq(self.push & (count == self.depth)),
            push.eq(self.push & ~self.lost),
            self.load.eq(second_some & (~self.some | self.pop)),
            follow.eq(out_some & (~second_some | self.load)),
            read.eq((head != tail) & (~out_some | follow)),
            words.write_en.eq(push),
            words.write_addr.eq(tail),
            words.wdata.eq(Cat(*(self.word[n] for n in places), Cat(*(self.word[n] for n in others)).any())),
            words.read_en.eq(read),
            words.read_addr.eq(head),
        ]
        m.d.sync += [
            count.eq(count + push - self.pop),
            out_some.eq(read | (out_some & ~follow)),
            second_some.eq(follow | (second_some & ~self.load)),
            self.some.eq(self.load | (self.some & ~self.pop)),
        ]
        for moves, pointer in ((push, tail), (read, head)):
            with m.If(moves):
                m.d.sync += pointer.eq(Mux(pointer == self.depth - 1, 0, pointer + 1))
        with m.If(follow):
            for n, place in enumerate((*places, *others[:1])):
                m.d.sync += self.second[place].eq(words.rdata[n])
        with m.If(self.load):
            m.d.sync += self.first.eq(self.second)
        return m
