"""A run of the MXM stack: instructions and streams in local time, what superlanes emit, by cycle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Direction, Hemisphere
from arch.isa.fields import stream_ref
from arch.isa.legal import problem
from arch.isa.mxm import ABC, ACC, FORMS, IW, LW, MODES, SOURCES
from arch.isa.spec import Op, make
from arch.queues import Unit, queues
from arch.timing import timing
from arch.types import Type
from hdl.icu.layout import layout_of
from tests.hdl.mxm.stack import Stack
from tests.hdl.simulate import simulate
from tests.hdl.sxm.stimulus import code_of

UNITS = {"weights": Unit.MXM_WEIGHTS, "acts": Unit.MXM_ACTIVATIONS, "accs": Unit.MXM_ACCUMULATORS}
#: Stream that results are emitted on, by plane.
EMIT = (0, 4)

#: What an ACC emits: (plane, time of the ACC) to uint32[superlanes, lanes].
Emitted = dict[tuple[int, int], NDArray[np.uint32]]


@dataclass
class Run:
    """Instructions and streams. Times are those of superlane 0; superlane k does and sees all k cycles later."""

    config: Config
    lit: dict[int, int] = field(default_factory=dict)
    ops: dict[tuple[int, str, int], Op] = field(default_factory=dict)
    streams: dict[tuple[int, int], NDArray[np.uint8]] = field(default_factory=dict)
    flips: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def add(self, time: int, unit: str, plane: int, op: Op) -> None:
        """Issue a legal instruction."""
        found = [q for q in queues(self.config) if (q.unit, q.number) == (UNITS[unit], plane)]
        queue = next(q for q in found if q.hemisphere is Hemisphere.EAST)
        assert problem(self.config, queue, (op,)) is None, problem(self.config, queue, (op,))
        assert (time, unit, plane) not in self.ops
        self.ops[time, unit, plane] = op

    def put(self, time: int, stream: int, data: NDArray[np.uint8]) -> int:
        """Let a stream carry a vector; give its reference."""
        assert (time, stream) not in self.streams
        self.streams[time, stream] = data.reshape(self.config.superlanes, self.config.lanes).copy()
        return stream_ref(Direction.EAST, stream)

    def column(
        self, time: int, plane: int, col: int, matrix: NDArray[np.uint8], *, direct: bool = False, first: int = 0
    ) -> None:
        """LW, or IW from streams, of one column of supercells of W[K, columns], from stream ``first`` on."""
        lanes = self.config.lanes
        for i in range(lanes):
            self.put(time, first + i, matrix[:, col * lanes + i])
        ref = stream_ref(Direction.EAST, first)
        op = (
            make(IW, **{"from": SOURCES.index("streams"), "s": ref, "col": col}) if direct else make(LW, s=ref, col=col)
        )
        self.add(time, "weights", plane, op)

    def load(self, time: int, plane: int, matrix: NDArray[np.uint8]) -> int:
        """LW of a whole matrix; give the time of the first IW."""
        for col in range(self.config.superlanes):
            self.column(time + col, plane, col, matrix)
        return time + self.config.superlanes

    def install(self, time: int, plane: int) -> None:
        """IW of the buffer."""
        self.add(time, "weights", plane, make(IW, **{"from": SOURCES.index("buffer")}))

    def multiply(self, time: int, plane: int, form: str, data: NDArray, *, half: int = 0, emit: bool = True) -> int:
        """ABC of a vector, and unless told otherwise an ACC that emits its sums; give the ACC's time."""
        first = self.config.streams - 4 + 2 * plane
        ref = self.put(time, first, (data & 0xFF).astype(np.uint8))
        if form == "f16":
            self.put(time, first + 1, (data >> 8).astype(np.uint8))
        self.add(time, "acts", plane, make(ABC, form=FORMS.index(form), s=ref, half=half))
        at = time + timing(self.config).abc
        if emit:
            self.accumulate(at, plane, "f32" if form == "f16" else "i32", "write")
        return at

    def accumulate(
        self, time: int, plane: int, kind: str, mode: str, *, row: int = 0, keep: bool = False, emit: bool = True
    ) -> None:
        """ACC."""
        out = stream_ref(Direction.WEST, EMIT[plane]) << 1 | 1 if emit else 0
        values = {"type": Type(kind).code, "mode": MODES.index(mode), "row": row, "keep": int(keep), "out": out}
        self.add(time, "accs", plane, make(ACC, **values))

    @property
    def cycles(self) -> int:
        """Cycles until everything has come out."""
        last = max(time for time, _, _ in self.ops)
        return last + timing(self.config).acc + self.config.superlanes + 1

    def inputs(self, cycle: int) -> dict[str, int]:
        """Values of the stack's inputs in a cycle."""
        config = self.config
        values = {"lit": self.lit.get(cycle, config.superlanes)}
        for plane in range(1 + config.mxm_fp16):
            for unit, kind in UNITS.items():
                op = self.ops.get((cycle, unit, plane))
                values[f"{unit}_{plane}_fire"] = int(op is not None)
                values[f"{unit}_{plane}_instr"] = layout_of(kind).pack_int(op.encode()) if op else 0
        bits = config.code_bits
        for k in range(config.superlanes):
            column = 0
            for stream in range(config.streams):
                data = self.streams.get((cycle - k, stream))
                if data is not None:
                    word = code_of(int.from_bytes(data[k].tobytes(), "little"), config.word_bits)
                    column |= (word ^ self.flips.get((cycle - k, stream, k), 0)) << stream * bits
            values[f"column_{k}"] = column
        return values

    def emitted(self, outputs: Mapping[int, Mapping[str, int]]) -> Emitted:
        """What came out, and that all of it did so when the timing table says; nothing else did."""
        config, found = self.config, {}
        wanted = {(t, plane) for (t, unit, plane), op in self.ops.items() if unit == "accs" and op["out"]}
        for cycle, values in outputs.items():
            for plane in range(1 + config.mxm_fp16):
                for k in range(config.superlanes):
                    # In the stream register a cycle later.
                    time = cycle - k - (timing(config).acc - 1)
                    drives = (time, plane) in wanted
                    assert values[f"drive_{plane}_{k}__en"] == drives, f"plane {plane} superlane {k} cycle {cycle}"
                    if drives:
                        assert values[f"drive_{plane}_{k}__stream"] == EMIT[plane]
                        rows = found.setdefault((plane, time), np.zeros((config.superlanes, config.lanes), np.uint32))
                        rows[k] = _elements(config, values[f"drive_{plane}_{k}__words"])
        assert len(found) == len(wanted)
        return found


