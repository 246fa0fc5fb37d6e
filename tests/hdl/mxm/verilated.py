"""Plays a run on the exported stack under Verilator."""

from collections.abc import Iterable

import numpy as np
import pytest

from arch.config import Config
from tb import harness, verilator
from tb.ports import WORD
from tests.hdl.mxm.run import Run
from tests.hdl.mxm.stack import Stack


class Player:
    """The simulator of a configuration's stack, built unless it is there already."""

    def __init__(self, config: Config):
        try:
            self._harness = harness.build(Stack(config=config))
        except verilator.MissingToolError as error:
            pytest.skip(str(error))

    def play(self, run: Run) -> dict[int, dict[str, int]]:
        """Outputs by cycle."""
        records = np.zeros((run.cycles, harness.size(self._harness.inputs)), np.uint32)
        for cycle in range(run.cycles):
            for name, value in run.inputs(cycle).items():
                port = self._harness.inputs[name]
                words = np.frombuffer(value.to_bytes(port.words * WORD // 8, "little"), "<u4")
                records[cycle, port.first : port.first + port.words] = words
        seen = self._harness.run(records)
        return {cycle: self._outputs(row.tolist()) for cycle, row in enumerate(seen)}

    def _outputs(self, row: list[int]) -> dict[str, int]:
        return {
            name: _joined(row[port.first : port.first + port.words]) for name, port in self._harness.outputs.items()
        }


def _joined(words: Iterable[int]) -> int:
    return sum(word << WORD * n for n, word in enumerate(words))
