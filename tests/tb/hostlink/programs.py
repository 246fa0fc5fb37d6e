"""Programs with regions that the host fills and reads."""

from dataclasses import replace

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.program import Program, Region
from tests.golden.schedule import address
from tests.tb import programs

#: Rows of the input ``source`` of :func:`copying`.
SOURCE_ROWS = 20


def copying(config: Config) -> Program:
    """A copy whose source is the host's input, in two parts."""
    program = programs.copy(config)
    regions = (
        Region("source", "input", Hemisphere.WEST, 0, address(0, 0), 12),
        Region("source", "input", Hemisphere.WEST, 2, address(1, 0), 8),
        Region("target", "output", Hemisphere.EAST, 0, address(0, 0), 20),
        Region("target", "output", Hemisphere.EAST, 3, address(1, 100), 4),
    )
    return replace(program, data=(), regions=regions)