def _elements(config: Config, words: int) -> NDArray[np.uint32]:
    """Elements of four codewords, whose check bits must be right."""
    bits = config.code_bits
    data = np.zeros((4, config.lanes), np.uint8)
    for byte in range(4):
        word = words >> byte * bits & (1 << bits) - 1
        value = word & (1 << config.word_bits) - 1
        assert word == code_of(value, config.word_bits)
        data[byte] = np.frombuffer(value.to_bytes(config.lanes, "little"), np.uint8)
    return data.T.copy().view("<u4").reshape(config.lanes)


def play(run: Run) -> dict[int, dict[str, int]]:
    """Outputs by cycle, under Amaranth's simulator."""
    stack = Stack(config=run.config)
    members = {"__".join(map(str, path)): value for path, _, value in stack.signature.flatten(stack)}
    inputs = run.inputs(0).keys()
    outputs: dict[int, dict[str, int]] = {}

    async def bench(ctx: Any) -> None:
        before: dict[str, int] = {}
        for cycle in range(run.cycles):
            values = run.inputs(cycle)
            for name, value in values.items():
                if before.get(name) != value:
                    ctx.set(members[name], value)
            before = values
            outputs[cycle] = {name: ctx.get(value) for name, value in members.items() if name not in inputs}
            await ctx.tick()

    simulate(stack, bench)
    return outputs
