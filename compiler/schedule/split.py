"""Maps of more steps than the VXM can hold, cut into parts that it can."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from arch.config import Config
from compiler.graph.ir import Input, Map, Operand, Result, Step
from compiler.schedule import mesh

#: Steps of a part, at most; more hardly ever find a place.
_MOST = 14


def fits(config: Config, steps: tuple[Step, ...]) -> bool:
    """Whether the ALUs can hold steps at once."""
    return len(steps) <= _MOST and _places(config, steps)


@lru_cache(maxsize=4096)
def _places(config: Config, steps: tuple[Step, ...]) -> bool:
    chain = mesh.chain(steps)
    if len(chain.steps) > len(config.alus):
        return False
    try:
        return bool(mesh.placements(config, chain))
    except mesh.MeshError:
        return False


def parts(config: Config, node: Map) -> list[Map]:
    """Maps that together compute a Map, the last of them its result; values between them get names of their own.

    Raises
    ------
    compiler.schedule.mesh.MeshError
        If even single steps find no ALU.
    """
    found: list[Map] = []
    steps, inputs = node.steps, node.inputs
    while not fits(config, steps):
        cut, values = _cut(config, steps)
        names = []
        for value in values:
            chosen, used = _up_to(steps, value)
            name = f"{node.output} step {len(found)}"
            found.append(Map(tuple(inputs[n] for n in used), name, node.source, chosen))
            names.append(name)
        steps, inputs = _behind(steps, cut, values, len(inputs)), (*inputs, *names)
    # Only inputs that are read.
    chosen, used = _up_to(steps, len(steps) - 1)
    return [*found, replace(node, inputs=tuple(inputs[n] for n in used), steps=chosen)]


def _cut(config: Config, steps: tuple[Step, ...]) -> tuple[int, list[int]]:
    """How many steps come before a cut, and which of their results are needed behind it, each of which fits."""
    for cut in range(min(len(steps) - 1, _MOST), 0, -1):
        later = {o.step for step in steps[cut:] for o in step.operands if isinstance(o, Result)}
        values = sorted(n for n in later if n < cut)
        if len(values) <= 3 and all(fits(config, _up_to(steps, value)[0]) for value in values):
            return cut, values
    raise mesh.MeshError(f"{steps[0].op}.{steps[0].type.value} finds no ALU")


def _up_to(steps: Sequence[Step], last: int) -> tuple[tuple[Step, ...], list[int]]:
    """The steps that a result needs, and the inputs that they read, both renumbered."""
    needed = {last}
    for n in range(last, -1, -1):
        if n in needed:
            needed |= {o.step for o in steps[n].operands if isinstance(o, Result)}
    order = sorted(needed)
    used = sorted({o.number for n in order for o in steps[n].operands if isinstance(o, Input)})

    def moved(operand: Operand) -> Operand:
        if isinstance(operand, Result):
            return Result(order.index(operand.step))
        return Input(used.index(operand.number)) if isinstance(operand, Input) else operand

    return tuple(replace(steps[n], operands=tuple(map(moved, steps[n].operands))) for n in order), used


def _behind(steps: Sequence[Step], cut: int, values: Sequence[int], inputs: int) -> tuple[Step, ...]:
    """The steps behind a cut, which read the values before it as further inputs."""

    def moved(operand: Operand) -> Operand:
        if not isinstance(operand, Result):
            return operand
        return Input(inputs + values.index(operand.step)) if operand.step < cut else Result(operand.step - cut)

    return tuple(replace(step, operands=tuple(map(moved, step.operands))) for step in steps[cut:])
