"""Steps on the mesh: every operand comes from a neighbor at the right time, every ALU can do its step."""

import pytest

from arch.config import preset
from arch.isa.vxm import OPERATION_OF
from arch.queues import mesh_neighbor
from arch.types import Type
from compiler.frontend.load import translate
from compiler.graph.ir import Immediate, Input, Map, Result, Step
from compiler.schedule import mesh, split
from tests.compiler.models import CASES

SMALL = preset("small")
#: Chains of few steps that differ in shape: a line, a diamond, one input at several depths, constants.
ADD = Step("Add", Type.F32, (Input(0), Input(1)))
CHAINS = (
    (ADD,),
    (ADD, Step("Mul", Type.F32, (Result(0), Input(2))), Step("Cast", Type.F32, (Result(1), Immediate(3)), Type.I8)),
    (ADD, Step("Mul", Type.F32, (Result(0), Result(0))), Step("Sub", Type.F32, (Result(1), Input(0)))),
    (
        Step("Exp", Type.F32, (Input(0),)),
        Step("Tanh", Type.F32, (Input(0),)),
        Step("Mul", Type.F32, (Result(0), Result(1))),
        Step("Add", Type.F32, (Result(2), Result(0))),
    ),
)


def meaning(steps: tuple[Step, ...], chain: mesh.Chain) -> bool:
    """Whether a chain computes what the steps say: as nested expressions, Identities and Latches left out."""

    def expression(known: tuple[Step, ...], operand):
        if not isinstance(operand, Result):
            return operand
        step = known[operand.step]
        operands = tuple(expression(known, o) for o in step.operands)
        return operands[0] if step.op in ("Identity", "Latch") else (step.op, step.type, step.to, step.sat, operands)

    return expression(steps, Result(len(steps) - 1)) == expression(chain.steps, Result(len(chain.steps) - 1))


def check(steps: tuple[Step, ...], latched: frozenset[int] = frozenset()) -> int:
    """Check all placements of steps; how many there are."""
    chain = mesh.chain(steps, latched)
    assert meaning(steps, chain)
    for step, depth in zip(chain.steps, chain.depths, strict=True):
        for operand in step.operands:
            assert not isinstance(operand, Result) or chain.depths[operand.step] == depth - 1
    placed = mesh.placements(SMALL, chain)
    for one in placed:
        assert len(set(one.alus)) == len(chain.steps)
        for step, alu in zip(chain.steps, one.alus, strict=True):
            types = {step.type, mesh.result_of(step)} if step.op == "Cast" else {step.type}
            assert types <= set(SMALL.alus[alu].types)
            assert SMALL.alus[alu].large or not OPERATION_OF[step.op].large
            near = {mesh_neighbor(SMALL, alu, way) for way in "NESW"}
            assert all(one.alus[o.step] in near for o in step.operands if isinstance(o, Result))
    return len(placed)


@pytest.mark.parametrize("steps", CHAINS)
def test_every_operand_is_a_neighbor_one_depth_before(steps: tuple[Step, ...]):
    assert check(steps) >= 1
    assert check(steps, frozenset({1}) if len(steps) < 4 else frozenset({0})) >= 1


def test_maps_of_models_and_their_parts():
    found = 0
    for case in CASES[::6]:
        for node in translate(case.model).nodes:
            if isinstance(node, Map):
                parts = split.parts(SMALL, node)
                for part in parts:
                    found += check(part.steps)
                assert parts[-1].output == node.output
    assert found > 20


def test_short_chains_stand_side_by_side():
    placed = mesh.placements(SMALL, mesh.chain(CHAINS[1]))
    assert any(not set(a.alus) & set(b.alus) for a in placed for b in placed)


def test_more_steps_than_alus_are_refused_in_a_line():
    steps = (ADD, *(Step("Add", Type.F32, (Result(n), Input(1))) for n in range(20)))
    with pytest.raises(mesh.MeshError, match=r"steps .* find no place in the VXM$"):
        mesh.placements(SMALL, mesh.chain(steps))
