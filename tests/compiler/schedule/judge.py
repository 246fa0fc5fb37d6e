"""What becomes of a graph that is compiled and run: refused, wrong, or right to the bit and to the cycle."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from compiler.graph.evaluate import evaluate
from compiler.graph.ir import Graph
from compiler.schedule import host
from compiler.schedule.interface import interface
from compiler.schedule.program import Compiled, compile_graph
from golden.result import Result
from golden.run import run

RIGHT, WRONG, REFUSED = "right", "wrong", "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of a graph: ``reason`` is empty if it is right, ``cycles`` are 0 if it was refused."""

    status: str
    cycles: int = 0
    reason: str = ""


def outcome(graph: Graph, config: Config, inputs: Mapping[str, NDArray]) -> Outcome:
    """Compile, run on the golden model, and compare with the evaluation of the graph."""
    try:
        compiled = compile_graph(graph, config)
    except ValueError as error:
        return Outcome(REFUSED, reason=f"{type(error).__name__}: {str(error).splitlines()[0]}")
    result = execute(compiled, inputs)
    wrong = complaints(compiled, result, evaluate(graph, config, inputs))
    return Outcome(WRONG if wrong else RIGHT, result.cycles, "; ".join(wrong))


def execute(compiled: Compiled, inputs: Mapping[str, NDArray]) -> Result:
    """A run on the golden model; the program is read back from its file."""
    program = type(compiled.program).from_bytes(compiled.program.to_bytes())
    known = interface(program)
    assert known is not None
    packed = {name: host.pack(program.config, one, inputs[name]) for name, one in known.inputs.items()}
    return run(program, packed, limit=2 * compiled.cycles + 1000)


def complaints(compiled: Compiled, result: Result, wanted: Mapping[str, NDArray]) -> list[str]:
    """All in which a run is not what the graph says and the compiler predicts."""
    known, found = interface(compiled.program), []
    assert known is not None
    if set(known.outputs) != set(wanted):
        found.append(f"outputs are {', '.join(known.outputs)}, not {', '.join(wanted)}")
    for name, one in known.outputs.items():
        array, want = host.unpack(compiled.program.config, one, result.region(name)), wanted[name]
        if (array.dtype, array.shape) != (want.dtype, want.shape):
            found.append(f"{name} is {array.dtype}{list(array.shape)}, not {want.dtype}{list(want.shape)}")
        elif array.tobytes() != want.tobytes():
            found.append(f"{name}: {np.count_nonzero(array != want)} of {want.size} elements differ")
    if result.cycles != compiled.cycles or known.cycles != compiled.cycles:
        found.append(f"took {result.cycles} cycles, predicted are {compiled.cycles}, in the file {known.cycles}")
    found += [f"program error {entry.error.name} at cycle {entry.cycle}" for entry in result.errors[:1]]
    found += [f"fault {entry.fault.name} at cycle {entry.cycle}" for entry in result.faults[:1]]
    return found
