"""A network that reads digits, compiled, with what the graph, onnxruntime and the golden model make of some images."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from compiler.frontend.load import load_network
from compiler.graph.evaluate import evaluate
from compiler.schedule import host
from compiler.schedule.interface import Interface, interface
from compiler.schedule.program import Compiled, compile_graph
from examples.digits.network import test_images
from examples.networks.catalog import Network
from examples.networks.reference import run as run_onnxruntime
from golden.lanes import Bytes
from golden.result import Result
from golden.run import run as run_golden

#: Form of the networks: int8, as onnxruntime's quantizer writes it.
FORM = "qdq"


@dataclass(frozen=True)
class Case:
    """What is to be computed, and what it should give.

    Attributes
    ----------
    network
        The network.
    pixels, classes
        Its images uint8[n, 64] and their classes int64[n].
    compiled
        Its program, with the predicted cycles.
    expected : float32[n, 10]
        Scores of the graph's evaluation.
    onnxruntime : float32[n, 10]
        Scores of the pinned session of onnxruntime.
    golden
        The golden model's run, with its trace.
    """

    network: Network
    pixels: NDArray[np.uint8]
    classes: NDArray[np.int64]
    compiled: Compiled
    expected: NDArray[np.float32]
    onnxruntime: NDArray[np.float32]
    golden: Result

    @property
    def interface(self) -> Interface:
        """Inputs and outputs as the program file names them."""
        found = interface(self.compiled.program)
        assert found is not None
        return found

    @property
    def inputs(self) -> dict[str, Bytes]:
        """Regions that the host writes."""
        return packed(self.compiled, self.network, self.pixels)

    def scores(self, regions: Mapping[str, Bytes]) -> NDArray:
        """Scores of the regions that the host has read."""
        ((name, known),) = self.interface.outputs.items()
        return host.unpack(self.compiled.program.config, known, regions[name])

    @property
    def regions(self) -> dict[str, Bytes]:
        """Output regions of the golden run."""
        return {name: self.golden.region(name) for name in self.interface.outputs}


def prepare(network: Network, images: int, config: Config) -> Case:
    """Compile a network for the first test images, evaluate it, and run it on the golden model.

    Raises
    ------
    ValueError
        In one line, if it does not compile.
    """
    pixels, classes = test_images()
    pixels, classes = pixels[:images], classes[:images]
    graph = load_network(network.path(FORM), {"batch": images})
    compiled = compile_graph(graph, config)
    given = network.inputs(pixels, FORM)
    ((expected,), (reference,)) = (
        evaluate(graph, config, given).values(),
        run_onnxruntime(network.path(FORM), given).values(),
    )
    golden = run_golden(compiled.program, packed(compiled, network, pixels), trace=True, limit=2 * compiled.cycles)
    return Case(network, pixels, classes, compiled, expected, reference, golden)


def packed(compiled: Compiled, network: Network, pixels: NDArray[np.uint8]) -> dict[str, Bytes]:
    """Regions that the host writes for some images."""
    known = interface(compiled.program)
    assert known is not None
    given = network.inputs(pixels, FORM)
    return {name: host.pack(compiled.program.config, one, given[name]) for name, one in known.inputs.items()}


def accuracy(scores: NDArray, classes: NDArray[np.int64]) -> float:
    """Share of the images whose highest score (the first of several) is that of their class."""
    return float(np.mean(np.argmax(scores, axis=1) == classes))
