"""Products of matrices on all planes at once, and a network, as the compiler makes them."""

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.types import Type
from compiler.graph.ir import Edge, Graph, MatMul, Tensor
from compiler.schedule import host
from compiler.schedule.interface import interface
from compiler.schedule.program import compile_graph
from examples.networks.catalog import network
from scripts.full.case import Case
from scripts.sim import case as simulated

#: Matrices that each plane, or pair of planes, multiplies by, one after the other: the second is loaded meanwhile.
TURNS = 2
#: Images of the network.
IMAGES = 2


def int8(config: Config) -> Case:
    """[V, V] x [V, V] on every plane at once, V elements being a vector; then with the weights loaded behind."""
    size = config.vector
    columns = TURNS * len(Hemisphere) * config.planes * size
    draw = np.random.default_rng(16)
    x, w = (draw.integers(-128, 128, shape).astype(np.int8) for shape in ((size, size), (size, columns)))
    title = f"int8 {size} x {size} x {size} on {2 * config.planes} planes at once, {TURNS} times"
    return _product("int8", title, config, x, w, Type.I8, Edge("y", "y", "int32"))


def fp16(config: Config) -> Case:
    """[V, V] x [V, V] on both pairs of planes at once, in passes of half of the lanes, and again behind it.

    Raises
    ------
    ValueError
        If the machine has no fp16.
    """
    size = config.vector
    columns = TURNS * len(Hemisphere) * size
    draw = np.random.default_rng(17)
    x, w = (draw.standard_normal(shape).astype(np.float16) for shape in ((size, size), (size, columns)))
    title = f"fp16 {size} x {size} x {size} on both pairs of planes at once, {TURNS} times"
    return _product("fp16", title, config, x, w, Type.F16, Edge("y", "y", "float32"))


def _product(name: str, title: str, config: Config, x: NDArray, w: NDArray, element: Type, result: Edge) -> Case:
    """x times constant w."""
    whole = Type.F32 if element is Type.F16 else Type.I32
    tensors = {
        "x": Tensor("x", x.shape, element),
        "w": Tensor("w", w.shape, element),
        "y": Tensor("y", (len(x), w.shape[1]), whole),
    }
    given = Edge("x", "x", str(x.dtype))
    graph = Graph(name, tensors, {"w": w}, (MatMul(("x", "w"), "y", "product"),), (given,), (result,))
    compiled = compile_graph(graph, config)
    known = interface(compiled.program)
    assert known is not None
    given = {"x": host.pack(config, known.inputs["x"], x)}
    # In fp16 bits depend on which elements a pass takes together.
    expected = {} if element is Type.F16 else {"y": host.pack(config, known.outputs["y"], x.astype(np.int32) @ w)}
    return Case(name, title, compiled.program, given, compiled.cycles, expected)


def cnn(config: Config) -> Case:
    """The int8 network of convolutions on images of digits; the golden run is checked against onnxruntime here.

    Raises
    ------
    ValueError
        If it does not compile for the machine.
    AssertionError
        If the scores are not those of onnxruntime.
    """
    made = simulated.prepare(network("cnn"), IMAGES, config)
    if not np.array_equal(made.scores(made.regions), made.onnxruntime):
        raise AssertionError(f"cnn: on {config.name} the golden model's scores are not those of onnxruntime")
    title = f"int8 network of convolutions on {IMAGES} images of digits"
    return Case("cnn", title, made.compiled.program, made.inputs, made.compiled.cycles)
