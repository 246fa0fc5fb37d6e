"""Where the registers of an ALU stand."""

from itertools import pairwise

import pytest

from hdl.vxm.steps import DEPTH, STEPS, cycle_of, ends_cycle


@pytest.mark.parametrize("stages", range(DEPTH, STEPS + 3))
def test_there_are_as_many_registers_as_stages_up_to_one_behind_each_step(stages: int):
    assert cycle_of(STEPS, stages) == min(stages, STEPS)
    assert ends_cycle(STEPS - 1, stages)


def test_each_stage_more_takes_one_pair_of_steps_apart():
    joined = [{step for step in range(STEPS) if not ends_cycle(step, stages)} for stages in range(DEPTH, STEPS + 1)]
    assert [len(steps) for steps in joined] == list(reversed(range(STEPS - DEPTH + 1)))
    assert all(less < more for more, less in pairwise(joined))
