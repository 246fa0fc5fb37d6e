"""A supercell of the MXM: a square of multipliers with a weight buffer, an array of weights, and three rows of sums.

Sources: ARCHITECTURE section 4 (weights, activations and partial sums; all published but the way of the results);
``docs/architecture.md``, MXM. Everything moves one supercell per cycle: instructions, activations and weights outward,
partial sums up, results down and, in the row that they are for, inward again.
"""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from hdl.numeric import adder_tree
from hdl.seam import Block
from hdl.words import piece

#: Bits of a sum (published: int32).
SUM_BITS = 32
#: Bits of a supercell column's number, as in LW and IW.
COLUMN_BITS = 5
#: Lanes whose products are summed before the first register.
FIRST_SUM = 4


def wave_signature(config: Config) -> wiring.Signature:
    """What moves outward through a row of supercells.

    Members
    -------
    valid : Out(1)
        Whether there is an activation.
    act : Out(lanes * 8)
        Activation, lane 0 lowest.
    act_signed, weight_signed : Out(1)
        How the two factors are read.
    load, install_one : Out(1)
        Whether ``weights`` go to the buffer, or to the array, of column ``column``.
    install_all : Out(1)
        Whether each supercell copies its buffer to its array.
    column : Out(5)
    weights : Out(lanes * lanes * 8)
        Stream 0 lowest, in each lane 0 lowest.
    """
    lanes = config.lanes
    return wiring.Signature(
        {
            "valid": Out(1),
            "act": Out(lanes * BYTE_BITS),
            "act_signed": Out(1),
            "weight_signed": Out(1),
            "load": Out(1),
            "install_one": Out(1),
            "install_all": Out(1),
            "column": Out(COLUMN_BITS),
            "weights": Out(lanes * lanes * BYTE_BITS),
        }
    )


def sums_signature(config: Config) -> wiring.Signature:
    """Sums of one supercell column: ``valid``, and ``sums`` by stream, 32 bits each."""
    return wiring.Signature({"valid": Out(1), "sums": Out(config.lanes * SUM_BITS)})


