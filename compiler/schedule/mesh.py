"""Steps of a Map on the ALUs of the VXM: which ALU computes what, and how many results later.

A result can be taken by a mesh neighbor exactly ``timing.alu`` cycles after its issue, so each step has a *depth*, and
an operand that another step makes comes from a neighbor one depth before. Where depths differ by more, Identities pass
the value on. The search is exhaustive, but ends with the first few placements.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from arch.config import Config
from arch.isa.vxm import OPERATION_OF, operand_type, result_type
from arch.queues import mesh_neighbor
from arch.types import Type
from compiler.graph.ir import Immediate, Input, Result, Step

_WAYS = ("N", "E", "S", "W")
#: Placements that are offered, so that several chains can stand side by side.
OPTIONS = 12
#: Trials of a search before it is given up.
_TRIALS = 200_000


class MeshError(ValueError):
    """Steps that the ALUs cannot hold at once."""


@dataclass(frozen=True)
class Chain:
    """Steps with their depths, delays included, in an order in which operands come first.

    Attributes
    ----------
    steps
        The last one is the result.
    depths
        Of each, in results: it issues ``depth * timing.alu`` cycles after the first.
    """

    steps: tuple[Step, ...]
    depths: tuple[int, ...]

    @property
    def uses(self) -> tuple[tuple[int, int], ...]:
        """Inputs, with the depths at which they are sampled: one for each."""
        found = {
            (operand.number, depth)
            for step, depth in zip(self.steps, self.depths, strict=True)
            for operand in step.operands
            if isinstance(operand, Input)
        }
        return tuple(sorted(found))


@dataclass(frozen=True)
class Placement:
    """ALU of each step of a chain."""

    alus: tuple[int, ...]


def result_of(step: Step) -> Type:
    """Type of a step's result."""
    return result_type(step.op, step.type, step.to)


def input_types(steps: Sequence[Step]) -> dict[int, Type]:
    """Type in which each input is read."""
    return {
        operand.number: operand_type(step.op, name, step.type)
        for step in steps
        for name, operand in zip(OPERATION_OF[step.op].operands, step.operands, strict=False)
        if isinstance(operand, Input)
    }


@lru_cache(maxsize=512)
def chain(steps: tuple[Step, ...], latched: frozenset[int] = frozenset()) -> Chain:
    """Steps with depths; inputs that are needed at several depths pass through Identities.

    Parameters
    ----------
    latched
        Inputs that stay the same for all rows: a Latch beside each step that reads one holds it.
    """
    # An input that is a condition must come from a neighbor; one that is read at several depths must wait in between.
    conditions = {o.number for step in steps for o in step.operands[2:] if isinstance(o, Input)}
    depths = _depths(steps)
    several = {i for i, found in _readers(steps).items() if len({depths[n] for n in found}) > 1}
    steps = _passed_on(steps, sorted((several | conditions) - latched))
    return _delayed(steps, _depths(steps), latched)


def _depths(steps: Sequence[Step]) -> list[int]:
    """Depth of each step: as early as its operands allow; of one that only reads inputs, as late as it may be."""
    depths: list[int] = []
    for step in steps:
        depths.append(max((depths[o.step] + 1 for o in step.operands if isinstance(o, Result)), default=0))
    for n in reversed(range(len(steps) - 1)):
        after = [depths[m] for m in range(n + 1, len(steps)) if Result(n) in steps[m].operands]
        if after and not any(isinstance(o, Result) for o in steps[n].operands):
            depths[n] = min(after) - 1
    return depths


def _readers(steps: Sequence[Step]) -> dict[int, set[int]]:
    """Steps that read each input."""
    readers: dict[int, set[int]] = {}
    for n, step in enumerate(steps):
        for operand in step.operands:
            if isinstance(operand, Input):
                readers.setdefault(operand.number, set()).add(n)
    return readers


def _passed_on(steps: tuple[Step, ...], shared: Sequence[int]) -> tuple[Step, ...]:
    """Steps in which some inputs are read by an Identity each, and by nobody else."""
    if not shared:
        return steps
    types = input_types(steps)
    first = tuple(Step("Identity", types[i], (Input(i),)) for i in shared)
    moved = []
    for step in steps:
        operands = tuple(
            Result(shared.index(o.number))
            if isinstance(o, Input) and o.number in shared
            else Result(o.step + len(first))
            if isinstance(o, Result)
            else o
            for o in step.operands
        )
        moved.append(replace(step, operands=operands))
    return (*first, *moved)


