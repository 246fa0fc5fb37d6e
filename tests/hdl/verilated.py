"""Runs inside the simulator, under cocotb: tests of units as they are, on the exported Verilog.

A unit's test hands ``simulate`` a component and a bench, which sets and gets ports and waits for the clock. Here the
same test has its ports behind cocotb: what it expects of each cycle, by the golden model, the Verilog must give.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import cocotb
from amaranth import Value
from amaranth.lib import wiring
from cocotb.task import bridge, resume
from cocotb.triggers import Timer
from cocotb.types import LogicArray

from hdl.seam import Block
from tests.hdl.simulate import ENGINE, Bench
from tests.hdl.units import CASES

#: Variable that names some of ``tests.hdl.units.CASES``.
NAMES = "SUPERLANE_UNITS"


class Tick:
    """The end of a cycle, or of several."""

    def __init__(self, advance: Callable[[int], None], cycles: int = 1):
        self._advance, self._cycles = advance, cycles

    def repeat(self, cycles: int) -> "Tick":
        """The end of so many cycles."""
        return Tick(self._advance, cycles)

    def __await__(self) -> Iterator[None]:
        self._advance(self._cycles)
        yield from ()


class Ports:
    """What a bench is given, with the methods of Amaranth's simulator, for the ports of a block.

    Cycles begin at the rising edge. What is set is there before the clock falls, as clock gates want it
    (:mod:`hdl.gate`).

    Parameters
    ----------
    dut
        Uppermost module.
    name : str
        What the names of the block's ports begin with.
    block : Block
        What stands there.
    """

    def __init__(self, dut: Any, name: str, block: Block):
        self._dut = dut
        self._inputs: dict[int, Any] = {}
        self._outputs: dict[int, Any] = {}
        self._set: dict[int, int] = {}
        self._seen: dict[int, int] = {}
        for path, member, value in block.signature.flatten(block):
            key, handle = id(Value.cast(value)), getattr(dut, "__".join((name, *map(str, path))))
            if member.flow == wiring.In:
                self._inputs[key], self._set[key] = handle, Value.cast(value).init  # type: ignore[attr-defined]
            else:
                self._outputs[key] = handle
        self._changed = dict(self._set)

    def set(self, signal: Any, value: Any) -> None:
        """Drive an input."""
        signal = Value.cast(signal)
        value = int(value) & (1 << len(signal)) - 1
        if self._set[id(signal)] != value:
            self._set[id(signal)] = self._changed[id(signal)] = value
            self._seen = {}

    def get(self, signal: Any) -> int:
        """Value of a port in this cycle."""
        key = id(Value.cast(signal))
        if key in self._set:
            return self._set[key]
        if not self._seen:
            resume(self._settle)()
        return self._seen[key]

    def tick(self) -> Tick:
        """The end of this cycle."""
        return Tick(self.advance)

    def advance(self, cycles: int) -> None:
        """Let cycles pass."""
        resume(self._pass)(cycles)

    async def reset(self) -> None:
        """Begin anew."""
        self._dut.rst.value = self._dut.clk.value = 1
        await self._pass(2)
        self._dut.rst.value = 0

    async def _settle(self) -> None:
        await self._drive()
        for key, handle in self._outputs.items():
            value = handle.value
            self._seen[key] = value.to_unsigned() if isinstance(value, LogicArray) else int(value)

    async def _pass(self, cycles: int) -> None:
        for _ in range(cycles):
            await self._drive()
            for level in (0, 1):
                self._dut.clk.value = level
                await Timer(1, unit="ns")
        self._seen = {}

    async def _drive(self) -> None:
        for key, value in self._changed.items():
            self._inputs[key].value = value
        self._changed = {}
        await Timer(1, unit="ns")


@cocotb.test()
@cocotb.parametrize(name=os.environ[NAMES].split())
async def unit(dut: Any, name: str) -> None:
    """A unit's test."""

    def engine(component: Block, bench: Bench, watch: Bench | None) -> None:
        assert watch is None
        ports = Ports(dut, name, component)
        resume(ports.reset)()
        # All waiting is done within, so that the bench runs through at once.
        for _ in bench(ports).__await__():
            raise AssertionError("a bench may wait for the clock only")

    def test() -> None:
        ENGINE.set(engine)
        CASES[name]()

    await bridge(test)()
