"""What networks make of the test images, and how sure they are."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import onnx
from numpy.typing import NDArray

from arch.config import PRESETS
from arch.program import Program
from compiler.frontend.load import load_network
from compiler.graph.evaluate import evaluate
from compiler.schedule import host
from compiler.schedule.interface import interface
from compiler.schedule.program import compile_graph
from examples.digits.network import test_images
from examples.networks.catalog import Network
from examples.networks.reference import run
from golden.lanes import Bytes
from golden.run import run as run_program

#: The length of its vectors says where sums of fp16 products are rounded.
MACHINE = PRESETS["small"]


def scores(network: Network, form: str, model: onnx.ModelProto | None = None) -> NDArray:
    """Scores of the test images by the pinned onnxruntime session, [360, 10].

    Parameters
    ----------
    form
        Form whose inputs the model takes.
    model
        The model; if None, that of the form's file.
    """
    pixels, _ = images()
    (found,) = run(network.path(form) if model is None else model, network.inputs(pixels, form)).values()
    return found


def machine(network: Network, form: str) -> NDArray | None:
    """Scores of the test images in the machine's arithmetic: the compiler's graph of a form, evaluated, [360, 10].

    None for fp32, which the machine has no products for.
    """
    if form == "float":
        return None
    pixels, _ = images()
    graph = load_network(network.path(form), {"batch": len(pixels)})
    (found,) = evaluate(graph, MACHINE, network.inputs(pixels, form)).values()
    return found


#: Images of one program, by network, at which its queues can fetch their text in time.
BATCH = {"mlp": 60, "cnn": 30}


def golden(network: Network, form: str) -> NDArray | None:
    """Scores of the test images on the golden model, as a program of the compiler computes them, [360, 10].

    None for fp32, and for the transformer, whose program takes one image and minutes for all.
    """
    if form == "float" or network.name not in BATCH:
        return None
    pixels, _ = images()
    size = BATCH[network.name]
    made = compile_graph(load_network(network.path(form), {"batch": size}), MACHINE)

    def regions(program: Program, inputs: Mapping[str, Bytes]) -> dict[str, Bytes]:
        result = run_program(program, inputs)
        return {name: result.region(name) for name in outputs_of(program)}

    parts = (pixels[first : first + size] for first in range(0, len(pixels), size))
    return np.concatenate([program_scores(made.program, network, form, part, regions) for part in parts])


def program_scores(
    program: Program,
    network: Network,
    form: str,
    pixels: NDArray[np.uint8],
    regions: Callable[[Program, Mapping[str, Bytes]], Mapping[str, Bytes]],
) -> NDArray:
    """Scores of images by a program of the compiler, [images, 10].

    Parameters
    ----------
    program
        Takes as many images.
    network, form
        Of which it was compiled.
    pixels
        The images.
    regions
        Runs a program with the regions that the host writes, and gives those that it reads.
    """
    ports = interface(program)
    assert ports is not None
    given = network.inputs(pixels, form)
    packed = {name: host.pack(program.config, known, given[name]) for name, known in ports.inputs.items()}
    ((output, known),) = ports.outputs.items()
    return host.unpack(program.config, known, regions(program, packed)[output])


def outputs_of(program: Program) -> list[str]:
    """Names of the outputs of a program that was compiled from a network."""
    ports = interface(program)
    assert ports is not None
    return list(ports.outputs)


def right(found: NDArray) -> NDArray[np.bool_]:
    """Which of the test images have their highest score (the first of several) for their class."""
    return np.argmax(found, axis=1) == images()[1]


def margins(found: NDArray) -> NDArray[np.float64]:
    """How far the highest score of each image is above the next: 0 for a tie."""
    ordered = np.sort(found.astype(np.float64), axis=1)
    return ordered[:, -1] - ordered[:, -2]


@cache
def images() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return test_images()
