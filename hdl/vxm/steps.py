"""The steps of an ALU's work, and between which of them registers stand.

A short pipeline does two to four steps in one cycle where that hurts least; each further stage parts one such group.
"""

from arch.stages import STAGE_RANGES

#: Steps from the operands to the result; ``hdl.vxm.lane`` says what each does.
STEPS = 18
#: The fewest stages.
DEPTH, _ = STAGE_RANGES["alu"]
#: Stages from which on the choice of an ALU's operands has a cycle of its own, instead of a part of the first step's.
CHOOSING = 12
#: Steps that end without a register, by the number of stages from which on they have one, in the order of what they
#: gain (docs/decisions/0012-fpga.md).
_FROM = {2: 9, 16: 10, 8: 11, 0: 12, 3: 13, 5: 14, 12: 15, 10: 16, 15: 17, 14: 18}


def choosing_stages(stages: int) -> int:
    """Cycles of an ALU's ``stages`` in which it chooses its operands: one, or none of its own."""
    return int(stages >= CHOOSING)


def ends_cycle(step: int, stages: int) -> bool:
    """Whether a register stands behind a step."""
    return stages >= _FROM.get(step, DEPTH)


def cycle_of(step: int, stages: int) -> int:
    """Cycle in which a step is done, counted from the operands'."""
    return sum(ends_cycle(before, stages) for before in range(step))


assert cycle_of(STEPS, DEPTH) == DEPTH
