"""The mesh of one superlane against the golden instructions and the mesh rule, in every cycle.

What flows in are random words with errors in some of them; random instructions are issued, every ALU its own.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from arch import effects, secded
from arch.config import Alu, Config, Stages, preset
from arch.conveyor import Direction
from arch.features import Features
from arch.isa import legal
from arch.isa.fields import SOURCES, operand_source, stream_operand, stream_ref
from arch.isa.spec import Op, make
from arch.isa.vxm import OPERATION_OF, VXM, operand_type
from arch.queues import Queue, mesh_neighbor, queues_by_name
from arch.timing import timing
from arch.types import Type
from golden.units import vxm as golden
from hdl.vxm.mesh import Mesh
from hdl.vxm.tile import LAYOUT
from tests.hdl.simulate import simulate

_TINY = preset("tiny")
#: A short row of ALUs that do not keep still, few streams, the operands' choice in a cycle of its own; and two rows, of
#: several kinds, with longer pipelines.
ROW = replace(_TINY, name="row", streams=8, alus=_TINY.alus[:3], stages=Stages(alu=12), features=Features(still=False))
ROWS = replace(
    _TINY,
    name="rows",
    streams=16,
    alus=tuple(Alu(types=a.types[3:], large=True) if n == 2 else a for n, a in enumerate(_TINY.alus[:8])),
    stages=Stages(operand=2, alu=9, result=2),
)
#: The published width; and with integers only, which takes a fraction of the time.
WIDE = replace(_TINY, name="wide", lanes=16, slices=16, streams=16, alus=_TINY.alus[:4])
WIDE_INTEGERS = replace(WIDE, name="wide integers", alus=(Alu(types=(Type.I8, Type.U8)),) * 4)
CYCLES = 150
FEW = 50


def encoded(data: int, bits: int) -> int:
    """Codeword of a word."""
    check = sum(((data & mask).bit_count() & 1) << n for n, mask in enumerate(secded.rows(bits)))
    return data | check << bits


@dataclass(frozen=True)
class Word:
    """A word on a stream: its data, and how many bits of the codeword are wrong (0 to 2)."""

    data: int
    code: int
    wrong: int


def random_word(rng: np.random.Generator, bits: int) -> Word:
    """One word in five with a wrong bit, one in ten with two."""
    data = int.from_bytes(rng.bytes(bits // 8), "little")
    wrong = int(rng.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))
    places = rng.choice(bits + secded.check_bits(bits), wrong, replace=False)
    code = encoded(data, bits) ^ sum(1 << int(place) for place in places)
    # A double error passes its raw bytes.
    return Word(code & ((1 << bits) - 1) if wrong == 2 else data, code, wrong)


def random_op(rng: np.random.Generator, config: Config, queue: Queue, out: int) -> Op:
    """A legal instruction; ``out`` is the first of four streams that are its own."""
    while True:
        spec = VXM[rng.integers(len(VXM))]
        values = {f.name: int(rng.integers(f.maximum + 1)) for f in spec.fields}
        element = Type.from_code(values["type"])
        for role in OPERATION_OF[spec.mnemonic].operands:
            source = int(rng.integers(len(SOURCES)))
            values[role] = source
            if SOURCES[source] == "stream":
                width = operand_type(spec.mnemonic, role, element).bytes
                first = int(rng.integers(config.streams // width)) * width
                values[role] = stream_operand(stream_ref(Direction(int(rng.integers(2))), first))
        values["out"] = 0
        op = make(spec, **values)
        if rng.random() < 0.7:
            width = effects.vxm_result(op).bytes
            op = op.replace(out=(out + int(rng.integers(4 // width)) * width) << 1 | 1)
        if legal.problem(config, queue, (op,)) is None:
            return op


class Model:
    """The VXM of one superlane: what `Mesh` must show."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.mesh = np.zeros((len(config.alus), config.lanes), np.uint32)
        #: By cycle: results that reach the mesh, and codewords by (direction, stream).
        self.landing: dict[int, list[tuple[int, np.ndarray]]] = {}
        self.driven: dict[int, dict[tuple[int, int], int]] = {}
        self.flags: dict[tuple[int, int], tuple[int, int]] = {}

    def issue(self, cycle: int, queue: Queue, op: Op, columns: list[list[Word]], lit: bool) -> None:
        """Execute an instruction."""
        t, alu, corrected, failed = timing(self.config), queue.number, 0, 0
        values = {}
        for use in effects.samples(self.config, queue, op):
            words = columns[use.direction][use.stream : use.stream + use.width]
            corrected += sum(w.wrong == 1 for w in words)
            failed += sum(w.wrong == 2 for w in words)
            rows = [np.frombuffer(w.data.to_bytes(self.config.lanes, "little"), np.uint8) for w in words]
            values[use.role] = sum(row.astype(np.uint32) << np.uint32(8 * n) for n, row in enumerate(rows))
        for role in OPERATION_OF[op.mnemonic].operands:
            source = operand_source(op[role])
            if source == "imm":
                values[role] = np.full(self.config.lanes, golden.immediate(op, role), np.uint32)
            elif source not in ("none", "stream"):
                other = alu if source == "self" else mesh_neighbor(self.config, alu, source)
                assert other is not None
                values[role] = self.mesh[other].copy()
        result = golden.compute(op, values)
        if lit:
            self.landing.setdefault(cycle + t.alu, []).append((alu, result))
            self.flags[cycle + self.config.stages.operand, alu] = corrected, failed
        for use in effects.drives(self.config, queue, op):
            for n in range(use.width):
                data = int.from_bytes((result >> np.uint32(8 * n)).astype(np.uint8).tobytes(), "little") * lit
                key = int(use.direction), use.stream + n
                self.driven.setdefault(cycle + t.vxm - 1, {})[key] = encoded(data, self.config.word_bits)

    def land(self, cycle: int) -> None:
        """Begin a cycle."""
        for alu, result in self.landing.pop(cycle, []):
            self.mesh[alu] = result


