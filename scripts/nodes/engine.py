"""The whole way of a graph: scheduled, written as a program, run on the golden model, compared bit for bit."""

from collections.abc import Mapping

import numpy as np

from arch.config import Config
from compiler.graph import ir
from compiler.graph.evaluate import evaluate
from compiler.schedule import host
from compiler.schedule.interface import interface
from compiler.schedule.program import Compiled, compile_graph
from golden.run import run

#: Cycles beyond the prediction after which a run is stopped.
SPARE = 1000


class MismatchError(Exception):
    """A program that does not compute what its graph says, or not in the cycles that the compiler predicts."""


def program(graph: ir.Graph, config: Config, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs of a graph as its program computes them.

    Raises
    ------
    ValueError
        If the scheduler refuses the graph.
    MismatchError
        If the run has faults or errors, takes other cycles than predicted, or differs from the evaluation in a bit.
    """
    return checked(compile_graph(graph, config), graph, config, inputs)


def checked(made: Compiled, graph: ir.Graph, config: Config, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs of a compiled graph, run on the golden model; ``MismatchError`` as of :func:`program`."""
    known = interface(made.program)
    assert known is not None
    packed = {name: host.pack(config, one, np.asarray(inputs[name])) for name, one in known.inputs.items()}
    result = run(made.program, packed, limit=made.cycles + SPARE)
    if result.errors or result.faults:
        raise MismatchError(f"{len(result.errors)} program errors and {len(result.faults)} faults")
    if result.cycles != made.cycles:
        raise MismatchError(f"took {result.cycles} cycles, predicted were {made.cycles}")
    outputs = {name: host.unpack(config, one, result.region(name)) for name, one in known.outputs.items()}
    for name, wanted in evaluate(graph, config, inputs).items():
        if outputs[name].shape != wanted.shape or outputs[name].tobytes() != wanted.tobytes():
            raise MismatchError(f"{name}: differs from the graph's evaluation")
    return outputs
