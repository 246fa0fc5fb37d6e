"""Columns and rows that a stride leads out of range: a fault, in its cycle, and nothing is loaded or stored."""

from dataclasses import replace
from typing import Any

import pytest

from arch.config import Config, Stages, preset
from arch.conveyor import Direction
from arch.isa.fields import stream_ref
from arch.isa.mxm import ACC, IW, LW, MODES, SOURCES
from arch.isa.spec import Op, make
from arch.timing import timing
from arch.types import Type
from hdl.mxm.accumulator import LAYOUT, Accumulator
from hdl.mxm.edge import WEIGHTS, Edge
from tests.hdl.simulate import simulate

TINY = preset("tiny")
CONFIGS = pytest.mark.parametrize(
    "config",
    (TINY, replace(TINY, name="odd", superlanes=3, acc_rows=5, mxm_fp16=False, stages=Stages(operand=2, result=2))),
    ids=lambda c: c.name,
)
OUT = stream_ref(Direction.WEST, 4) << 1 | 1


@CONFIGS
@pytest.mark.parametrize("lit", [0, 1])
def test_columns(config: Config, lit: int):
    dut, late = Edge(config=config, paired=config.mxm_fp16), config.stages.operand
    streams = SOURCES.index("streams")
    ops: list[Op] = []
    for column in (0, config.superlanes - 1, config.superlanes, config.superlanes + 1, 31):
        ops += [make(LW, s=0, col=column), make(IW, **{"from": streams, "s": 0, "col": column})]
    # A whole buffer has no column.
    ops.append(make(IW, **{"from": SOURCES.index("buffer")}))

    async def bench(ctx: Any) -> None:
        ctx.set(dut.lit, lit)
        for cycle in range(len(ops) + late):
            ctx.set(dut.weights_fire, cycle < len(ops))
            if cycle < len(ops):
                ctx.set(dut.weights_instr, WEIGHTS.pack_int(ops[cycle].encode()))
            if cycle < late:
                assert not ctx.get(dut.out_of_range)
            else:
                op = ops[cycle - late]
                whole = op.spec is IW and op["from"] != streams
                beyond = not whole and op["col"] >= config.superlanes
                assert ctx.get(dut.out_of_range) == (lit and beyond), str(op)
                assert ctx.get(dut.wave.load) == (lit and op.spec is LW and not beyond)
                assert ctx.get(dut.wave.install_one) == (lit and op.spec is IW and not whole and not beyond)
                assert ctx.get(dut.wave.install_all) == (lit and whole)
            await ctx.tick()

    simulate(dut, bench)


@CONFIGS
def test_rows(config: Config):
    dut, stages, rows = Accumulator(config=config, floating=config.mxm_fp16), config.stages, config.acc_rows
    i32 = Type.I32.code

    def acc(mode: str, row: int, keep: int = 0) -> Op:
        return make(ACC, type=i32, mode=MODES.index(mode), row=row, keep=keep, out=OUT)

    # By cycle: the instruction, its sums, whether there is power; long before the reads.
    work: dict[int, tuple[Op, int, int]] = {n: (acc("write", n, 1), 100 + n, 1) for n in range(rows)}
    # Of several out of range, each would hit another row if it were cut to the bits of an address.
    beyond = [rows, rows + 1, 1 << (rows - 1).bit_length(), 1023]
    work |= {rows + n: (acc("write", row, 1), 900 + n, 1) for n, row in enumerate(beyond)}
    # Without power, and without keep, nothing is stored either.
    work[rows + len(beyond)] = (acc("write", 1, 1), 999, 0)
    work[rows + len(beyond) + 1] = (acc("write", 2), 888, 1)
    start = rows + len(beyond) + timing(config).acc_row + 2
    work |= {start + n: (acc("read", n), 7, 1) for n in range(rows)}
    # Out of range, what counts are the sums alone, or nothing.
    work[start + rows] = (acc("add", rows), 55, 1)
    work[start + rows + 1] = (acc("read", rows), 55, 1)
    wanted = {time: 100 + n for n, time in enumerate(range(start, start + rows))}
    wanted |= {start + rows: 55, start + rows + 1: 0, rows + len(beyond) + 1: 888}
    late, cycles = timing(config).acc - 1, start + rows + 2 + timing(config).acc

    async def bench(ctx: Any) -> None:
        for cycle in range(cycles):
            op, value, lit = work.get(cycle, (acc("read", 0), 0, 1))
            ctx.set(dut.fire, cycle in work)
            ctx.set(dut.instr, LAYOUT.pack_int(op.encode()))
            ctx.set(dut.lit, lit)
            ctx.set(dut.sums, sum(value << 32 * lane for lane in range(config.lanes)))
            before = work.get(cycle - stages.operand)
            out = before is not None and before[0]["row"] >= rows and before[2]
            assert ctx.get(dut.out_of_range) == bool(out), f"cycle {cycle}"
            if cycle - late in wanted:
                assert ctx.get(dut.drive.en)
                low = ctx.get(dut.drive.words) & 0xFFFFFFFF & (1 << 8 * config.lanes) - 1
                expected = wanted[cycle - late] & 0xFF
                assert low == sum(expected << 8 * lane for lane in range(config.lanes)), f"ACC at {cycle - late}"
            await ctx.tick()

    simulate(dut, bench)