@pytest.mark.parametrize(
    "config", [ROW, ROWS, WIDE_INTEGERS, pytest.param(WIDE, marks=pytest.mark.slow)], ids=lambda c: c.name
)
def test_every_cycle_of_random_instructions(config: Config) -> None:
    rng, model, dut = np.random.default_rng(7), Model(config), Mesh(config=config)
    word, quads = config.code_bits, config.streams // 4
    vxm = [queues_by_name(config)[f"vxm{n}"] for n in range(len(config.alus))]
    tail = timing(config).vxm
    driven, cycles = 0, FEW if config is WIDE_INTEGERS else CYCLES

    async def bench(ctx) -> None:
        nonlocal driven
        for cycle in range(cycles + tail):
            model.land(cycle)
            lit = rng.random() < 0.9
            columns = [[random_word(rng, config.word_bits) for _ in range(config.streams)] for _ in Direction]
            for direction in Direction:
                value = sum(w.code << (n * word) for n, w in enumerate(columns[direction]))
                ctx.set(dut.columns[direction], value)
            ctx.set(dut.lit, lit)
            groups = rng.permutation(2 * quads)
            for queue in vxm:
                fires = cycle < cycles and rng.random() < 0.7
                ctx.set(dut.fire[queue.number], fires)
                if fires:
                    direction, quad = divmod(int(groups[queue.number]), quads)
                    op = random_op(rng, config, queue, stream_ref(Direction(direction), 4 * quad))
                    ctx.set(dut.instr[queue.number], LAYOUT.pack_int(op.encode()))
                    model.issue(cycle, queue, op, columns, lit)
            expected = model.driven.get(cycle, {})
            for direction in Direction:
                mask, words = ctx.get(dut.mask[direction]), ctx.get(dut.words[direction])
                seen = {
                    (int(direction), s): words >> s * word & (1 << word) - 1
                    for s in range(config.streams)
                    if mask >> s & 1
                }
                assert seen == {k: v for k, v in expected.items() if k[0] == direction}, (
                    f"cycle {cycle}, {direction.name}"
                )
            driven += len(expected)
            for queue in vxm:
                flags = ctx.get(dut.corrected[queue.number]), ctx.get(dut.failed[queue.number])
                assert flags == model.flags.get((cycle, queue.number), (0, 0)), f"cycle {cycle}, {queue.name}"
            await ctx.tick()

    simulate(dut, bench)
    assert driven > cycles
