"""A tile of a MEM slice: two banks, of which a word's two parts use one each.

Sources: ``docs/architecture.md``, Memory; ``arch.isa.mem``; ``arch.timing``. In local time, for an instruction
issued at t: the streams are sampled at t, the SRAM is accessed at t + 1, and what is read is handed to the stream
register in cycle t + ``timing.read`` - 1.
"""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import BANKS, Config
from arch.conveyor import Direction
from arch.faults import Fault
from arch.isa.fields import STREAM_BITS
from arch.queues import Unit
from hdl.checks import check, wanted
from hdl.icu.layout import layout_of
from hdl.mem.part import Part
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.sram import SinglePort
from hdl.streams import Tap
from hdl.words import STREAM_NUMBER_BITS, column_bits, drive_signature

#: Faults that a tile finds itself, beside ECC: both parts of a word can meet each.
CODES = (Fault.RANGE, Fault.RANGE, Fault.INDEX, Fault.INDEX)
#: Words that a tile checks in one cycle: the maps of its two parts.
CHECKED = 2


class MemTile(Block):
    """One superlane's part of a MEM slice.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    fire : In(1)
        Whether an instruction is executed in this cycle, t.
    instr : In(layout_of(Unit.MEM).width)
        The instruction. Its queue lets through only what ``arch.isa.legal`` allows.
    lit : In(1)
        Whether the superlane has power at t.
    columns : In(column_bits).array(2)
        By direction: the stream registers sampled at t.
    flip_en, flip : In(1), In(code_bits)
        An injected error: bits that flip in the word that is stored for t.
    drives : Out(drive_signature).array(2)
        By direction: the word read, in cycle t + ``timing.read`` - 1, check bits as stored.
    hit : Out(4), failed : Out(range(3)), corrected : Out(range(3))
        Reports to the fault record, at t + ``stages.operand``; the bits of ``hit`` are those of ``CODES``.
    """

    def __init__(self, *, config: Config):
        self.config = config
        sizes = (f"{config.streams}x{config.word_bits}", f"{config.bank_words}")
        stages = f"s{config.stages.operand}{config.stages.mem_access}"
        super().__init__(
            "mem_tile",
            (*sizes, stages),
            {
                "fire": In(1),
                "instr": In(layout_of(Unit.MEM).width),
                "lit": In(1),
                "columns": In(column_bits(config)).array(2),
                "flip_en": In(1),
                "flip": In(config.code_bits),
                "drives": Out(drive_signature(config, 1)).array(2),
                "hit": Out(len(CODES)),
                "failed": Out(range(CHECKED + 1)),
                "corrected": Out(range(CHECKED + 1)),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        parts = {}
        for name in ("read", "write"):
            m.submodules[name] = part = Part(config=self.config, write=name == "write")
            m.d.comb += [part.fire.eq(self.fire), part.instr.eq(self.instr), part.lit.eq(self.lit)]
            m.d.comb += [mine.eq(theirs) for mine, theirs in zip(part.columns, self.columns, strict=True)]
            parts[name] = part
        read, write = parts["read"], parts["write"]
        self._reports(m, read, write)
        wdata_t1 = self._stored(m, write)
        rdata_t2 = self._banks(m, read, write, wdata_t1)
        self._drive(m, read, rdata_t2)
        if wanted(platform):
            both_t1 = read.access_t1 & write.access_t1
            check(m, ~(both_t1 & (read.bank_t1 == write.bank_t1)), "two accesses to one bank\n")
        return m

    def _reports(self, m: Module, read: Part, write: Part) -> None:
        """Both parts find their faults at t; the record wants them when the operands are checked."""
        hit = Signal(len(CODES))
        failed, corrected = Signal.like(self.failed), Signal.like(self.corrected)
        m.d.comb += [
            hit.eq(read.out_of_range | write.out_of_range << 1 | read.bad_index << 2 | write.bad_index << 3),
            failed.eq(read.failed + write.failed),
            corrected.eq(read.corrected + write.corrected),
        ]
        stages = self.config.stages.operand
        for mine, found in ((self.hit, hit), (self.failed, failed), (self.corrected, corrected)):
            m.d.comb += mine.eq(delay(m, found, stages))

    def _stored(self, m: Module, write: Part) -> Signal:
        """The word to store, as it came, one cycle after it was sampled."""
        m.submodules.tap = tap = Tap(config=self.config)
        m.d.comb += [tap.en.eq(write.used), tap.ref.eq(write.stream)]
        m.d.comb += [mine.eq(theirs) for mine, theirs in zip(tap.columns, self.columns, strict=True)]
        wdata_t1 = Signal(self.config.code_bits, reset_less=True)
        with m.If(write.used):
            m.d.sync += wdata_t1.eq(tap.words)
            with m.If(self.flip_en):
                m.d.sync += wdata_t1.eq(tap.words ^ self.flip)
        return wdata_t1

    def _banks(self, m: Module, read: Part, write: Part, wdata_t1: Any) -> Signal:
        """The two banks, accessed at t + 1; gives the word read, at t + 2."""
        rdata_t2 = Signal(self.config.code_bits)
        bank_t2 = Signal()
        with m.If(read.access_t1):
            m.d.sync += bank_t2.eq(read.bank_t1)
        for n in range(BANKS):
            sram = SinglePort(depth=self.config.bank_words, width=self.config.code_bits)
            m.submodules[f"bank_{n}"] = sram
            writes = Signal(name=f"writes_{n}")
            m.d.comb += [
                writes.eq(write.access_t1 & (write.bank_t1 == n)),
                sram.en.eq(writes | (read.access_t1 & (read.bank_t1 == n))),
                sram.write.eq(writes),
                sram.addr.eq(read.addr_t1),
                sram.wdata.eq(wdata_t1),
            ]
            with m.If(writes):
                m.d.comb += sram.addr.eq(write.addr_t1)
            with m.If(bank_t2 == n):
                m.d.comb += rdata_t2.eq(sram.rdata)
        return rdata_t2

    def _drive(self, m: Module, read: Part, rdata_t2: Any) -> None:
        """Hands the word to the stream register; faults and dark superlanes give zeros, whose check bits are zero."""
        used_t1, access_t1, ref_t1 = Signal(), read.access_t1, Signal(STREAM_BITS)
        m.d.sync += [used_t1.eq(read.used_or_dark), ref_t1.eq(read.stream)]
        extra = self.config.stages.mem_access - 1
        word = delay(m, rdata_t2, extra, reset_less=True)
        used, access, ref = (delay(m, value, 1 + extra) for value in (used_t1, access_t1, ref_t1))
        for direction, drive in zip(Direction, self.drives, strict=True):
            m.d.comb += [drive.en.eq(used & (ref[-1] == direction)), drive.stream.eq(ref[:STREAM_NUMBER_BITS])]
            with m.If(access):
                m.d.comb += drive.words.eq(word)
