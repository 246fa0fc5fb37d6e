"""A supercell of the MXM: a square of multipliers with a weight buffer, an array of weights, and three rows of sums.

Source: ``docs/architecture.md``, MXM (weights, activations and partial sums are published, the way of the results is
our decision). Everything moves one supercell per cycle: instructions, activations and weights outward,
partial sums up, results down and, in the row that they are for, inward again.
"""

from collections.abc import Sequence
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from arch.config import BYTE_BITS, Config
from hdl.float.nets import cat
from hdl.mxm.fixed import dot_bits, limb_bits
from hdl.pipeline import gated, registered, restless
from hdl.seam import Block
from hdl.words import piece

#: Bits of a sum (published: int32).
SUM_BITS = 32
#: Bits of a supercell column's number, as in LW and IW.
COLUMN_BITS = 5
#: Products that are added up in one cycle where there are cycles enough.
FIRST_SUM = 4
#: Stages of a multiplication and its sums; where there are more, the first one takes the factors.
_OPERAND_STAGE = 3
#: Stages up to which the first one adds up, too.
_STAGES_WITH_SUMS = 2


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
    paired : Out(1)
        Where there is fp16: whether ``act`` are ``lanes / 2`` elements of fp16, ``valid`` being 0.
    halves : Out(2)
        Where there is fp16: the half of the lanes that these meet, one bit each; none in a dark superlane.
    """
    lanes = config.lanes
    return wiring.Signature(
        {
            **({"paired": Out(1), "halves": Out(2)} if config.mxm_fp16 else {}),
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


def up_signature(config: Config) -> wiring.Signature:
    """Partial sums of one supercell column on their way up.

    Members
    -------
    valid : Out(1)
    sums : Out(lanes * 32)
        By stream.
    paired : Out(1)
        Where there is fp16, as what follows: whether these are limbs of fp16 sums, not int32.
    upper : Out(lanes * (limb_bits - 32))
        What of the limbs is above the low 32 bits, which are in ``sums``.
    infinite : Out(lanes)
        Whether an infinite product is in the sum: on the even plane plus, on the odd one minus infinity.
    """
    limbs = {
        "paired": Out(1),
        "upper": Out(config.lanes * (limb_bits(config) - SUM_BITS)),
        "infinite": Out(config.lanes),
    }
    return wiring.Signature(
        {"valid": Out(1), "sums": Out(config.lanes * SUM_BITS), **(limbs if config.mxm_fp16 else {})}
    )


def dot_signature(config: Config) -> wiring.Signature:
    """One limb of a pair's fp16 sums: ``valid``, ``limbs`` and ``infinite`` by stream, see :class:`hdl.mxm.dot.Dot`."""
    return wiring.Signature(
        {"valid": Out(1), "limbs": Out(config.lanes * dot_bits(config)), "infinite": Out(config.lanes)}
    )


