"""cocotb module: the digest of a :class:`tb.driven.Driven` after each of some cycles, as JSON in the file of the
environment variable ``SUPERLANE_DIGESTS``."""

import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge

from tb.host import start_clock

FILE, CYCLES = "SUPERLANE_DIGESTS", 200


@cocotb.test()
async def digests(dut: Any) -> None:
    """Write them down."""
    await start_clock(dut)
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    found = []
    for _ in range(CYCLES):
        await FallingEdge(dut.clk)
        found.append(dut.digest.value.to_unsigned())
    Path(os.environ[FILE]).write_text(json.dumps(found), encoding="utf-8")
