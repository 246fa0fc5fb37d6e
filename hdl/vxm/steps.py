"""The steps of an ALU's work, and between which of them registers stand.

A short pipeline does two steps in one cycle where that hurts least; each further stage takes one such pair apart.
"""

from arch.stages import STAGE_RANGES

#: Steps from the operands to the result; ``hdl.vxm.lane`` says what each does.
STEPS = 11
#: The fewest stages.
DEPTH, _ = STAGE_RANGES["alu"]
#: Steps that end without a register, by the number of stages from which on they have one: the multiplier's sums, the
#: half of a normalization, the shift before the rounding.
_FROM = {1: 9, 9: 10, 5: 11}


def choosing_stages(stages: int) -> int:
    """Cycles of an ALU's ``stages`` in which it chooses its operands: one, if there are more stages than steps.

    Else the choice shares a cycle with the first step.
    """
    return int(stages > STEPS)


def ends_cycle(step: int, stages: int) -> bool:
    """Whether a register stands behind a step."""
    return stages >= _FROM.get(step, DEPTH)


def cycle_of(step: int, stages: int) -> int:
    """Cycle in which a step is done, counted from the operands'."""
    return sum(ends_cycle(before, stages) for before in range(step))


assert cycle_of(STEPS, DEPTH) == DEPTH