class Supercell(Block):
    """``lanes`` x ``lanes`` multiply-accumulators on int8, signed or unsigned.

    An activation in ``wave_in`` in cycle t meets the weights installed before, and is part of ``up_out`` at
    t + ``stages.mxm_mac`` + 1. Of what is for another column, the wave goes on in ``wave_out`` at t + 1.

    Where there is fp16, ``dot`` hands it one limb of the pair's sums, to climb like sums of its own; above the top
    there is then a :class:`hdl.mxm.cap.Cap`. Else the uppermost supercell turns its sums around itself.

    Parameters
    ----------
    config : Config
        The machine.

    Members
    -------
    column : In(5)
        Its column, a constant.
    diagonal : In(1)
        Whether it stands in the superlane that its sums are for, a constant.
    top : In(1)
        Without fp16: whether it stands in the uppermost superlane, a constant.
    wave_in : In(wave_signature), wave_out : Out(wave_signature)
    array : Out(lanes * lanes * 8)
        Where there is fp16: the weights, for the pair's dot products.
    dot : In(dot_signature)
        Where there is fp16: a limb of the pair's dot products, ``stages.mxm_mac`` cycles after their activation.
    up_in : In(up_signature), up_out : Out(up_signature)
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
        self.still = config.features.still
        wave, sums, up = wave_signature(config), sums_signature(config), up_signature(config)
        weights = config.lanes**2 * BYTE_BITS
        paired = {"array": Out(weights), "dot": In(dot_signature(config))}
        super().__init__(
            "supercell",
            (
                config.lanes,
                f"s{config.stages.mxm_mac}",
                *([f"b{limb_bits(config)}"] if config.mxm_fp16 else []),
                *restless(self.still),
            ),
            {
                "column": In(COLUMN_BITS),
                "diagonal": In(1),
                **(paired if config.mxm_fp16 else {"top": In(1)}),
                "wave_in": In(wave),
                "wave_out": Out(wave),
                "up_in": In(up),
                "up_out": Out(up),
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
        if self.config.mxm_fp16:
            m.d.comb += self.array.eq(array)
            self._climb_paired(m, valid, sums)
        else:
            self._climb(m, valid, sums)
        self._return(m)
        return m

    def _pass_on(self, m: Module) -> None:
        """The wave, one supercell further out; weights stop where they belong."""
        wave, after = self.wave_in, self.wave_out
        m.d.sync += [after.valid.eq(wave.valid), after.install_all.eq(wave.install_all)]
        with m.If(wave.valid):
            m.d.sync += [after.act_signed.eq(wave.act_signed), after.weight_signed.eq(wave.weight_signed)]
        if self.config.mxm_fp16:
            m.d.sync += after.paired.eq(wave.paired)
            with m.If(wave.paired):
                m.d.sync += after.halves.eq(wave.halves)
        with m.If(wave.valid | wave.paired if self.config.mxm_fp16 else wave.valid):
            m.d.sync += after.act.eq(wave.act)
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
        factors: dict[str, Value] = {}
        for lane in range(lanes):
            act = _extend(piece(wave.act, lane, BYTE_BITS), wave.act_signed)
            factors[f"act_{lane}"] = gated(m, wave.valid, f"act_{lane}", act) if self.still else act
        for place in range(lanes * lanes):
            factors[f"weight_{place}"] = _extend(piece(array, place, BYTE_BITS), wave.weight_signed)
        valid: Value = wave.valid
        if stages > _OPERAND_STAGE:
            valid, [factors] = registered(m, valid, [factors], still=self.still)
            stages -= 1
        rows: list[list[Value]] = [
            [_product(factors[f"act_{lane}"], factors[f"weight_{stream * lanes + lane}"]) for lane in range(lanes)]
            for stream in range(lanes)
        ]
        before = 1
        for stage, size in enumerate(_sizes(lanes, stages), 1):
            after = Signal(name=f"valid_t{stage}")
            m.d.sync += after.eq(valid)
            with m.If(valid if self.still else Const(1)):
                rows = [self._stage(m, row, f"sum_{n}_t{stage}", before, size) for n, row in enumerate(rows)]
            valid, before = after, size
        return valid, [row[0] for row in rows]

    def _stage(self, m: Module, row: list[Value], name: str, before: int, size: int) -> list[Value]:
        """Registers of the sums of ``size`` products each, made of sums of ``before``."""
        terms = [_sum(row[n : n + size // before], size) for n in range(0, len(row), size // before)]
        registers: list[Value] = [
            Signal.like(term, name=f"{name}_{n}", reset_less=True) for n, term in enumerate(terms)
        ]
        m.d.sync += [register.eq(term) for register, term in zip(registers, terms, strict=True)]
        return registers

    def _climb(self, m: Module, valid: Value, sums: list[Value]) -> None:
        m.d.sync += self.up_out.valid.eq(valid)
        with m.If(valid):
            for stream, own in enumerate(sums):
                below = piece(self.up_in.sums, stream, SUM_BITS)
                m.d.sync += piece(self.up_out.sums, stream, SUM_BITS).eq(below + own)

    def _climb_paired(self, m: Module, valid: Value, sums: list[Value]) -> None:
        """The same where limbs climb too: one adder for both."""
        above, below, dot = self.up_out, self.up_in, self.dot
        bits, upper_bits = limb_bits(self.config), limb_bits(self.config) - SUM_BITS
        m.d.sync += [above.valid.eq(valid | dot.valid), above.paired.eq(dot.valid)]
        for stream, own in enumerate(sums):
            limb = piece(dot.limbs, stream, dot_bits(self.config)).as_signed()
            so_far = Cat(piece(below.sums, stream, SUM_BITS), piece(below.upper, stream, upper_bits))
            total = gated(m, valid | dot.valid, f"total_{stream}", (so_far + Mux(dot.valid, limb, own))[:bits])
            with m.If(valid | dot.valid):
                m.d.sync += piece(above.sums, stream, SUM_BITS).eq(total[:SUM_BITS])
            with m.If(dot.valid):
                m.d.sync += piece(above.upper, stream, upper_bits).eq(total[SUM_BITS:])
        with m.If(dot.valid):
            m.d.sync += above.infinite.eq(below.infinite | dot.infinite)

    def _return(self, m: Module) -> None:
        """Down from the top, and inward in the row that the sums are for."""
        falling_valid, falling = Signal(), Signal(len(self.down_in.sums), reset_less=True)
        m.d.sync += falling_valid.eq(self.down_in.valid)
        with m.If(self.down_in.valid):
            m.d.sync += falling.eq(self.down_in.sums)
        m.d.comb += [self.down_out.valid.eq(falling_valid), self.down_out.sums.eq(falling)]
        if not self.config.mxm_fp16:
            with m.If(self.top):
                m.d.comb += [self.down_out.valid.eq(self.up_out.valid), self.down_out.sums.eq(self.up_out.sums)]
        m.d.comb += [
            self.result.valid.eq(Mux(self.diagonal, self.down_out.valid, self.inward_in.valid)),
            self.result.sums.eq(Mux(self.diagonal, self.down_out.sums, self.inward_in.sums)),
        ]
        m.d.sync += self.inward_out.valid.eq(self.result.valid)
        with m.If(self.result.valid):
            m.d.sync += self.inward_out.sums.eq(self.result.sums)


def _sizes(lanes: int, stages: int) -> list[int]:
    """Products in each sum behind each stage; where there are three stages, the first one multiplies only."""
    if stages <= _STAGES_WITH_SUMS:
        return [FIRST_SUM, lanes][-stages:]
    levels, adding = (lanes - 1).bit_length(), stages - 1
    return [min(lanes, 1 << -(-levels * stage // adding)) for stage in range(stages)]


def _extend(byte: Value, is_signed: Value) -> Value:
    """A byte with a ninth bit, so that one signed multiplier serves both readings."""
    return cat(byte, byte[-1] & is_signed)


def _product(act: Value, weight: Value) -> Value:
    """Signed product of two extended bytes, in ``SUM_BITS``, see :func:`_sum`."""
    return _word(act, SUM_BITS - len(weight)) * weight.as_signed()


def _sum(terms: Sequence[Value], products: int) -> Value:
    """Signed sum of terms, in the bits that so many products can take.

    It is worked out in ``SUM_BITS``, a word of the simulating machine, which then extends no term and cuts off nothing
    in between. Synthesis finds by itself which bits are copies of a sign.
    """
    row = [_word(term, SUM_BITS) for term in terms]
    while len(row) > 1:
        pairs = [(a + b)[:SUM_BITS].as_signed() for a, b in zip(row[::2], row[1::2], strict=False)]
        row = pairs + ([row[-1]] if len(row) % 2 else [])
    return row[0][: 2 * (BYTE_BITS + 1) + (products - 1).bit_length()].as_signed()


def _word(value: Value, bits: int) -> Value:
    """A signed value in more bits."""
    return cat(value, value[-1].replicate(bits - len(value))).as_signed()
