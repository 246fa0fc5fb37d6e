"""Driver of the chip's raw host ports: reset, boot and start. One step is one clock cycle, from falling edge to falling
edge, so that what is read is of the cycle and what is set counts at its end."""

from typing import Any

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from numpy.typing import NDArray

from arch.config import OFFSET_BITS
from arch.conveyor import Direction, Hemisphere, mem_site, mxm_site
from arch.isa.fields import stream_ref
from arch.isa.mem import WRITE
from arch.isa.spec import make
from arch.program import Program
from arch.queues import queues, queues_by_name
from golden.injection import Injection, StreamInjection
from hdl.icu.ahead import LATENCY

#: Stream that carries the host's vectors.
STREAM = 0


class Host:
    """Host of one chip.

    Parameters
    ----------
    dut
        Handle of the chip.
    program
        What it is to run.
    fuse
        The superlane that is bypassed, where there is a spare.
    """

    def __init__(self, dut: Any, program: Program, fuse: int = 0) -> None:
        self.dut, self.program, self.config, self._fuse = dut, program, program.config, fuse

    async def reset(self) -> None:
        """Drive every input to zero, and reset; the clock runs, see :func:`start_clock`."""
        dut = self.dut
        for name in dir(dut):
            if name.startswith(
                ("start", "text__", "command__", "host__", "host_vector", "armed__", "report_queue", "report_superlane")
            ):
                getattr(dut, name).value = 0
        if self.config.spare:
            dut.fuse.value = self._fuse
        dut.rst.value = 1
        await self.step(2)
        dut.rst.value = 0

    async def step(self, cycles: int = 1) -> None:
        """Let cycles pass."""
        for _ in range(cycles):
            await FallingEdge(self.dut.clk)

    async def load_text(self, most: int | None = None) -> None:
        """Fill the queues with what the program preloads; with ``most``, so many words of each at the most."""
        dut = self.dut
        dut.text__valid.value = 1
        for index, words in enumerate(self.program.preload):
            for word in words[:most]:
                dut.text__queue.value, dut.text__word.value = index, word
                await self.step()
        dut.text__valid.value = 0

    async def write(self, side: Hemisphere, mem_slice: int, address: int, vector: bytes) -> None:
        """Store a vector in memory: drive it at the edge, and let the slice's Write meet it."""
        dut, config = self.dut, self.config
        inward = Direction.EAST if side is Hemisphere.WEST else Direction.WEST
        edge, target = mxm_site(config, side).drive(inward), mem_site(config, side, mem_slice).sample(inward)
        assert edge is not None and target is not None
        hops = abs(target - edge)
        queue = queues_by_name(config)[f"{side.letter}.mem{mem_slice}"]
        word = make(WRITE, a=address, s=stream_ref(inward, STREAM)).encode()
        dut.host_vector.value = int.from_bytes(vector, "little")
        dut.host__side.value, dut.host__stream.value = int(side), STREAM
        dut.command__queue.value, dut.command__word.value = queue.index, word
        for cycle in range(max(hops + 1, config.superlanes)):
            dut.host__en.value = cycle == 0
            dut.command__valid.value = cycle == hops
            await self.step()
        dut.host__en.value = dut.command__valid.value = 0

    async def store(self, memory: NDArray[np.uint8], defined: NDArray[np.bool_]) -> None:
        """Store every word that all superlanes define, of arrays in the shapes of ``golden.result.State``."""
        for side, mem_slice, bank, offset in np.argwhere(defined.all(axis=-1)).tolist():
            vector = memory[side, mem_slice, bank, offset].tobytes()
            await self.write(Hemisphere(side), mem_slice, bank << OFFSET_BITS | offset, vector)
        # The last Write has still to climb.
        await self.step(self.config.superlanes + 2)

    def arm(self, injection: Injection) -> None:
        """Arm an injection for the run to come."""
        values = {"superlane": injection.superlane, "cycle": injection.cycle, "mask": injection.mask}
        if isinstance(injection, StreamInjection):
            ref = stream_ref(injection.direction, injection.stream)
            values |= {"stream_en": 1, "position": injection.position, "ref": ref}
        else:
            values |= {"memory_en": 1, "side": int(injection.hemisphere), "mem_slice": injection.mem_slice}
        for name, value in values.items():
            getattr(self.dut, f"armed__{name}").value = value

    async def start(self) -> None:
        """Release the queues; afterwards it is cycle 0."""
        if not self.config.features.fetch:
            await self.step(LATENCY)
        self.dut.start.value = 1
        await self.step()
        self.dut.start.value = 0
        await self.step()

    async def reports(self) -> dict[tuple[int, int], tuple[int, int, int, int]]:
        """Fault records that are not empty by (queue, superlane): code, first cycle, count, corrected words."""
        dut, found = self.dut, {}
        for queue in queues(self.config):
            for superlane in range(self.config.superlanes):
                dut.report_queue.value, dut.report_superlane.value = queue.index, superlane
                await self.step()
                record = tuple(_number(getattr(dut, f"report__{name}")) for name in ("code", "first", "count", "fixed"))
                if record[2] or record[3]:
                    found[queue.index, superlane] = record
        return found

    async def counters(self) -> dict[int, tuple[int, int]]:
        """Instructions issued and cycles parked, by queue."""
        found = {}
        for queue in queues(self.config):
            self.dut.report_queue.value = queue.index
            await self.step()
            found[queue.index] = (_number(self.dut.issued), _number(self.dut.waited))
        return found


async def start_clock(dut: Any) -> None:
    """Let the clock run from now on; its first falling edge has passed, so that all parts of the model are there."""
    Clock(dut.clk, 2, unit="ns").start()
    await FallingEdge(dut.clk)


def _number(handle: Any) -> int:
    return handle.value.to_unsigned()
