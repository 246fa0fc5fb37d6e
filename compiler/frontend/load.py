"""From a model file to a graph: what ``superlane compile`` calls."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from compiler.frontend import chains, edges, model, session
from compiler.frontend.context import Context, Value, View
from compiler.frontend.errors import NetworkError, UnsupportedError, describe
from compiler.frontend.fold import folded
from compiler.frontend.fp16 import to_fp16
from compiler.frontend.ops.table import RULES
from compiler.frontend.simplify import simplify
from compiler.graph import ir
from compiler.graph.check import check
from compiler.graph.shapes import GraphError


def load_network(path: str | Path, dims: Mapping[str, int] | None = None, cast: str | None = None) -> ir.Graph:
    """The graph of a model file.

    Parameters
    ----------
    path
        An ONNX file: quantized (QDQ or QOperator), or fp16, or fp32 with ``cast``.
    dims
        Sizes of the model's open axes, by name.
    cast
        "fp16": convert an fp32 model.

    Raises
    ------
    NetworkError
        If the model cannot be compiled: one line, which begins with the path.
    """
    try:
        read = model.read(path)
        return translate(read, dims or {}, cast, read.graph.name or Path(path).stem)
    except NetworkError as error:
        text = str(error)
        raise type(error)(text if text.startswith(str(path)) else f"{path}: {text}") from None


def translate(
    given: onnx.ModelProto, dims: Mapping[str, int] | None = None, cast: str | None = None, name: str = ""
) -> ir.Graph:
    """The graph of a model that onnx has checked; parameters and errors as of ``load_network``."""
    model.opsets(given)
    model.check_operators(given)
    bound = model.bind(given, dims or {})
    _infer(bound)
    if cast is None:
        model.check_precision(bound)
    else:
        if cast != "fp16":
            raise NetworkError(f"--cast must be fp16, not {cast!r}")
        if model.is_quantized(bound):
            raise NetworkError("--cast fp16 is for fp32 models; this one is quantized")
        bound = to_fp16(bound)
    model.check_numbers(bound)
    if model.is_quantized(bound):
        bound = session.optimized(bound)
    try:
        # Scales may be such that products of them leave fp32, which is no concern of the user's terminal.
        with np.errstate(all="ignore"):
            graph = simplify(_graph(bound, name or bound.graph.name or "network"))
        check(graph)
    except GraphError as error:
        raise NetworkError(str(error)) from None
    return graph


def _infer(bound: onnx.ModelProto) -> None:
    """Let onnx look for shapes and types that contradict each other."""
    try:
        onnx.shape_inference.infer_shapes(bound, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:  # InferenceError and others have no common base
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise NetworkError(f"shapes or types contradict each other: {lines[-1] if lines else error}") from None


def _graph(bound: onnx.ModelProto, name: str) -> ir.Graph:
    used = {name for node in bound.graph.node for name in node.input} | {value.name for value in bound.graph.output}
    context = Context(model.opsets(bound), used=frozenset(used))
    values, build = context.values, context.build
    for tensor in bound.graph.initializer:
        values[tensor.name] = numpy_helper.to_array(tensor)
    for node in bound.graph.node:
        _constants(node, context)
    given = edges.inputs(bound.graph, build, values)
    host = edges.host_dequantized(bound.graph, values)
    known = chains.chains(bound.graph)
    inside = {n.output[0] for chain in known.values() for n in chain.nodes[1:-1]}
    for node in bound.graph.node:
        if node.output[0] in values or node.output[0] in inside:
            continue
        if node.output[0] in host and edges.is_bytes(values[node.input[0]]):
            continue
        chain = known.get(node.output[0])
        made = None if chain is None else chains.lower(chain, _at(context, node), RULES)
        if made is not None:
            values[node.output[0]] = made
            continue
        for part in chain.nodes if chain else (node,):
            if part.output[0] not in values:
                _node(part, context)
    wanted = edges.outputs(bound.graph, build, values, host)
    return ir.Graph(name, build.tensors, build.constants, tuple(build.nodes), tuple(given), tuple(wanted))


def _at(context: Context, node: onnx.NodeProto) -> Context:
    context.build.source = node.name or f"{node.op_type} {node.output[0]}"
    return context


def _constants(node: onnx.NodeProto, context: Context) -> None:
    """Scales and zero points may come from Constant nodes, and edges ask for them first."""
    if node.op_type == "Constant" and not node.domain:
        results = folded(node, context.values, context.opsets)
        context.values[node.output[0]] = (results or [np.zeros(0)])[0]


def _node(node: onnx.NodeProto, context: Context) -> None:
    """Translate a node into the graph, or compute it if it is constant."""
    _at(context, node)
    constant = folded(node, context.values, context.opsets)
    if constant is not None:
        names = [n for n in node.output if n]
        context.values.update(zip(names, constant, strict=False))
        return
    domain = "" if node.domain == "ai.onnx" else node.domain
    rule = RULES.get((domain, node.op_type))
    if rule is None:
        raise UnsupportedError(f"{describe(node)}: operator {node.op_type} is not supported")
    view = View(node, context)
    for value in view.inputs:
        if isinstance(value, np.ndarray) and value.size == 0 and value.dtype.kind == "f" and value.ndim:
            view.refuse(f"an input has an empty axis: {list(value.shape)}")
    try:
        made = rule(view)
    except NetworkError:
        raise
    except GraphError as error:
        raise UnsupportedError(f"{describe(node)}: {error}") from None
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        # Attributes and inputs that onnx does not check: of onnxruntime's own operators it knows nothing.
        text = str(error) or type(error).__name__
        raise UnsupportedError(f"{describe(node)}: its inputs or attributes do not fit: {text}") from None
    results: tuple[Value, ...] = made if isinstance(made, tuple) else (made,)
    if missing := sorted(context.used & {name for name in node.output[len(results) :] if name}):
        view.refuse(f"output {missing[0]!r} is not supported")
    context.values.update(zip(node.output, results, strict=False))
