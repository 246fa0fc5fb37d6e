"""One ALU of the mesh in one superlane: operands, arithmetic in all lanes, and the result on its way to the streams.

Sources: ``docs/architecture.md``, VXM and Power-down; ``arch.timing``. In local time, an instruction issued at t
samples its streams at t, has all operands at t + ``stages.operand``, its result in the mesh ``stages.alu`` later, and
hands it to the stream registers in cycle t + ``timing.vxm`` - 1.
"""

from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from arch.config import Alu, Config
from arch.isa.fields import SOURCE_BITS, SOURCES, STREAM_BITS
from arch.isa.spec import OPCODE_BITS
from arch.isa.vxm import COMPARISONS, OPERATIONS, VXM
from arch.queues import Unit
from arch.types import Type
from hdl.float.nets import cat, net
from hdl.icu.layout import layout_of
from hdl.pipeline import delay
from hdl.seam import Block
from hdl.secded import Encoder
from hdl.vxm.alu import Alu as AluBlock
from hdl.vxm.control import CONTROL, OPERATION_BITS, TYPE_BITS, Decoder
from hdl.vxm.lane import kind
from hdl.vxm.operand import CONDITION_BITS, WORD
from hdl.vxm.sample import MOST, PLACE_BITS, Sample
from hdl.vxm.steps import choosing_stages
from hdl.words import STREAM_NUMBER_BITS, column_bits, piece

LAYOUT = layout_of(Unit.VXM)
#: Ways to a neighbor, as the instruction set spells them.
WAYS = ("N", "E", "S", "W")
#: Bits that name a group of ``MOST`` streams.
QUAD_BITS = STREAM_NUMBER_BITS - PLACE_BITS

_FIELDS = {f.name: f for spec in VXM for f in spec.fields}


def _field(instr: Value, name: str) -> Value:
    """A field of any VXM instruction: each has one place, and is zero in instructions that lack it."""
    lsb = LAYOUT.place(_FIELDS[name].lsb)
    return cat(instr[lsb : lsb + _FIELDS[name].width])


def _operation(instr: Value) -> Value:
    """Place of the instruction in the table: its opcodes are consecutive."""
    return (instr[:OPCODE_BITS] - VXM[0].opcode)[:OPERATION_BITS].as_unsigned()


