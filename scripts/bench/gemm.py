"""How much of the MXM the compiler uses: products of int8 matrices on `full`, against the peak of the machine.

Utilization is the products of the matrices over what all planes could multiply from cycle 0 to idle: weights to be
loaded first, results under way last, and the drain count against it. The floor is what the timing table leaves no
compiler without: the first weights, every pass, the way of the last sums to memory, the drain.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np

from arch.config import Config, preset
from arch.conveyor import Hemisphere, hops, mem_site, mxm_site
from arch.rates import rates
from arch.timing import timing
from arch.types import Type
from compiler.graph.ir import Edge, Graph, MatMul, Tensor
from compiler.schedule.access import inward, outward
from compiler.schedule.program import Compiled, compile_graph

#: Products that are measured if none is named: [N, K] x [K, M].
SIZES = ((320, 320, 320), (640, 640, 640), (1280, 1280, 1280), (1000, 700, 300))


def network(rows: int, inner: int, columns: int) -> Graph:
    """A product of int8 matrices with constant weights, as MatMulInteger gives it."""
    weights = np.random.default_rng(0).integers(-128, 128, (inner, columns)).astype(np.int8)
    tensors = {
        "x": Tensor("x", (rows, inner), Type.I8),
        "w": Tensor("w", weights.shape, Type.I8),
        "y": Tensor("y", (rows, columns), Type.I32),
    }
    node = MatMul(("x", "w"), "y", "product")
    return Graph("product", tensors, {"w": weights}, (node,), (Edge("x", "x", "int8"),), (Edge("y", "y", "int32"),))


def floor(config: Config, rows: int, inner: int, columns: int) -> int:
    """Cycles that no schedule of whole passes can do without.

    A plane's weights come from as many slices as a vector has lanes, each by a stream of its own: the first plane of a
    hemisphere loads at best from the slices nearest to it, the next one from those behind them. In each cycle from then
    on every plane multiplies.
    """
    t, side = timing(config), Hemisphere.EAST
    back = hops(config, mxm_site(config, side), mem_site(config, side, config.slices - 1), inward(side)) or 0
    passes = -(-inner // config.vector) * -(-columns // config.vector)
    firsts = [_first(config, plane) for plane in range(config.planes)]
    busy = -(-rows * passes // len(Hemisphere)) + sum(firsts)
    last = -(-busy // config.planes) - 1
    # The last vector's sums are written, its queue parks in the next cycle, and the chip drains.
    return last + t.abc + t.acc + back + 2 + t.drain


def _first(config: Config, plane: int) -> int:
    """First cycle in which a plane can multiply, if it loads its weights at once."""
    t, side, farthest = timing(config), Hemisphere.EAST, config.slices - (1 + plane) * config.lanes
    site = mem_site(config, side, max(0, farthest))
    there = hops(config, site, mxm_site(config, side), outward(side)) or 0
    return t.read + there + config.superlanes + 2 * t.install - 1


def line(config: Config, size: tuple[int, int, int], made: Compiled, seconds: float) -> str:
    """One row of the table."""
    peak = int(np.prod(size, dtype=np.int64)) / rates(config)["int8_macs_per_cycle"]
    text = "x".join(map(str, size))
    return (
        f"{text:>16} {made.cycles:>9,} {floor(config, *size):>9,} {peak:>11,.0f} {100 * peak / made.cycles:>7.2f} % "
        f"{seconds:>7.1f} s"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 2 with one line for a size that cannot be."""
    parser = argparse.ArgumentParser(prog="bench.gemm", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sizes", nargs="*", metavar="NxKxM", help="rows, inner dimension, columns")
    parser.add_argument("--preset", default="full", help="machine")
    options = parser.parse_args(arguments)
    try:
        config = preset(options.preset)
        sizes = [_size(text) for text in options.sizes] or list(SIZES)
        print(
            f"products of int8 matrices on {config.name}: {rates(config)['int8_macs_per_cycle']:,} MACs a cycle at peak"
        )
        print(f"{'NxKxM':>16} {'cycles':>9} {'floor':>9} {'at peak':>11} {'of peak':>9} {'compiled':>9}")
        for size in sizes:
            start = time.perf_counter()
            made = compile_graph(network(*size), config)
            print(line(config, size, made, time.perf_counter() - start), flush=True)
    except ValueError as error:
        print(f"bench.gemm: {error}", file=sys.stderr)
        return 2
    return 0


def _size(text: str) -> tuple[int, int, int]:
    parts = text.split("x")
    if len(parts) != 3 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise ValueError(f"a size must be NxKxM, three whole numbers, not {text!r}")
    rows, inner, columns = map(int, parts)
    return rows, inner, columns


if __name__ == "__main__":
    sys.exit(main())
