"""Distribute, Transpose and Rotate: values and cycles against the golden model, back to back and with gaps."""

from typing import Any

import pytest

from arch.config import Config
from arch.isa.sxm import DISTRIBUTE, ROTATE, TRANSPOSE
from arch.queues import Unit
from hdl.sxm.distribute import Distribute
from hdl.sxm.rotate import Rotate
from hdl.sxm.transpose import Transpose
from tests.hdl.sxm.bench import Stack, check, port
from tests.hdl.sxm.configs import CONFIGS, machine
from tests.hdl.sxm.programs import darken, program, spoil
from tests.hdl.sxm.stimulus import Stimulus, queue_of

UNITS = {
    Unit.SXM_DISTRIBUTE: (Distribute, DISTRIBUTE),
    Unit.SXM_TRANSPOSE: (Transpose, TRANSPOSE),
    Unit.SXM_ROTATE: (Rotate, ROTATE),
}


#: Rotate, with result stages in which its side must wait, too.
LATE = machine(1, 16, sxm_local=2, result=3)
#: Every unit of every machine that has it.
CASES = [(config, unit) for config in CONFIGS for unit in UNITS if unit is not Unit.SXM_ROTATE or config.lanes >= 9]
CASES.append((LATE, Unit.SXM_ROTATE))


def test_no_rotate_below_nine_lanes():
    with pytest.raises(ValueError, match=r"^lanes must be at least 9 for Rotate, not 8$"):
        Rotate(config=machine(2, 8))


@pytest.mark.parametrize(("config", "unit"), CASES, ids=lambda case: getattr(case, "name", None))
def test_values_and_cycles(config: Config, unit: Unit):
    kind, spec = UNITS[unit]
    stimulus, queue = Stimulus(config, seed=1), queue_of(config, unit)
    program(stimulus, queue, (spec,), range(1, 8))
    program(stimulus, queue, (spec,), range(8, 16), gaps=0.5)
    darken(stimulus, range(5, 12))
    spoil(stimulus, 0.05)
    blocks: list[Any] = [kind(config=config) for _ in range(config.superlanes)]
    seen = check(Stack(blocks), stimulus, {queue: [port(block) for block in blocks]})
    assert seen == len(stimulus.issues) * config.superlanes