class Tile(Block):
    """An ALU with its operand stages and its encoders.

    Parameters
    ----------
    config : Config
        The machine.
    alu : Alu
        The ALU's types and size.

    Members
    -------
    fire, instr : In
        Instruction that is executed in this cycle, t.
    lit : In(1)
        Whether the superlane has power at t. A dark one computes nothing, and drives zeros.
    columns : In(column_bits).array(2)
        Registers at both c0 where streams are sampled, by direction.
    north, east, south, west : In(32 * lanes)
        Results of the neighbors, 0 where there is none.
    result : Out(32 * lanes)
        Own result, from t + ``stages.operand`` + ``stages.alu`` on until the next.
    direction, quad, mask, words : Out
        At t + ``timing.vxm`` - 1: result for the streams of which ``mask`` has a bit, in the ``quad``-th group of four
        of a direction. Without a result to drive, ``mask`` is 0.
    corrected, failed : Out(range(9))
        Words with one wrong bit, and with more, that the instruction of t found, at t + ``stages.operand``.
    """

    def __init__(self, *, config: Config, alu: Alu):
        self.config = config
        self.alu = alu
        stages, word = config.stages, WORD * config.lanes
        super().__init__(
            "vxm_tile",
            (*kind(alu), f"{config.streams}x{config.word_bits}", f"s{stages.operand}_{stages.alu}_{stages.result}"),
            {
                "fire": In(1),
                "instr": In(LAYOUT.width),
                "lit": In(1),
                "columns": In(column_bits(config)).array(2),
                **dict.fromkeys(("north", "east", "south", "west"), In(word)),
                "result": Out(word),
                "direction": Out(1),
                "quad": Out(QUAD_BITS),
                "mask": Out(MOST),
                "words": Out(MOST * config.code_bits),
                "corrected": Out(range(2 * MOST + 1)),
                "failed": Out(range(2 * MOST + 1)),
            },
        )

    def body(self, platform: Any) -> Module:
        m, stages = Module(), self.config.stages
        go = net(m, "go", self.fire & self.lit)
        m.submodules.decoder = decoder = Decoder(alu=self.alu)
        m.d.comb += [
            decoder.en.eq(go),
            decoder.operation.eq(_operation(self.instr)),
            decoder.type.eq(_field(self.instr, "type")),
            decoder.to.eq(_field(self.instr, "to")),
            decoder.sat.eq(_field(self.instr, "sat")),
        ]
        choosing = choosing_stages(stages.alu)
        m.submodules.alu = alu = AluBlock(
            alu=self.alu,
            stages=stages.alu - choosing,
            lanes=self.config.lanes,
            still=self.config.features.still,
        )
        entering: list[Value] = [go]
        for _ in range(stages.operand + choosing):
            entering.append(delay(m, entering[-1], 1))
        m.d.comb += [alu.valid.eq(entering[-1]), alu.control.eq(_hold(m, entering, decoder.control))]
        samples = self._samples(m, go, data.View(CONTROL, decoder.control).s0)
        imm = _hold(m, entering[: stages.operand + 1], _field(self.instr, "imm"))
        for name, port, bits in (("a", alu.a, WORD), ("b", alu.b, WORD), ("c", alu.c, CONDITION_BITS)):
            # An idle ALU looks at no neighbor, so that it does not move with them.
            source = delay(m, Mux(go, _field(self.instr, name)[:SOURCE_BITS], 0), stages.operand)
            streams = samples[name].elements if name in samples else None
            chosen = self._select(m, name, source, streams, imm, alu.result, bits)
            m.d.comb += port.eq(delay(m, chosen, choosing, reset_less=True))
        m.d.comb += [
            self.result.eq(alu.result),
            self.corrected.eq(samples["a"].corrected + samples["b"].corrected),
            self.failed.eq(samples["a"].failed + samples["b"].failed),
        ]
        self._drive(m, alu.result)
        return m

    def _samples(self, m: Module, go: Value, unpack: data.View) -> dict[str, Sample]:
        """Operand stages of a and b."""
        stream = SOURCES.index("stream")
        mask = next(n for n, operation in enumerate(OPERATIONS) if operation.name == "Mask")
        bytewise = _operation(self.instr) == mask
        widths = {"a": (unpack.w8, unpack.w16)}
        widths["b"] = (bytewise | (unpack.w8 & ~unpack.raw_b), ~bytewise & unpack.w16 & ~unpack.raw_b)
        found = {}
        for name, (w8, w16) in widths.items():
            m.submodules[f"sample_{name}"] = sample = found[name] = Sample(config=self.config)
            operand = _field(self.instr, name)
            m.d.comb += [
                sample.en.eq(go & (operand[:SOURCE_BITS] == stream)),
                sample.ref.eq(operand[SOURCE_BITS:]),
                sample.w8.eq(w8),
                sample.w16.eq(w16),
            ]
            m.d.comb += [mine.eq(theirs) for mine, theirs in zip(sample.columns, self.columns, strict=True)]
        return found

    def _select(
        self, m: Module, name: str, source: Value, streams: Value | None, imm: Value, own: Value, bits: int
    ) -> Value:
        """An operand of all lanes, from wherever it comes."""
        chosen = Signal(bits * self.config.lanes, name=f"{name}_operand")
        ways = dict(zip(WAYS, (self.north, self.east, self.south, self.west), strict=True)) | {"self": own}
        with m.Switch(source):
            for way, result in ways.items():
                with m.Case(SOURCES.index(way)):
                    lanes = (piece(result, n, WORD)[:bits] for n in range(self.config.lanes))
                    m.d.comb += chosen.eq(cat(*lanes))
            with m.Case(SOURCES.index("imm")):
                m.d.comb += chosen.eq(imm[:bits].replicate(self.config.lanes))
            if streams is not None:
                with m.Case(SOURCES.index("stream")):
                    m.d.comb += chosen.eq(streams)
        return chosen

    def _drive(self, m: Module, result: Value) -> None:
        """Result bytes by stream, encoded, with where they go."""
        stages, lanes, bits = self.config.stages, self.config.lanes, self.config.word_bits
        out, wide = _field(self.instr, "out"), Signal(2)
        m.d.comb += wide.eq(_width(self.instr))
        drives = delay(m, self.fire & out[0], stages.operand + stages.alu)
        lit = delay(m, self.lit, stages.operand + stages.alu, reset_less=True)
        target = delay(m, cat(out[1:], wide), stages.operand + stages.alu, reset_less=True)
        ref, wide_late = target[:STREAM_BITS], target[STREAM_BITS:]
        rows = [cat(*(piece(result, n, WORD)[8 * k : 8 * k + 8] for n in range(lanes))) for k in range(MOST)]
        words = []
        for k, row in enumerate(rows):
            m.submodules[f"encoder_{k}"] = encoder = Encoder(word_bits=bits, ecc=self.config.features.ecc)
            m.d.comb += encoder.data.eq(Mux(lit, row, 0))
            words.append(encoder.word)
        # Narrow results stand at every place that they might go to; the mask tells which it is.
        second = Mux(wide_late[0] | wide_late[1], words[1], words[0])
        spread = cat(words[0], second, Mux(wide_late[1], words[2], words[0]), Mux(wide_late[1], words[3], second))
        group = Mux(wide_late[1], 0b1111, Mux(wide_late[0], 0b11, 0b1))
        mask = (group << ref[:PLACE_BITS])[:MOST] & drives.replicate(MOST)
        late = stages.result - 1
        m.d.comb += [
            self.direction.eq(delay(m, ref[-1], late, reset_less=True)),
            self.quad.eq(delay(m, ref[PLACE_BITS:STREAM_NUMBER_BITS], late, reset_less=True)),
            self.mask.eq(delay(m, mask, late)),
            self.words.eq(delay(m, spread, late, reset_less=True)),
        ]


def _width(instr: Value) -> Value:
    """Width of the result on streams: bit 0 for two bytes, bit 1 for four."""
    cast = _operation(instr) == next(n for n, operation in enumerate(OPERATIONS) if operation.name == "Cast")
    codes = [n for n, operation in enumerate(OPERATIONS) if operation.name in COMPARISONS]
    compares = _operation(instr).matches(*codes)
    final = Mux(cast, _field(instr, "to"), _field(instr, "type"))[:TYPE_BITS]
    two, four = (final.matches(*(t.code for t in Type if t.bytes == size)) for size in (2, 4))
    return cat(~compares & two, ~compares & four)


def _hold(m: Module, going: list[Value], value: Value) -> Value:
    """Registers from issue to the operands' arrival, that keep what came with the last instruction."""
    for go in going[:-1]:
        held = Signal(len(value), name="held", reset_less=True)
        with m.If(go):
            m.d.sync += held.eq(value)
        value = held
    return value
