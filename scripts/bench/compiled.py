"""What the compiler makes of products and networks: cycles, run on the golden model, and seconds (docs/performance.md).

Every program is run, must take the predicted cycles, and must give the graph's evaluation in every bit.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arch.config import preset
from arch.rates import rates
from compiler.frontend.load import load_network
from compiler.graph.ir import Graph
from compiler.schedule.program import Compiled, compile_graph
from examples.digits.network import test_images
from examples.networks.catalog import network
from scripts.bench import gemm
from scripts.bench.shares import USES, shares
from scripts.bench.tables import table, tell
from scripts.commands.files import write_whole
from scripts.commands.report import CLOCK_HZ
from scripts.nodes.engine import MismatchError, checked

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "performance.md"

#: Products [N, K] x [K, M] of int8 matrices, by machine.
PRODUCTS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    *(("full", size) for size in gemm.SIZES),
    ("full", (320, 640, 1280)),
    ("full", (1280, 320, 320)),
    ("full", (3200, 3200, 3200)),
    ("small", (128, 128, 128)),
    ("small", (128, 576, 192)),
    ("small", (128, 576, 1536)),
)
#: Networks, with their form and images.
NETWORKS: tuple[tuple[str, str, int], ...] = (
    ("mlp", "qdq", 1),
    ("mlp", "qdq", 30),
    ("cnn", "qdq", 1),
    ("cnn", "qdq", 30),
    ("transformer", "fp16", 1),
    ("transformer", "fp16", 8),
)
MACHINES = ("small", "full")


@dataclass(frozen=True)
class Made:
    """A program that was compiled and run, and the processor seconds of both; or why there is none."""

    compiled: Compiled | None
    compiling: float
    running: float = 0.0
    refused: str = ""


def make(graph: Graph, machine: str, inputs: Mapping[str, np.ndarray]) -> Made:
    """Compile a graph and run it on the golden model; ``MismatchError`` if it does not do what it should."""
    config, start = preset(machine), time.process_time()
    try:
        compiled = compile_graph(graph, config)
    except ValueError as error:
        return Made(None, time.process_time() - start, refused=str(error).splitlines()[0])
    middle = time.process_time()
    checked(compiled, graph, config, inputs)
    return Made(compiled, middle - start, time.process_time() - middle)


def products(sizes: Iterable[tuple[str, tuple[int, int, int]]]) -> Iterable[list[str]]:
    """Rows of the table of products."""
    for machine, size in sizes:
        config, (rows, inner, _) = preset(machine), size
        x = np.random.default_rng(1).integers(-128, 128, (rows, inner)).astype(np.int8)
        made = make(gemm.network(*size), machine, {"x": x})
        ideal, least = _ideal(machine, size), gemm.floor(config, *size)
        cells = [machine, "x".join(map(str, size)), f"{ideal:,.0f}", f"{least:,}", f"{ideal / least:.1%}"]
        if made.compiled is None:
            yield [*cells, f"refused: {made.refused}", "", f"{made.compiling:.1f}", ""]
            continue
        cycles = made.compiled.cycles
        yield [*cells, f"{cycles:,}", f"{ideal / cycles:.1%}", f"{made.compiling:.1f}", f"{made.running:.1f}"]


def _ideal(machine: str, size: tuple[int, int, int]) -> float:
    """Cycles at the machine's peak."""
    return int(np.prod(size, dtype=np.int64)) / rates(preset(machine))["int8_macs_per_cycle"]


def networks(chosen: Iterable[tuple[str, str, int]], machines: Iterable[str]) -> Iterable[list[str]]:
    """Rows of the table of networks."""
    machines = tuple(machines)
    for name, form, images in chosen:
        found = network(name)
        graph = load_network(found.path(form), {"batch": images})
        inputs = found.inputs(test_images()[0][:images], form)
        for machine in machines:
            made = make(graph, machine, inputs)
            cells = [f"{name}, {'fp16' if form == 'fp16' else 'int8'}", str(images), machine]
            if made.compiled is None:
                yield [*cells, f"refused: {made.refused}", *("" for _ in USES), "", f"{made.compiling:.1f}"]
                continue
            cycles, uses = made.compiled.cycles, shares(made.compiled.program)
            speed = f"{images * CLOCK_HZ / cycles:,.0f}"
            yield [*cells, f"{cycles:,}", *(f"{uses[use]:,}" for use in USES), speed, f"{made.compiling:.1f}"]


_PRODUCT_HEADS = (
    "machine", "NxKxM", "at peak", "floor", "of peak at the floor", "cycles", "of peak", "compile s", "golden s"
)  # fmt: skip
_NETWORK_HEADS = ("network", "images", "machine", "cycles", *USES, "images/s at 900 MHz", "compile s")

_HEAD = f"""# What the compiler makes of the machine

Written by `python -m scripts.bench.compiled --write`; `make bench` prints the same. Every program was run on the golden
model, took the predicted cycles, and gave the graph's evaluation in every bit. Cycles are from the first issue after
the release to idle, drain included. Seconds are those of a processor here, and vary.

## Products

[N,K] x [K,M] of int8, weights constant. *At peak*: multiplications over those of all planes in a cycle. *Floor*: what
the timing table leaves no schedule of whole passes without: the first weights, every pass, the way of the last sums to
memory, the drain (`scripts/bench/gemm.py`). Text counts nothing there, though a queue that never pauses has no cycle
to fetch it.

{{products}}

## Networks

A cycle counts as {USES[0]} if any plane takes activations or its accumulators work; else as {USES[1]} if any ALU
issues; else as {USES[2]} if memory, the SXM or the loading of weights does; else as {USES[3]}: results travel, or the
chip drains.

{{networks}}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if a program does not do what it should."""
    parser = argparse.ArgumentParser(prog="bench.compiled", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    options = parser.parse_args(arguments)
    try:
        texts = {
            "products": table(_PRODUCT_HEADS, products(PRODUCTS), tell),
            "networks": table(_NETWORK_HEADS, networks(NETWORKS, MACHINES), tell),
        }
    except MismatchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.write:
        write_whole(PAGE, _HEAD.format(**texts).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
