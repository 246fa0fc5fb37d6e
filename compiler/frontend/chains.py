"""DequantizeLinear, functions of one element, QuantizeLinear: a function of one byte, made equal to onnxruntime's.

There are 256 operands, so onnxruntime is run on all of them. The rules of the operators give steps, without the
exactness that a single operator would need, and the few results that differ are mended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from arch.types import Type
from compiler.frontend import exact
from compiler.frontend.context import Context, Rule, Value
from compiler.frontend.context import View as NodeView
from compiler.frontend.errors import NetworkError
from compiler.frontend.session import run_nodes
from compiler.frontend.simplify import fuse
from compiler.frontend.steps import Steps
from compiler.graph import ir

#: Operators that may stand in a chain, if all their other inputs are single numbers.
FUNCTIONS = frozenset(
    (
        *("Abs", "Add", "Clip", "Div", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu"),
        *("Max", "Min", "Mul", "Neg", "Pow", "Reciprocal", "Relu", "Sigmoid", "Sqrt", "Sub", "Tanh"),
    )
)
#: Steps of a single Map: as many as it takes.
_ANY = 1 << 30


@dataclass(frozen=True)
class Chain:
    """Nodes from a DequantizeLinear to a QuantizeLinear, each the only reader of the one before.

    Attributes
    ----------
    nodes
        In order.
    """

    nodes: tuple[onnx.NodeProto, ...]

    @property
    def start(self) -> str:
        """The bytes that go in."""
        return self.nodes[0].input[0]

    @property
    def end(self) -> str:
        """The bytes that come out."""
        return self.nodes[-1].output[0]


def chains(graph: onnx.GraphProto) -> dict[str, Chain]:
    """Chains of a graph by the name of their last node's output; initializers are its constants."""
    constants = {t.name: t for t in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    readers: dict[str, int] = {value.name: 2 for value in graph.output}
    for node in graph.node:
        for name in node.input:
            readers[name] = readers.get(name, 0) + 1
    found = {}
    for node in graph.node:
        if node.op_type == "QuantizeLinear" and _single(node.input[1:], constants):
            nodes = [node]
            while True:
                name = _moving(nodes[0], constants)
                before = producers.get(name)
                if before is None or before.op_type not in FUNCTIONS | {"DequantizeLinear"}:
                    break
                # A DequantizeLinear may have more readers: it is done again here.
                if before.op_type == "DequantizeLinear":
                    if _single(before.input[1:], constants) and before.input[0] not in constants:
                        found[node.output[0]] = Chain((before, *nodes))
                    break
                if readers[name] > 1 or not _moving(before, constants):
                    break
                nodes.insert(0, before)
    return found


def _single(names: Iterable[str], constants: Mapping[str, onnx.TensorProto]) -> bool:
    """Whether inputs are left out or constants of one element."""
    shapes = [tuple(constants[name].dims) if name in constants else None for name in names if name]
    return all(shape in ((), (1,)) for shape in shapes)


def _moving(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> str:
    """The one input that is not constant; "" if there is none, or another is not a number."""
    moving = [n for n in node.input if n and n not in constants]
    others = [n for n in node.input if n in constants]
    return moving[0] if len(moving) == 1 and _single(others, constants) else ""


def lower(chain: Chain, context: Context, rules: Mapping[tuple[str, str], Rule]) -> Value | None:
    """The chain as one Map, or None if it does not start with bytes or cannot be mended."""
    start = context.values[chain.start]
    if not isinstance(start, ir.Tensor) or start.type not in (Type.I8, Type.U8):
        return None
    constants = {n: v for n, v in context.values.items() if isinstance(v, np.ndarray)}
    scratch = Context(context.opsets, values={**constants}, loose=True)
    domain = exact.domain(start.type)
    scratch.values[chain.start] = scratch.build.tensor(chain.start, domain.shape, start.type)
    result: Value | tuple[Value, ...] = start
    try:
        for node in chain.nodes:
            result = rules["" if node.domain == "ai.onnx" else node.domain, node.op_type](NodeView(node, scratch))
            assert isinstance(result, ir.Tensor)
            scratch.values[node.output[0]] = result
    except NetworkError:
        return None
    nodes = fuse(scratch.build.nodes, {result.name}, scratch.build.tensors, _ANY)
    if len(nodes) != 1 or not isinstance(nodes[0], ir.Map) or nodes[0].inputs != (chain.start,):
        return None
    given = {chain.start: domain}
    names = {n for node in chain.nodes for n in node.input if n in constants}
    wanted = run_nodes(chain.nodes, {**given, **{n: constants[n] for n in names}}, [chain.end], context.opsets)[0]
    steps = Steps()
    steps.input(start.name)
    steps.steps.extend(nodes[0].steps)
    if exact.mend(steps, ir.Result(len(steps.steps) - 1), wanted, result.type, (domain,)) > exact.MENDED:
        return None
    return context.build.map(steps, chain.end)