class Supercell(Block):
    """``lanes`` x ``lanes`` multiply-accumulators on int8, signed or unsigned.

    An activation in ``wave_in`` in cycle t meets the weights installed before, and is part of ``up_out`` at
    t + ``stages.mxm_mac`` + 1. Of what is for another column, the wave goes on in ``wave_out`` at t + 1.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    column : In(5)
        Its column, a constant.
    top, diagonal : In(1)
        Whether it stands in the uppermost superlane, and in the superlane that its sums are for; constants.
    wave_in : In(wave_signature), wave_out : Out(wave_signature)
    up_in : In(sums_signature), up_out : Out(sums_signature)
        Partial sums of the superlanes below, and with its own; ``valid`` is that of the own.
    down_in : In(sums_signature), down_out : Out(sums_signature)
        Results on the way down, one cycle per supercell.
    inward_in : In(sums_signature), inward_out : Out(sums_signature)
        Results on the way inward, one cycle per supercell.
    result : Out(sums_signature)
        What ``inward_out`` takes: in the innermost supercell, the row's results.
    """

    def __init__(self, *, config: Config):
        self.config = config
        wave, sums = wave_signature(config), sums_signature(config)
        super().__init__(
            "supercell",
            (config.lanes, f"s{config.stages.mxm_mac}"),
            {
                "column": In(COLUMN_BITS),
                "top": In(1),
                "diagonal": In(1),
                "wave_in": In(wave),
                "wave_out": Out(wave),
                "up_in": In(sums),
                "up_out": Out(sums),
                "down_in": In(sums),
                "down_out": Out(sums),
                "inward_in": In(sums),
                "inward_out": Out(sums),
                "result": Out(sums),
            },
        )

    def body(self, platform: Any) -> Module:
        m = Module()
        self._pass_on(m)
        array = self._weights(m)
        valid, sums = self._multiply(m, array)
        self._climb(m, valid, sums)
        self._return(m)
        return m

    def _pass_on(self, m: Module) -> None:
        """The wave, one supercell further out; weights stop where they belong."""
        wave, after = self.wave_in, self.wave_out
        m.d.sync += [after.valid.eq(wave.valid), after.install_all.eq(wave.install_all)]
        with m.If(wave.valid):
            m.d.sync += [
                after.act.eq(wave.act),
                after.act_signed.eq(wave.act_signed),
                after.weight_signed.eq(wave.weight_signed),
            ]
        beyond = Signal()
        m.d.comb += beyond.eq(wave.column != self.column)
        m.d.sync += [after.load.eq(wave.load & beyond), after.install_one.eq(wave.install_one & beyond)]
        with m.If((wave.load | wave.install_one) & beyond):
            m.d.sync += [after.column.eq(wave.column), after.weights.eq(wave.weights)]

    def _weights(self, m: Module) -> Signal:
        """Buffer and array. What a wave brings is there for the waves behind it."""
        wave = self.wave_in
        buffer = Signal(len(wave.weights), reset_less=True)
        array = Signal(len(wave.weights), reset_less=True)
        mine = Signal()
        m.d.comb += mine.eq(wave.column == self.column)
        with m.If(wave.load & mine):
            m.d.sync += buffer.eq(wave.weights)
        with m.If(wave.install_all):
            m.d.sync += array.eq(buffer)
        with m.If(wave.install_one & mine):
            m.d.sync += array.eq(wave.weights)
        return array

    def _multiply(self, m: Module, array: Signal) -> tuple[Value, list[Value]]:
        """Sum over the lanes for each stream, ``stages.mxm_mac`` cycles after the activation."""
        wave, lanes, stages = self.wave_in, self.config.lanes, self.config.stages.mxm_mac
        acts = []
        for lane in range(lanes):
            act = Signal(BYTE_BITS + 1, name=f"act_{lane}")
            m.d.comb += act.eq(_extend(piece(wave.act, lane, BYTE_BITS), wave.act_signed))
            acts.append(act.as_signed())
        first = FIRST_SUM if stages > 1 else lanes
        rows: list[list[Value]] = []
        for stream in range(lanes):
            products = [
                acts[lane] * _extend(piece(array, stream * lanes + lane, BYTE_BITS), wave.weight_signed).as_signed()
                for lane in range(lanes)
            ]
            rows.append([adder_tree(products[n : n + first]) for n in range(0, lanes, first)])
        valid: Value = wave.valid
        for stage in range(1, stages + 1):
            after = Signal(name=f"valid_t{stage}")
            m.d.sync += after.eq(valid)
            with m.If(valid):
                rows = [self._stage(m, row, f"sum_{n}_t{stage}", whole=stage > 1) for n, row in enumerate(rows)]
            valid = after
        return valid, [row[0] for row in rows]

    def _stage(self, m: Module, row: list[Value], name: str, *, whole: bool) -> list[Value]:
        """Registers the terms of one stream's sum; those of the first stage are added up in the second."""
        terms = [adder_tree(row)] if whole else row
        registers = [Signal.like(term, name=f"{name}_{n}", reset_less=True) for n, term in enumerate(terms)]
        m.d.sync += [register.eq(term) for register, term in zip(registers, terms, strict=True)]
        return registers

    def _climb(self, m: Module, valid: Value, sums: list[Value]) -> None:
        m.d.sync += self.up_out.valid.eq(valid)
        with m.If(valid):
            for stream, own in enumerate(sums):
                below = piece(self.up_in.sums, stream, SUM_BITS)
                m.d.sync += piece(self.up_out.sums, stream, SUM_BITS).eq(below + own)

    def _return(self, m: Module) -> None:
        """Down from the top, and inward in the row that the sums are for."""
        falling_valid, falling = Signal(), Signal(len(self.down_in.sums), reset_less=True)
        m.d.sync += falling_valid.eq(self.down_in.valid)
        with m.If(self.down_in.valid):
            m.d.sync += falling.eq(self.down_in.sums)
        m.d.comb += [
            self.down_out.valid.eq(Mux(self.top, self.up_out.valid, falling_valid)),
            self.down_out.sums.eq(Mux(self.top, self.up_out.sums, falling)),
            self.result.valid.eq(Mux(self.diagonal, self.down_out.valid, self.inward_in.valid)),
            self.result.sums.eq(Mux(self.diagonal, self.down_out.sums, self.inward_in.sums)),
        ]
        m.d.sync += self.inward_out.valid.eq(self.result.valid)
        with m.If(self.result.valid):
            m.d.sync += self.inward_out.sums.eq(self.result.sums)


def _extend(byte: Value, is_signed: Value) -> Value:
    """A byte with a ninth bit, so that one signed multiplier serves both readings."""
    return Cat(byte, byte[-1] & is_signed)
