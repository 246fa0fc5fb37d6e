"""cocotb module: boot programs, run each, and write down what the stream registers show; nothing is compared.

Program files are named by the environment variable ``SUPERLANE_PROGRAM``, as in a search path; between two of them the
chip is reset. Beside a file ``name.slp`` may stand ``name.json``, an object of values for the chip's ports ``armed__*``
(an injected error). Then ``name.npz`` is there, which :func:`load` reads. What the golden model thinks of a program
plays no part: so latencies can be measured, not only agreed upon.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Direction
from arch.program import Program
from tb.host import Host, start_clock

#: Environment variable that names the program files.
PROGRAM = "SUPERLANE_PROGRAM"
#: Environment variable that holds the place of the superlane to bypass, where there is a spare.
FUSE = "SUPERLANE_FUSE"
#: Cycles after which a run that does not end is cut off.
LIMIT = 4000


@dataclass(frozen=True)
class Record:
    """What a run showed.

    Attributes
    ----------
    streams : uint8[cycles, 2, streams, positions, superlanes, lanes]
        Data of the stream registers in every cycle from cycle 0 on, by direction, wrong bits included.
    reports : int64[reports, 6]
        Fault records that are not empty: queue, superlane, code, first cycle, count, corrected words.
    counters : int64[queues, 2]
        Instructions issued and cycles parked.
    idle : int
        First cycle in which the chip was idle; -1 if the run was cut off.
    """

    streams: NDArray[np.uint8]
    reports: NDArray[np.int64]
    counters: NDArray[np.int64]
    idle: int


def load(program: Path) -> Record:
    """Record of a program file that was run."""
    with np.load(program.with_suffix(".npz")) as found:
        return Record(found["streams"], found["reports"], found["counters"], int(found["idle"]))


@cocotb.test()
async def record(dut: Any) -> None:
    """Run all programs."""
    await start_clock(dut)
    for name in os.environ[PROGRAM].split(os.pathsep):
        await _run(dut, Path(name), int(os.environ.get(FUSE, "0")))


async def _run(dut: Any, file: Path, fuse: int) -> None:
    program = Program.from_bytes(file.read_bytes())
    config, host = program.config, Host(dut, program, fuse)
    await host.reset()
    await host.load_text()
    for segment in program.data:
        for row in range(len(segment.data) // config.vector):
            vector = segment.data[row * config.vector : (row + 1) * config.vector]
            await host.write(segment.hemisphere, segment.mem_slice, segment.address + row, vector)
    # The last Write has still to climb.
    await host.step(config.superlanes + 2)
    armed = file.with_suffix(".json")
    for name, value in json.loads(armed.read_text(encoding="utf-8")).items() if armed.exists() else ():
        getattr(dut, f"armed__{name}").value = value
    registers = _registers(dut, config, fuse)
    await host.start()
    shots = []
    while not dut.idle.value and len(shots) < LIMIT:
        assert dut.cycle.value.to_unsigned() == len(shots)
        shots.append(_look(config, registers))
        await host.step()
    idle = len(shots) if dut.idle.value else -1
    reports, counters = await host.reports(), await host.counters()
    np.savez_compressed(
        file.with_suffix(".npz"),
        streams=np.stack(shots),
        reports=np.array([(*place, *found) for place, found in reports.items()], np.int64).reshape(-1, 6),
        counters=np.array([counters[n] for n in sorted(counters)], np.int64),
        idle=idle,
    )


def _registers(dut: Any, config: Config, fuse: int) -> list[tuple[Direction, int, int, Any]]:
    """Handles of all stream registers, with direction, position and superlane."""
    places = [n for n in range(config.physical_superlanes) if not config.spare or n != fuse]
    return [
        (
            direction,
            at,
            k,
            getattr(getattr(getattr(dut.chip, f"superlane_{n}"), f"column_{at}"), f"here__{direction:d}"),
        )
        for direction in Direction
        for at in range(config.positions)
        for k, n in enumerate(places)
    ]


def _look(config: Config, registers: list[tuple[Direction, int, int, Any]]) -> NDArray[np.uint8]:
    """Data of all registers in this cycle."""
    code, mask = config.code_bits, (1 << config.word_bits) - 1
    found = np.zeros((2, config.streams, config.positions, config.superlanes, config.lanes), np.uint8)
    for direction, at, k, handle in registers:
        bits = int(str(handle.value), 2)
        if bits:
            words = b"".join((bits >> n * code & mask).to_bytes(config.lanes, "little") for n in range(config.streams))
            found[direction, :, at, k] = np.frombuffer(words, np.uint8).reshape(config.streams, config.lanes)
    return found