def _delayed(steps: tuple[Step, ...], depths: Sequence[int], latched: frozenset[int]) -> Chain:
    """The chain with an Identity for each depth that an operand has to wait, and the Latches."""
    types = input_types(steps)
    made: list[Step] = []
    at: list[int] = []
    place: dict[tuple[int, int], int] = {}  # (step, depth): number of the step or Identity whose result it is

    def value(step: int, depth: int) -> int:
        if (step, depth) not in place:
            before = value(step, depth - 1)
            made.append(Step("Identity", result_of(steps[step]), (Result(before),)))
            at.append(depth)
            place[step, depth] = len(made) - 1
        return place[step, depth]

    def latch(number: int, depth: int) -> int:
        made.append(Step("Latch", types[number], (Input(number),)))
        at.append(depth)
        return len(made) - 1

    for n, step in enumerate(steps):
        operands = tuple(
            Result(value(o.step, depths[n] - 1))
            if isinstance(o, Result)
            else Result(latch(o.number, depths[n] - 1))
            if isinstance(o, Input) and o.number in latched
            else o
            for o in step.operands
        )
        made.append(replace(step, operands=operands))
        at.append(depths[n])
        place[n, depths[n]] = len(made) - 1
    return Chain(tuple(made), tuple(at))


@lru_cache(maxsize=4096)
def placements(config: Config, wanted: Chain) -> tuple[Placement, ...]:
    """Some ways to place a chain, each on other ALUs where possible.

    Raises
    ------
    MeshError
        If there is none.
    """
    found: list[Placement] = []
    allowed = frozenset(range(len(config.alus)))
    # Each search is told what the placements before it use, so that they lie beside each other.
    taken: frozenset[int] = frozenset()
    for _ in range(OPTIONS):
        one = next(_search(config, wanted, allowed - taken), None)
        if one is None:
            break
        found.append(one)
        taken |= frozenset(one.alus)
    seen = {frozenset(one.alus) for one in found}
    for one in _search(config, wanted, allowed):
        if len(found) >= OPTIONS:
            break
        if frozenset(one.alus) not in seen:
            seen.add(frozenset(one.alus))
            found.append(one)
    if not found:
        raise MeshError(f"{len(wanted.steps)} steps ({', '.join(s.op for s in wanted.steps)}) find no place in the VXM")
    return tuple(found)


def _search(config: Config, wanted: Chain, allowed: frozenset[int]) -> Iterator[Placement]:
    able = [[a for a in sorted(allowed) if _able(config, a, step)] for step in wanted.steps]
    trials = [0]

    def go(alus: list[int]) -> Iterator[Placement]:
        n = len(alus)
        if n == len(wanted.steps):
            yield Placement(tuple(alus))
            return
        needs = [alus[o.step] for o in wanted.steps[n].operands if isinstance(o, Result)]
        for alu in able[n]:
            trials[0] += 1
            if trials[0] > _TRIALS:
                return
            if alu not in alus and all(_way(config, alu, need) for need in needs):
                yield from go([*alus, alu])

    yield from go([])


def _able(config: Config, alu: int, step: Step) -> bool:
    has = config.alus[alu]
    types = {step.type, result_of(step)} if step.op == "Cast" else {step.type}
    return types <= set(has.types) and (has.large or not OPERATION_OF[step.op].large)


def _way(config: Config, alu: int, source: int) -> str | None:
    """On which side of an ALU another one stands."""
    return next((way for way in _WAYS if mesh_neighbor(config, alu, way) == source), None)


def operand_value(config: Config, placement: Placement, step: int, operand: Result | Immediate) -> str:
    """Spelling of the source of an operand that is no stream."""
    if isinstance(operand, Immediate):
        return "imm"
    way = _way(config, placement.alus[step], placement.alus[operand.step])
    if way is None:
        raise ValueError("operand is no neighbor")
    return way
