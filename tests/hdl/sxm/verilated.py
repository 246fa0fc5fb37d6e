"""Runs inside the simulator: the bench of the SXM, on the ports of an exported stack of tiles."""

import os
from typing import Any

import cocotb
from amaranth import Value
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer
from cocotb.types import LogicArray

from tests.hdl.sxm.bench import play
from tests.hdl.sxm.stack import TileStack, all_units

#: Cycles of random instructions.
CYCLES = 40


class Handles:
    """Access to the ports of a simulated block by its Amaranth signals."""

    def __init__(self, dut: Any, block: TileStack):
        self._dut = dut
        self._names = {
            id(Value.cast(value)): "__".join(map(str, path)) for path, _, value in block.signature.flatten(block)
        }

    def _handle(self, signal: Any) -> Any:
        return getattr(self._dut, self._names[id(signal)])

    def set(self, signal: Any, value: int) -> None:
        """Drive an input."""
        self._handle(signal).value = int(value)

    def get(self, signal: Any) -> int:
        """Value of an output."""
        value = self._handle(signal).value
        return value.to_unsigned() if isinstance(value, LogicArray) else int(value)

    async def settle(self) -> None:
        """Let what is set reach the outputs."""
        await Timer(1, unit="ns")

    async def tick(self) -> None:
        """Go on to the next cycle."""
        await RisingEdge(self._dut.clk)


@cocotb.test()
async def all_units_at_once(dut: Any) -> None:
    """Every queue, an instruction in each cycle."""
    superlanes, lanes = map(int, os.environ["SHAPE"].split("x"))
    block, stimulus = all_units(superlanes, lanes, CYCLES)
    handles = Handles(dut, block)
    ports = block.ports()
    for tiles in ports.values():
        for tile in tiles:
            handles.set(tile.fire, 0)
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(3):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    assert await play(handles, stimulus, ports) >= superlanes * CYCLES * (len(ports) - 1)
