"""cocotb module: give a self-test a clock and a reset, and see which light comes on."""

import os
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly

#: Environment variable: the lights that are to be seen in the end, without the blinking one.
LEDS = "SUPERLANE_LEDS"
PASSED, FAILED, STARTED = 1, 2, 4
#: Cycles between two looks, and looks.
LOOK, LOOKS = 1000, 100


@cocotb.test()
async def lights(dut: Any) -> None:
    """What the lights say when one of the first two is on."""
    dut.rst.value = 1
    Clock(dut.clk, 2, unit="ns").start()
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    for _ in range(LOOKS):
        await ClockCycles(dut.clk, LOOK)
        await ReadOnly()
        seen = dut.leds.value.to_unsigned() % (2 * STARTED)
        if seen & (PASSED | FAILED):
            break
    assert seen == int(os.environ[LEDS])
