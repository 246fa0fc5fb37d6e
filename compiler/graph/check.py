"""Check of a graph: every tensor known, every node fitting its inputs, one clear line if not."""

from arch.types import Type
from compiler.graph import ir, shapes
from compiler.graph.shapes import GraphError

#: NumPy's name of the elements of each type.
DTYPES = {
    Type.I8: "int8",
    Type.I16: "int16",
    Type.I32: "int32",
    Type.U8: "uint8",
    Type.U16: "uint16",
    Type.U32: "uint32",
    Type.F16: "float16",
    Type.F32: "float32",
}


def check(graph: ir.Graph) -> None:
    """Refuse a graph that means nothing; ``GraphError`` says in one line which node or tensor is wrong."""
    for name, tensor in graph.tensors.items():
        if tensor.name != name or any(size < 1 for size in tensor.shape):
            raise GraphError(f"tensor {name}: called {tensor.name}, shape {list(tensor.shape)}; sizes are at least 1")
    known = {edge.tensor for edge in graph.inputs}
    for name, array in graph.constants.items():
        tensor = _tensor(graph, name, "constant")
        if name in known or array.shape != tensor.shape or array.dtype.name != DTYPES[tensor.type]:
            raise GraphError(
                f"constant {name}: is {array.dtype.name} {list(array.shape)}, not {DTYPES[tensor.type]} "
                f"{list(tensor.shape)}, or is an input too"
            )
    known |= set(graph.constants)
    for node in graph.nodes:
        _node(graph, node, known)
        known.add(node.output)
    for edge in (*graph.inputs, *graph.outputs):
        _edge(graph, edge, known)


def _tensor(graph: ir.Graph, name: str, what: str) -> ir.Tensor:
    if name not in graph.tensors:
        raise GraphError(f"{what}: there is no tensor {name}")
    return graph.tensors[name]


def _node(graph: ir.Graph, node: ir.Node, known: set[str]) -> None:
    where = f"{type(node).__name__} {node.output}"
    for name in node.inputs:
        if name not in known:
            raise GraphError(f"{where}: input {name} is not known before it")
    if node.output in known:
        raise GraphError(f"{where}: gives a tensor that there is already")
    given = _tensor(graph, node.output, where)
    if isinstance(node, ir.Conv) and node.inputs[1:2] and node.inputs[1] not in graph.constants:
        raise GraphError(f"{where}: weights must be constant")
    try:
        shape, kind = shapes.result(node, graph.tensors, given)
    except GraphError as error:
        raise GraphError(f"{where}: {error}") from None
    if (shape, kind) != (given.shape, given.type):
        raise GraphError(
            f"{where}: gives {kind.value} {list(shape)}, its tensor is {given.type.value} {list(given.shape)}"
        )


def _edge(graph: ir.Graph, edge: ir.Edge, known: set[str]) -> None:
    tensor = _tensor(graph, edge.tensor, f"edge {edge.name}")
    if edge.tensor not in known:
        raise GraphError(f"edge {edge.name}: nothing gives tensor {edge.tensor}")
    if edge.scale is None:
        if edge.dtype != DTYPES[tensor.type]:
            raise GraphError(f"edge {edge.name}: {edge.dtype} without a scale cannot be {tensor.type.value}")
    elif tensor.type not in (Type.I8, Type.U8) or edge.dtype not in ("float32", "float16") or not edge.scale > 0:
        raise GraphError(f"edge {edge.name}: a scale above 0 stands between floats and i8 or u8 only")
