"""Smaller graphs of the same meaning: Maps fused, views of views joined, copies dropped, dead nodes removed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from compiler.graph import ir

#: Steps that a fused Map may have, unless its parts were longer: what a chain of ALUs does without a trip to memory.
FUSED_STEPS = 12


def readers(nodes: Iterable[ir.Node], kept: Iterable[str]) -> dict[str, int]:
    """How many nodes read each tensor; outputs of the graph count as one more."""
    count: dict[str, int] = {name: 1 for name in kept}
    for node in nodes:
        for name in set(node.inputs):
            count[name] = count.get(name, 0) + 1
    return count


def fuse(
    nodes: Sequence[ir.Node], kept: Iterable[str], tensors: Mapping[str, ir.Tensor], limit: int = FUSED_STEPS
) -> list[ir.Node]:
    """Maps that alone read a Map of the same shape take its steps in, up to ``limit`` of them."""
    kept = set(kept)
    count = readers(nodes, kept)
    made: dict[str, ir.Map] = {}
    result: list[ir.Node] = []
    for node in nodes:
        if not isinstance(node, ir.Map):
            result.append(node)
            continue
        for name in node.inputs:
            before = made.get(name)
            if before is None or count[name] != 1 or name in kept:
                continue
            fits = len(before.steps) + len(node.steps) <= limit
            if fits and tensors[name].shape == tensors[node.output].shape:
                node = merged(before, node)
                result = [n for n in result if n.output != name]
                del made[name]
        made[node.output] = node
        result.append(node)
    return result


def merged(before: ir.Map, node: ir.Map) -> ir.Map:
    """One Map for two, ``node`` reading ``before``."""
    inputs = [*before.inputs, *(n for n in node.inputs if n != before.output and n not in before.inputs)]
    last = len(before.steps) - 1

    def moved(operand: ir.Operand) -> ir.Operand:
        if isinstance(operand, ir.Result):
            return ir.Result(operand.step + last + 1)
        if isinstance(operand, ir.Input):
            name = node.inputs[operand.number]
            return ir.Result(last) if name == before.output else ir.Input(inputs.index(name))
        return operand

    steps = tuple(replace(s, operands=tuple(map(moved, s.operands))) for s in node.steps)
    source = ", ".join(dict.fromkeys(filter(None, (*before.source.split(", "), *node.source.split(", ")))))
    return ir.Map(tuple(inputs), node.output, source, (*before.steps, *steps))


def sunk(nodes: Sequence[ir.Node], kept: Iterable[str], tensors: Mapping[str, ir.Tensor]) -> list[ir.Node]:
    """Maps that only widen a number of 8 or 16 bits are done again by each Map that reads them: that saves memory."""
    kept = set(kept)
    wide = {n.output: n for n in nodes if isinstance(n, ir.Map) and n.output not in kept and _widens(n, tensors)}
    result: list[ir.Node] = []
    for node in nodes:
        if isinstance(node, ir.Map):
            for name in node.inputs:
                before = wide.get(name)
                if before is not None and len(node.steps) < FUSED_STEPS:
                    node = merged(before, node)
        result.append(node)
    return alive(result, kept)


def _widens(node: ir.Map, tensors: Mapping[str, ir.Tensor]) -> bool:
    (step, *others) = node.steps
    return not others and step.op == "Cast" and tensors[node.inputs[0]].type.bits < tensors[node.output].type.bits


def views(nodes: Sequence[ir.Node], kept: Iterable[str], tensors: Mapping[str, ir.Tensor]) -> list[ir.Node]:
    """Reshapes of Reshapes and Transposes of Transposes joined; those that change nothing dropped."""
    kept = set(kept)
    made: dict[str, ir.Node] = {}
    alias: dict[str, str] = {}
    result: list[ir.Node] = []
    for node in nodes:
        node = replace(node, inputs=tuple(alias.get(name, name) for name in node.inputs))
        before = made.get(node.inputs[0]) if node.inputs else None
        if isinstance(node, ir.Reshape) and isinstance(before, ir.Reshape):
            node = replace(node, inputs=before.inputs)
        elif isinstance(node, ir.Transpose) and isinstance(before, ir.Transpose):
            node = replace(node, inputs=before.inputs, perm=tuple(before.perm[n] for n in node.perm))
        if node.output not in kept and _changes_nothing(node, tensors):
            alias[node.output] = node.inputs[0]
            continue
        made[node.output] = node
        result.append(node)
    return result


def _changes_nothing(node: ir.Node, tensors: Mapping[str, ir.Tensor]) -> bool:
    if isinstance(node, ir.Reshape):
        return tensors[node.inputs[0]].shape == tensors[node.output].shape
    if isinstance(node, ir.Map):
        step = node.steps[0]
        plain = len(node.steps) == 1 and step.op == "Identity" and isinstance(step.operands[0], ir.Input)
        before, after = tensors[node.inputs[0]] if node.inputs else None, tensors[node.output]
        return plain and before is not None and (before.shape, before.type) == (after.shape, after.type)
    return isinstance(node, ir.Transpose) and node.perm == tuple(range(len(node.perm)))


def alive(nodes: Sequence[ir.Node], kept: Iterable[str]) -> list[ir.Node]:
    """The nodes on which something kept depends."""
    wanted, result = set(kept), []
    for node in reversed(nodes):
        if node.output in wanted:
            wanted.update(node.inputs)
            result.append(node)
    return result[::-1]


def unique(
    nodes: Sequence[ir.Node], constants: Mapping[str, np.ndarray], kept: Iterable[str]
) -> tuple[list[ir.Node], dict[str, np.ndarray]]:
    """Equal constants are one; equal nodes on equal inputs too (dequantizing for several readers, say)."""
    kept, first, alias = set(kept), {}, {}
    for name, array in constants.items():
        key = (array.dtype.str, array.shape, array.tobytes())
        alias[name] = name if name in kept else first.setdefault(key, name)
    result, seen = [], {}
    for node in nodes:
        node = replace(node, inputs=tuple(alias.get(name, name) for name in node.inputs))
        fields = {k: v for k, v in vars(node).items() if k not in ("output", "source")}
        key = (type(node), repr({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in fields.items()}))
        if isinstance(node, ir.Map | ir.Transpose | ir.Reduce) and node.output not in kept:
            other = seen.setdefault(key, node.output)
            if other != node.output:
                alias[node.output] = other
                continue
        result.append(node)
    return result, {name: array for name, array in constants.items() if alias[name] == name}


def simplify(graph: ir.Graph) -> ir.Graph:
    """The graph after all of this, with no tensor that nothing uses."""
    kept = [edge.tensor for edge in graph.outputs]
    nodes, constants = unique(graph.nodes, graph.constants, kept)
    nodes = alive(views(nodes, kept, graph.tensors), kept)
    nodes = fuse(sunk(nodes, kept, graph.tensors), kept, graph.tensors)
    used = {name for node in nodes for name in (*node.inputs, node.output)} | {*kept, *(e.tensor for e in graph.inputs)}
    return replace(
        graph,
        nodes=tuple(nodes),
        tensors={name: tensor for name, tensor in graph.tensors.items() if name in used},
        constants={name: array for name, array in constants.items() if name in used},
    )
