"""Record of the faults of one queue in one superlane, and the count of its corrected words.

Source: ``docs/architecture.md``, Errors and faults; ``arch.faults``. Everything is reported the same number of cycles
(``stages.operand``) after the cycle that it belongs to, whatever found it, so that the first fault is the first.
"""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from arch.faults import CORRECTED_LIMIT, COUNT_LIMIT, Fault
from hdl.numeric import adder_tree
from hdl.pipeline import delay
from hdl.seam import Block

#: Bits of a cycle number (our decision: 4.7 s at 900 MHz).
CYCLE_BITS = 32
#: Largest count of faults, where it saturates.
COUNT_BITS = COUNT_LIMIT.bit_length()
#: Bits of the count of corrected words, which saturates too.
CORRECTED_BITS = CORRECTED_LIMIT.bit_length()
#: Bits of a fault's code.
CODE_BITS = max(Fault).bit_length()


class FaultRecord(Block):
    """Keeps the first fault, counts all of them, and counts corrected words. Latency 2: what finds a fault may take all
    of a cycle.

    Parameters
    ----------
    codes : tuple of Fault
        Faults that can occur here, ascending; one that can occur twice in a cycle stands there twice.
    words : int
        Words that may be corrected, and as many that may fail, in one cycle; each failed one counts as ``ECC``.

    Members
    -------
    cycle : In(32)
        Cycle to which the reports of the cycle before this one belong.
    hit : In(len(codes))
        Faults of this cycle, ``ECC`` left out.
    failed, corrected : In(range(words + 1))
        Words with two errors or more, and with one.
    code : Out(4)
        First fault, 0 if none. Of several in one cycle it is the one with the lowest code.
    first : Out(32)
        Its cycle.
    count : Out(8)
        Faults, saturating.
    fixed : Out(16)
        Corrected words, saturating.
    """

    def __init__(self, *, codes: tuple[Fault, ...], words: int):
        if tuple(sorted(codes)) != codes or Fault.ECC in codes:
            raise ValueError(f"codes must ascend and leave out ECC, not {codes!r}")
        self.codes, self.words = codes, words
        names = "".join(f"{int(code):x}" for code in codes)
        super().__init__(
            "faults",
            (f"c{names}", f"w{words}"),
            {
                "cycle": In(CYCLE_BITS),
                "hit": In(len(codes)),
                "failed": In(range(words + 1)),
                "corrected": In(range(words + 1)),
                "code": Out(CODE_BITS),
                "first": Out(CYCLE_BITS),
                "count": Out(COUNT_BITS),
                "fixed": Out(CORRECTED_BITS),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        hit, failed, corrected = (delay(m, report, 1) for report in (self.hit, self.failed, self.corrected))
        lowest = Signal(CODE_BITS, init=int(Fault.ECC))
        for n, code in reversed(list(enumerate(self.codes))):
            with m.If(hit[n]):
                m.d.comb += lowest.eq(int(code))
        with m.If(hit.any() | failed.any()):
            total = Signal(COUNT_BITS + 1)
            m.d.comb += total.eq(self.count + adder_tree([*hit, failed]))
            m.d.sync += self.count.eq(Mux(total[-1], COUNT_LIMIT, total))
            with m.If(self.code == 0):
                m.d.sync += [self.code.eq(lowest), self.first.eq(self.cycle)]
        with m.If(corrected.any()):
            fixed = Signal(CORRECTED_BITS + 1)
            m.d.comb += fixed.eq(self.fixed + corrected)
            m.d.sync += self.fixed.eq(Mux(fixed[-1], CORRECTED_LIMIT, fixed))
        return m
