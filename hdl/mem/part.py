"""One part of a MEM word, read or write: its address, in range or not, one cycle after issue.

Sources: ``docs/architecture.md``, Memory and Power-down; ``arch.isa.mem``.
"""

from typing import Any

from amaranth import Cat, Const, Module, Signal
from amaranth.lib.wiring import In, Out

from arch.config import BANKS, BYTE_BITS, OFFSET_BITS, Config
from arch.isa.fields import STREAM_BITS
from arch.isa.mem import GATHER, MEM_BASE, READ, SCATTER, WRITE
from arch.queues import Unit
from hdl.icu.layout import OPCODE, layout_of
from hdl.seam import Block
from hdl.secded import Checker
from hdl.streams import Tap
from hdl.words import column_bits


class Part(Block):
    """Decodes the read part or the write part of a MEM word.

    Parameters
    ----------
    config : Config
        The machine.
    write : bool
        Which part: Write and Scatter, or Read and Gather.

    Members
    -------
    fire, instr, lit, columns
        As of :class:`hdl.mem.tile.MemTile`, at t.
    used_or_dark : Out(1)
        Whether the word has this part, at t.
    used : Out(1)
        The same, and the superlane has power.
    stream : Out(6)
        Stream to drive or to store, at t.
    out_of_range, bad_index, failed, corrected : Out(1)
        Faults RANGE and INDEX, and what the check of a map found, at t.
    access_t1 : Out(1)
        Whether to access the SRAM, at t + 1: without a fault, with power.
    bank_t1, addr_t1 : Out
        Where.
    """

    def __init__(self, *, config: Config, write: bool):
        self.config, self.write = config, write
        super().__init__(
            "mem_write_part" if write else "mem_read_part",
            (f"{config.streams}x{config.word_bits}", f"{config.bank_words}"),
            {
                "fire": In(1),
                "instr": In(layout_of(Unit.MEM).width),
                "lit": In(1),
                "columns": In(column_bits(config)).array(2),
                "used_or_dark": Out(1),
                "used": Out(1),
                "stream": Out(STREAM_BITS),
                "out_of_range": Out(1),
                "bad_index": Out(1),
                "failed": Out(1),
                "corrected": Out(1),
                "access_t1": Out(1),
                "bank_t1": Out(range(BANKS)),
                "addr_t1": Out(range(config.bank_words)),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        layout = layout_of(Unit.MEM)
        linear, indexed = (
            layout.view(spec, self.instr) for spec in ((WRITE, SCATTER) if self.write else (READ, GATHER))
        )
        linear_bit, indexed_bit = (
            (s.opcode ^ MEM_BASE).bit_length() - 1 for s in ((WRITE, SCATTER) if self.write else (READ, GATHER))
        )
        is_linear, is_indexed = linear[OPCODE][linear_bit], linear[OPCODE][indexed_bit]
        m.d.comb += [
            self.used_or_dark.eq(self.fire & (is_linear | is_indexed)),
            self.used.eq(self.used_or_dark & self.lit),
            self.stream.eq(linear.s),
        ]
        with m.If(is_indexed):
            m.d.comb += self.stream.eq(indexed.s)

        bank, offset, ok = Signal(range(BANKS)), Signal(OFFSET_BITS), Signal()
        if not self.config.features.indexed:
            is_indexed = Const(0, 1)
        address = self._map(m, self.used & is_indexed, indexed.map)
        with m.If(is_indexed):
            named = Signal()
            m.d.comb += [
                Cat(offset, bank).eq(address),
                named.eq(indexed.banks.bit_select(bank, 1) & (address[OFFSET_BITS + 1 :] == 0)),
                ok.eq(named & (offset >= indexed.lo) & (offset <= indexed.hi)),
                self.bad_index.eq(self.used & ~ok),
            ]
        with m.Else():
            m.d.comb += [
                Cat(offset, bank).eq(linear.a),
                ok.eq(offset < self.config.bank_words),
                self.out_of_range.eq(self.used & ~ok),
            ]
        m.d.sync += self.access_t1.eq(self.used & ok)
        with m.If(self.used):
            m.d.sync += [self.bank_t1.eq(bank), self.addr_t1.eq(offset)]
        return m

    def _map(self, m: Module, en: Signal, ref: Any) -> Signal:
        """Address that the map stream gives: lane 0 is the low byte, lane 1 the high one."""
        address = Signal(2 * BYTE_BITS)
        if not self.config.features.indexed:
            return address
        m.submodules.tap = tap = Tap(config=self.config)
        m.submodules.checker = checker = Checker(word_bits=self.config.word_bits, ecc=self.config.features.ecc)
        m.d.comb += [tap.en.eq(en), tap.ref.eq(ref), checker.en.eq(en), checker.word.eq(tap.words)]
        m.d.comb += [mine.eq(theirs) for mine, theirs in zip(tap.columns, self.columns, strict=True)]
        m.d.comb += [
            address.eq(checker.data),
            self.failed.eq(checker.failed),
            self.corrected.eq(checker.corrected),
        ]
        return address
