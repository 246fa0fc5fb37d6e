"""The page docs/node_tests.md: how many of onnx's tests pass, which do not, and why."""

from collections import Counter
from collections.abc import Iterable

from scripts.nodes.run import FAILED, PASSED, REFUSED, UNFINISHED, UNSCHEDULED, Outcome

_HEAD = """# onnx's backend node tests

Written by `python -m scripts.node_tests`, which `make regress` runs, too: the tests of the pinned onnx whose operators
are all supported. What the machine needs constant (weights of convolutions, axes, shapes, indices, scales) is constant
here. Each is compiled for `{preset}` and run on the golden model: it must equal its graph's evaluation in every bit and
the compiler's prediction in every cycle, and onnx's expectation within the tolerance.

- *exact*: integers, compared exactly, and fp16, within 2**-9 of the expected value plus the largest one.
- *cast*: fp32 tests, compiled with `--cast fp16`, within 2**-8 of the expected value plus the largest one.
- *refused*: what the compiler does not translate, told in one line; the reasons are below.
- *not scheduled*: translated, and equal to the expectation as a graph, but refused by the scheduler: the program would
  not fit or its queues could not fetch their text in time.
"""
_LIMIT = "- *not run*: scheduling takes longer than was allowed; as graphs they pass.\n"


def page(outcomes: Iterable[Outcome], preset: str) -> str:
    """The page of some outcomes on a machine."""
    outcomes = list(outcomes)
    columns = [REFUSED, UNSCHEDULED, *([UNFINISHED] if _count(outcomes, UNFINISHED) else [])]
    lines = [
        _HEAD.format(preset=preset) + (_LIMIT if UNFINISHED in columns else ""),
        summary(outcomes),
        "",
        f"| operator | exact | cast | {' | '.join(columns)} |",
        f"|---|---|---|{'---|' * len(columns)}",
    ]
    for operator in sorted({o.case.operator for o in outcomes}):
        own = [o for o in outcomes if o.case.operator == operator]
        counts = (str(_count(own, status) or "") for status in columns)
        lines.append(f"| {operator} | {_share(own, False)} | {_share(own, True)} | {' | '.join(counts)} |")
    lines += ["", "## Failed", ""]
    lines += [f"- `{o.case.name}`: {o.reason}" for o in outcomes if o.status == FAILED] or ["None."]
    for status in columns:
        lines += ["", f"## {status.capitalize()}", ""]
        rows = [f"| `{o.case.name}` | {o.reason.replace('|', '/')} |" for o in outcomes if o.status == status]
        lines += ["| test | reason |", "|---|---|", *rows] if rows else ["None."]
    return "\n".join(lines) + "\n"


def summary(outcomes: Iterable[Outcome]) -> str:
    """How many of how many."""
    outcomes = list(outcomes)
    count = Counter((o.case.single, o.status) for o in outcomes)
    shares = (
        f"{count[single, PASSED]} of {sum(count[single, s] for s in (PASSED, FAILED, UNSCHEDULED, UNFINISHED))} {name}"
        for single, name in ((False, "exact"), (True, "cast"))
    )
    others = (
        f"{status.capitalize()}: {_count(outcomes, status)}"
        for status in (FAILED, UNSCHEDULED, UNFINISHED)
        if status == FAILED or _count(outcomes, status)
    )
    refused = f"Refused: {_count(outcomes, REFUSED)} of {len(outcomes)} tests"
    return f"**Passed: {', '.join(shares)}. {'. '.join(others)}. {refused}.**"


def _count(outcomes: list[Outcome], status: str) -> int:
    return sum(o.status == status for o in outcomes)


def _share(outcomes: list[Outcome], single: bool) -> str:
    own = [o for o in outcomes if o.case.single == single and o.status != REFUSED]
    return f"{_count(own, PASSED)} of {len(own)}" if own else ""
