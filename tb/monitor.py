"""Monitor of the chip: its stream registers, memories and accumulators in a cycle, in the golden model's shape."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, BYTE_BITS, Config
from arch.conveyor import Direction, Hemisphere
from hdl.mxm.supercell import SUM_BITS
from hdl.superlane import plane_name
from hdl.vxm.operand import WORD
from hdl.words import code_bits


@dataclass(frozen=True)
class Snapshot:
    """Registers of one cycle, in the shapes of ``golden.result.State``.

    ``mesh`` is what an instruction gets that was issued ``stages.operand`` cycles earlier.
    """

    streams: NDArray[np.uint8]
    memory: NDArray[np.uint8]
    accumulators: NDArray[np.uint32]
    mesh: NDArray[np.uint32]


class Monitor:
    """Reads a :class:`hdl.looped.LoopedChip` of which the signals of ``tb.visible.LOCKSTEP`` are visible.

    Memories are not read but followed: each write that is seen is in the array from the next cycle on. So the monitor
    must look at every cycle from reset on. Where there is a spare, superlane ``fuse`` is bypassed.
    """

    def __init__(self, dut: Any, config: Config, fuse: int = 0) -> None:
        self._config = config
        places = [n for n in range(config.physical_superlanes) if not config.spare or n != fuse]
        c, lanes = config, [getattr(dut.chip, f"superlane_{n}") for n in places]
        self._columns = [
            (direction, at, k, getattr(getattr(lane, f"column_{at}"), f"here__{int(direction)}"))
            for direction in Direction
            for at in range(c.positions)
            for k, lane in enumerate(lanes)
        ]
        self._banks = []
        self._rows = []
        for k, lane in enumerate(lanes):
            for side in Hemisphere:
                for n in range(c.slices):
                    tile = getattr(lane, f"{side.letter.lower()}_mem{n}")
                    self._banks += [((int(side), n, b), k, getattr(tile, f"bank_{b}")) for b in range(BANKS)]
                for n in range(c.planes):
                    rows = getattr(lane, f"{plane_name(side, n)}_rows").rows
                    self._rows.append(((int(side), n), k, rows))
        self._mesh = [
            (n, k, getattr(lane.vxm, f"alu_{n}").result) for k, lane in enumerate(lanes) for n in range(len(c.alus))
        ]
        self._memory = np.zeros((2, c.slices, BANKS, c.bank_words, c.superlanes, c.lanes), np.uint8)
        self._accumulators = np.zeros((2, c.planes, c.acc_rows, c.superlanes, c.lanes), np.uint32)

    def look(self, *, streams: bool = True) -> Snapshot | None:
        """Registers of this cycle; to be called once in each. Without ``streams`` it only follows the memories."""
        snapshot = None
        if streams:
            snapshot = Snapshot(self._streams(), self._memory.copy(), self._accumulators.copy(), self._results())
        self._follow()
        return snapshot

    def _streams(self) -> NDArray[np.uint8]:
        c = self._config
        code, size = code_bits(c.word_bits), c.lanes
        mask = (1 << c.word_bits) - 1
        found = np.zeros((2, c.streams, c.positions, c.superlanes, c.lanes), np.uint8)
        for direction, at, k, handle in self._columns:
            bits = _number(handle)
            if bits:
                words = b"".join((bits >> n * code & mask).to_bytes(size, "little") for n in range(c.streams))
                found[direction, :, at, k] = np.frombuffer(words, np.uint8).reshape(c.streams, size)
        return found

    def _results(self) -> NDArray[np.uint32]:
        c = self._config
        found = np.zeros((len(c.alus), c.superlanes, c.lanes), np.uint32)
        for n, k, handle in self._mesh:
            found[n, k] = np.frombuffer(_number(handle).to_bytes(c.lanes * WORD // BYTE_BITS, "little"), "<u4")
        return found

    def _follow(self) -> None:
        c = self._config
        for place, k, bank in self._banks:
            if _number(bank.en) and _number(bank.write):
                word = (_number(bank.wdata) & (1 << c.word_bits) - 1).to_bytes(c.lanes, "little")
                self._memory[(*place, _number(bank.addr), k)] = np.frombuffer(word, np.uint8)
        for place, k, rows in self._rows:
            if _number(rows.write_en):
                word = _number(rows.wdata).to_bytes(c.lanes * SUM_BITS // 8, "little")
                self._accumulators[(*place, _number(rows.write_addr), k)] = np.frombuffer(word, "<u4")


def _number(handle: Any) -> int:
    return int(str(handle.value), 2)
