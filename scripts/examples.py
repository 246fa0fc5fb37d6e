"""Assemble and run the examples on the golden model and compare them with NumPy (`make examples`).

One line for each: its cycles beside those that its text states, and whether it gives what NumPy says. Exit code 1 on
any difference. With `--write` the .npy files, from which `superlane run examples/NAME` takes its inputs, are written
anew from the seeded inputs.
"""

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from arch.program import Program
from examples.catalog import EXAMPLES, Example, Tensors
from examples.planes import from_planes, to_planes
from golden.result import Result
from golden.run import ENGINES, run
from scripts.cli import refuse
from scripts.commands import report
from scripts.commands.files import npy, write_whole
from scripts.commands.load import load


@dataclass(frozen=True)
class Outcome:
    """What became of an example: its cycles, and all that is wrong with it, a phrase each."""

    cycles: int
    problems: tuple[str, ...]


def program_of(example: Example) -> Program:
    """Its text, assembled."""
    return load(example.source, None).program


def run_example(example: Example, engine: str | None = None) -> Outcome:
    """Run an example and compare it with what NumPy and its text say; the engine is that of ``golden.run`` if None."""
    given = example.inputs()
    chosen = partial(run, engine=engine) if engine else run
    result = chosen(program_of(example), {name: to_planes(rows) for name, rows in given.items()})
    return Outcome(result.cycles, tuple(judge(example, result, example.expected(given))))


def judge(example: Example, result: Result, expected: Tensors) -> list[str]:
    """All that is wrong with a run."""
    problems = [report.fault_line(result, entry) for entry in result.faults[:1]]
    problems += [report.error_line(result, entry) for entry in result.errors[:1]]
    if result.stopped:
        problems.append("stopped at the limit")
    if result.cycles != example.stated_cycles:
        problems.append(f"its text states {example.stated_cycles} cycles, not {result.cycles}")
    for name, want in expected.items():
        found = from_planes(result.region(name), want.dtype)
        if not result.region_defined(name).all():
            problems.append(f"{name} has undefined words")
        if found.shape != want.shape:
            problems.append(f"{name} is {list(found.shape)}, not {list(want.shape)}")
        elif not agree(found, want, example.tolerance):
            problems.append(f"{name} differs in {np.count_nonzero(found != want)} of {want.size} elements")
    return problems


def agree(found: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    """Whether two arrays are equal, or within a tolerance relative to the second."""
    if not tolerance:
        return np.array_equal(found, want)
    error = np.abs(found.astype(np.float64) - want)
    return bool((error <= tolerance * np.abs(want.astype(np.float64))).all())


def input_files(example: Example) -> dict[Path, bytes]:
    """The .npy files of an example's inputs, and what they should hold."""
    return {example.folder / f"{name}.npy": npy(to_planes(rows)) for name, rows in example.inputs().items()}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    names = [example.name for example in EXAMPLES]
    parser = argparse.ArgumentParser(prog="scripts.examples", description="Run examples and compare them with NumPy.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(names)}; all, if left out")
    parser.add_argument("--engine", choices=list(ENGINES), help="engine of the golden model")
    parser.add_argument("--write", action="store_true", help="write the .npy files of the inputs instead")
    parsed = parser.parse_args(arguments)
    unknown = set(parsed.names) - set(names)
    if unknown:
        parser.error(f"no example {sorted(unknown)[0]!r}; there are {', '.join(names)}")
    chosen = [example for example in EXAMPLES if not parsed.names or example.name in parsed.names]
    try:
        if parsed.write:
            for example in chosen:
                for path, data in input_files(example).items():
                    write_whole(path, data)
            return 0
        # Every line is printed, whatever the first ones say.
        return int(any([tell(example, run_example(example, parsed.engine)) for example in chosen]))
    except (ValueError, OSError) as error:
        return refuse(error)


def tell(example: Example, outcome: Outcome) -> bool:
    """Print one line; the result is whether something is wrong."""
    wrong = bool(outcome.problems)
    agreement = "bit for bit" if not example.tolerance else f"within {example.tolerance:g}"
    verdict = "; ".join(outcome.problems) if wrong else f"as stated, equal to NumPy {agreement}"
    print(f"{example.name:12} {'FAIL' if wrong else 'ok':4} {outcome.cycles:6,} cycles  {verdict}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
