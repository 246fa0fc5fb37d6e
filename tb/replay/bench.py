"""cocotb module: plays a stimulus to the simulator that runs it, and records what its variables show.

The folder is named by the environment variable ``SUPERLANE_REPLAY``: ``replay.json`` holds the stimulus's rows and the
names of the variables; ``record.npz`` is left there.
"""

import json
import os
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from tb.host import start_clock
from tb.replay.record import row_of

#: Environment variable that names the folder.
FOLDER = "SUPERLANE_REPLAY"
#: Files in it.
REPLAY, RECORD = "replay.json", "record.npz"


@cocotb.test()
async def replay(dut: Any) -> None:
    """Play and record."""
    folder = Path(os.environ[FOLDER])
    asked = json.loads((folder / REPLAY).read_text(encoding="utf-8"))
    handles = [_handle(dut, scope, name) for scope, name in asked["names"]]
    widths = [len(handle) for handle in handles]
    rows = []
    await start_clock(dut)
    for changes in asked["rows"]:
        for name, value in changes.items():
            getattr(dut, name).value = value
        await FallingEdge(dut.clk)
        rows.append(row_of([_number(handle) for handle in handles], widths))
    np.savez(folder / RECORD, widths=np.array(widths), rows=np.stack(rows))


def _handle(dut: Any, scope: str, name: str) -> Any:
    """Handle of a variable."""
    handle = dut
    for step in scope.split(".")[1:]:
        handle = getattr(handle, step)
    return getattr(handle, name)


def _number(handle: Any) -> int:
    """Value; what is neither 0 nor 1 stands out as ones, for a defined word of ones only is all ones."""
    return int(str(handle.value).translate(_PLAIN), 2)


_PLAIN = str.maketrans("XxZzUu-", "1111111")
