"""Running the tests: passed, failed or refused, each with its reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from arch.config import Config
from compiler.frontend.load import translate
from compiler.graph import ir
from compiler.graph.evaluate import evaluate
from scripts.nodes.cases import Case
from scripts.nodes.engine import MismatchError

#: What runs a graph: machine, graph, inputs to outputs.
Engine = Callable[[ir.Graph, Config, Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
#: Relative tolerance of fp32 tests cast to fp16, of the expected value and of the largest one.
CAST = 2.0**-8
#: Of fp16 tests: onnx's own, in units of the last place about two.
HALF = 2.0**-9
PASSED, FAILED, REFUSED = "passed", "failed", "refused"
#: Tests whose operands are no fp16 numbers, so that no result of fp16 can be near.
BEYOND_HALF = ("test_softmax_large_number",)


@dataclass(frozen=True)
class Outcome:
    """What became of a test; ``reason`` is empty if it passed."""

    case: Case
    status: str
    reason: str = ""


def run(case: Case, config: Config, engine: Engine = evaluate) -> Outcome:
    """Compile and run one test."""
    if case.name.startswith(BEYOND_HALF):
        return Outcome(case, REFUSED, "its operands 10000 and 10001 are one number in fp16")
    try:
        graph = translate(case.model, cast="fp16" if case.single else None)
    except ValueError as error:
        return Outcome(case, REFUSED, str(error))
    names = {edge.name for edge in graph.inputs}
    try:
        results = engine(graph, config, {name: array for name, array in case.inputs.items() if name in names})
    except ValueError as error:
        return Outcome(case, REFUSED, str(error).splitlines()[0])
    except MismatchError as error:
        return Outcome(case, FAILED, str(error))
    for name, wanted in case.outputs.items():
        if reason := difference(results[name], wanted, CAST if case.single else HALF):
            return Outcome(case, FAILED, f"{name}: {reason}")
    return Outcome(case, PASSED)


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


def report(outcomes: Iterable[Outcome], way: str) -> str:
    """The page docs/node_tests.md; ``way`` says how the tests were run."""
    outcomes = list(outcomes)
    lines = [
        "# onnx's backend node tests",
        "",
        "Written by `python -m scripts.node_tests`: the tests of the pinned onnx whose operators are all supported.",
        f"They are run {way}.",
        "What the machine needs constant (weights of convolutions, axes, shapes, indices, scales) is constant here.",
        "",
        "- *exact*: integers, compared exactly, and fp16, within 2**-9 of the expected value plus the largest one.",
        "- *cast*: fp32 tests, compiled with `--cast fp16`, within 2**-8 of the expected value plus the largest one.",
        "- *refused*: what the compiler does not do, told in one line; the reasons are below.",
        "",
        _summary(outcomes),
        "",
        "| operator | exact | cast | refused |",
        "|---|---|---|---|",
    ]
    for operator in sorted({o.case.operator for o in outcomes}):
        own = [o for o in outcomes if o.case.operator == operator]
        lines.append(f"| {operator} | {_share(own, False)} | {_share(own, True)} | {_count(own, REFUSED) or ''} |")
    lines += ["", "## Failed", ""]
    lines += [f"- `{o.case.name}`: {o.reason}" for o in outcomes if o.status == FAILED] or ["None."]
    lines += ["", "## Refused", "", "| test | reason |", "|---|---|"]
    lines += [f"| `{o.case.name}` | {o.reason.replace('|', '/')} |" for o in outcomes if o.status == REFUSED]
    return "\n".join(lines) + "\n"


def _summary(outcomes: list[Outcome]) -> str:
    count = Counter((o.case.single, o.status) for o in outcomes)
    exact = f"{count[False, PASSED]} of {count[False, PASSED] + count[False, FAILED]}"
    cast = f"{count[True, PASSED]} of {count[True, PASSED] + count[True, FAILED]}"
    refused = count[False, REFUSED] + count[True, REFUSED]
    return f"**Passed: {exact} exact, {cast} cast. Refused: {refused} of {len(outcomes)}.**"


def _count(outcomes: list[Outcome], status: str) -> int:
    return sum(o.status == status for o in outcomes)


def _share(outcomes: list[Outcome], single: bool) -> str:
    own = [o for o in outcomes if o.case.single == single and o.status != REFUSED]
    return f"{_count(own, PASSED)} of {len(own)}" if own else ""
