"""Run onnx's backend node tests and write docs/node_tests.md; with ``--check``, only say what fails."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from arch.config import preset
from compiler.graph.evaluate import evaluate
from scripts.nodes.cases import cases
from scripts.nodes.engine import program
from scripts.nodes.run import FAILED, PASSED, REFUSED, Engine, report, run

PAGE = Path(__file__).resolve().parent.parent / "docs" / "node_tests.md"

#: How tests are run, by name: what runs a graph, and how the page says it.
ENGINES: Mapping[str, tuple[Engine, str]] = MappingProxyType(
    {
        "graph": (evaluate, "by the evaluation of their graphs in the machine's arithmetic"),
        "program": (
            program,
            "on the golden model of `small`, as programs equal to their graphs in every bit and to the compiler's "
            "prediction in every cycle",
        ),
    }
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code, 1 if a test fails or the page is out of date."""
    parser = argparse.ArgumentParser(prog="scripts.node_tests", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--only", default="", metavar="TEXT", help="tests whose name holds TEXT; writes nothing")
    parser.add_argument("--engine", default="graph", choices=ENGINES, help="graph: evaluate it; program: the whole way")
    parser.add_argument("--preset", default="small", help="machine")
    options = parser.parse_args(arguments)
    print("collecting onnx's tests", flush=True)
    chosen = [case for case in cases() if options.only in case.name]
    config, outcomes = preset(options.preset), []
    engine, way = ENGINES[options.engine]
    for number, case in enumerate(chosen, 1):
        outcomes.append(run(case, config, engine))
        if outcomes[-1].status == FAILED or options.only:
            print(f"{case.name}: {outcomes[-1].status} {outcomes[-1].reason}")
        if number % 100 == 0:
            print(f"{number} of {len(chosen)}", flush=True)
    for status in (PASSED, FAILED, REFUSED):
        print(f"{status}: {sum(o.status == status for o in outcomes)}")
    failed = any(o.status == FAILED for o in outcomes)
    if not options.only:
        text = report(outcomes, way)
        if options.check:
            failed |= not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
        else:
            PAGE.write_text(text, encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
