"""Running the tests: passed, failed, refused, not scheduled or not run, each with its reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from arch.config import Config
from compiler.frontend.load import translate
from compiler.graph import ir
from compiler.graph.evaluate import evaluate
from scripts.nodes.cases import Case
from scripts.nodes.engine import MismatchError
from scripts.nodes.limit import TimeLimit, at_most

#: What runs a graph: machine, graph, inputs to outputs. A ``ValueError`` says that it cannot be scheduled.
Engine = Callable[[ir.Graph, Config, Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
#: Relative tolerance of fp32 tests cast to fp16, of the expected value and of the largest one.
CAST = 2.0**-8
#: Of fp16 tests: onnx's own, in units of the last place about two.
HALF = 2.0**-9
PASSED, FAILED, REFUSED, UNSCHEDULED, UNFINISHED = "passed", "failed", "refused", "not scheduled", "not run"
#: Tests whose operands are no fp16 numbers, so that no result of fp16 can be near.
BEYOND_HALF = ("test_softmax_large_number",)


@dataclass(frozen=True)
class Outcome:
    """What became of a test; ``reason`` is empty if it passed."""

    case: Case
    status: str
    reason: str = ""


def run(case: Case, config: Config, engine: Engine = evaluate, seconds: float | None = None) -> Outcome:
    """Compile and run one test, in at most so many processor seconds."""
    if case.name.startswith(BEYOND_HALF):
        return Outcome(case, REFUSED, "its operands 10000 and 10001 are one number in fp16")
    try:
        with at_most(seconds):
            return Outcome(case, *_run(case, config, engine))
    except TimeLimit:
        return Outcome(case, UNFINISHED, f"takes more than {seconds:g} s of a processor")


def _run(case: Case, config: Config, engine: Engine) -> tuple[str, str]:
    """Status and reason."""
    try:
        graph = translate(case.model, cast="fp16" if case.single else None)
    except ValueError as error:
        return REFUSED, str(error)
    inputs = {edge.name: case.inputs[edge.name] for edge in graph.inputs}
    if engine is not evaluate and (reason := _differences(case, evaluate(graph, config, inputs))):
        return FAILED, reason
    try:
        results = engine(graph, config, inputs)
    except ValueError as error:
        return UNSCHEDULED, str(error).splitlines()[0]
    except MismatchError as error:
        return FAILED, str(error)
    reason = _differences(case, results)
    return (FAILED, reason) if reason else (PASSED, "")


def _differences(case: Case, results: Mapping[str, np.ndarray]) -> str:
    """The first output that is not as wanted; empty if there is none."""
    for name, wanted in case.outputs.items():
        if reason := difference(results[name], wanted, CAST if case.single else HALF):
            return f"{name}: {reason}"
    return ""


def difference(result: np.ndarray, wanted: np.ndarray, tolerance: float) -> str:
    """How a result differs from what is wanted beyond the tolerance; integers have none."""
    if result.shape != wanted.shape:
        return f"shape {list(result.shape)}, not {list(wanted.shape)}"
    if wanted.dtype.kind != "f":
        wrong = result != wanted
        return f"{int(wrong.sum())} of {wrong.size} integers differ" if wrong.any() else ""
    a, b = result.astype(np.float64), wanted.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return "infinities or NaN differ"
    if not finite.any():
        return ""
    room = tolerance * (np.abs(b[finite]) + np.abs(b[finite]).max())
    off = np.abs(a[finite] - b[finite])
    worst = (off - room).argmax()
    return f"off by {off[worst]:.3g}, allowed {room[worst]:.3g}" if off[worst] > room[worst] else ""
