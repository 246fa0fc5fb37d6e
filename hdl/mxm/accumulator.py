"""A superlane's part of a plane's accumulator memory, and the adder before it.

Sources: ``docs/architecture.md``, MXM; ``arch.isa.mxm``; ``arch.timing``. In local time, an ACC issued at t takes the
sums of cycle t, writes its row in cycle t + ``stages.acc`` - 1, and hands its value to the stream registers in cycle
t + ``timing.acc`` - 1.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from arch.config import Config
from arch.isa.mxm import ACC, MODES
from arch.queues import Unit
from arch.types import Type
from hdl.float.add import WORK
from hdl.icu.layout import layout_of
from hdl.mxm.supercell import SUM_BITS
from hdl.pipeline import State, delay, staged
from hdl.seam import Block
from hdl.secded import Encoder
from hdl.sram import DualPort
from hdl.words import STREAM_NUMBER_BITS, drive_signature, piece

LAYOUT = layout_of(Unit.MXM_ACCUMULATORS)
#: Streams of an emitted value.
EMITTED = Type.I32.bytes
#: Pieces of the fp32 addition behind which a register stands, by the number of registers inside.
CUTS = {0: (), 1: (1,), 2: (1, 2), 3: (0, 1, 2)}


class Accumulator(Block):
    """Adds sums to rows, keeps them and emits them: int32 and, on the even plane of a pair, fp32.

    Parameters
    ----------
    config : Config
        The machine.
    floating : bool
        Whether it adds fp32. The queue lets no ACC of f32 through to another.

    Members
    -------
    fire, instr : In
        ACC that is executed in this cycle, t.
    lit : In(1)
        Whether the superlane has power at t.
    sums : In(lanes * 32)
        Sums that arrive at t.
    drive : Out(drive_signature)
        Four streams, inward.
    out_of_range : Out(1)
        Row out of range, at t + ``stages.operand``.
    """

    def __init__(self, *, config: Config, floating: bool):
        if floating and not config.mxm_fp16:
            raise ValueError("floating must be False for a configuration without mxm_fp16")
        self.config, self.floating = config, floating
        stages = config.stages
        super().__init__(
            "accumulator",
            (
                f"{config.acc_rows}x{config.lanes}",
                f"s{stages.operand}_{stages.acc}_{stages.result}",
                "f32" if floating else "i32",
            ),
            {
                "fire": In(1),
                "instr": In(LAYOUT.width),
                "lit": In(1),
                "sums": In(config.lanes * SUM_BITS),
                "drive": Out(drive_signature(config, EMITTED)),
                "out_of_range": Out(1),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        stages, acc = self.config.stages, LAYOUT.view(ACC, self.instr)
        m.submodules.rows = rows = DualPort(depth=self.config.acc_rows, width=len(self.sums))
        fits, adds, reads, writes = (Signal(name=name) for name in ("fits", "adds", "reads", "writes"))
        m.d.comb += [
            fits.eq(acc.row < self.config.acc_rows),
            adds.eq(acc.mode != MODES.index("read")),
            reads.eq((acc.mode != MODES.index("write")) & fits),
            writes.eq(self.fire & acc.keep & fits & self.lit),
            self.out_of_range.eq(delay(m, self.fire & ~fits & self.lit, stages.operand)),
        ]
        # The row is read as late as the stages between reading and writing allow; fp32 needs all of them.
        before = 0 if self.floating else min(1, stages.acc - 2)
        row_read = delay(m, acc.row, before)
        m.d.comb += [rows.read_en.eq(delay(m, self.fire & reads, before)), rows.read_addr.eq(row_read)]
        between = stages.acc - 1 - (before + 1)
        sums = delay(m, self.sums, before + 1, reset_less=True)
        value = self._value(m, rows.rdata, sums, delay(m, adds, before + 1), delay(m, reads, before + 1))
        value = delay(m, value, between, reset_less=True)
        if self.floating:
            start = delay(m, self.fire & adds & reads & (acc.type == Type.F32.code), before + 1)
            value = self._float(m, start, rows.rdata, sums, between, value)
        m.d.comb += [
            rows.write_en.eq(delay(m, writes, stages.acc - 1)),
            rows.write_addr.eq(delay(m, acc.row, stages.acc - 1)),
            rows.wdata.eq(value),
        ]
        self._emit(m, value, acc)
        return m

    def _value(self, m: Module, row: Value, sums: Value, adds: Value, reads: Value) -> Signal:
        """Sums, row or both, as integers."""
        value = Signal(len(self.sums))
        for lane in range(self.config.lanes):
            own = Mux(adds, piece(sums, lane, SUM_BITS), 0)
            kept = Mux(reads, piece(row, lane, SUM_BITS), 0)
            m.d.comb += piece(value, lane, SUM_BITS).eq(own + kept)
        return value

    def _float(self, m: Module, start: Value, row: Value, sums: Value, ranks: int, integer: Value) -> Signal:
        """fp32 sums of rows and sums where ``start``, else ``integer``; both ``ranks`` cycles later."""
        pairs: list[State] = [
            {"a": piece(row, n, SUM_BITS), "b": piece(sums, n, SUM_BITS)} for n in range(self.config.lanes)
        ]
        valid, lanes = staged(m, WORK, CUTS, ranks, start, pairs)
        value = Signal(len(integer))
        m.d.comb += value.eq(Mux(valid, Cat(lane["result"] for lane in lanes), integer))
        return value

    def _emit(self, m: Module, value: Value, acc: Any) -> None:
        """The value on four streams, byte 0 on the first, with check bits; zeros from a dark superlane."""
        config, late = self.config, self.config.stages.acc
        emits = delay(m, self.fire & acc.out[0], late + config.stages.result - 1)
        stream = delay(m, acc.out[1 : 1 + STREAM_NUMBER_BITS], late + config.stages.result - 1)
        lit = delay(m, self.lit, late)
        value = delay(m, value, 1, reset_less=True)
        words = []
        for byte in range(EMITTED):
            m.submodules[f"encoder_{byte}"] = encoder = Encoder(word_bits=config.word_bits, ecc=config.features.ecc)
            lanes = [piece(piece(value, lane, SUM_BITS), byte, SUM_BITS // EMITTED) for lane in range(config.lanes)]
            m.d.comb += encoder.data.eq(Mux(lit, Cat(*lanes), 0))
            words.append(encoder.word)
        word = delay(m, Cat(*words), config.stages.result - 1, reset_less=True)
        m.d.comb += [self.drive.en.eq(emits), self.drive.stream.eq(stream), self.drive.words.eq(word)]
        assert len(self.drive.words) == EMITTED * config.code_bits
