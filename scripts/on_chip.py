"""Networks on the chip, image by image: what the hardware makes of the test images, and the golden model where that
takes minutes. A program after the other; what they gave is kept in examples/networks/on_chip.json, which the page of
accuracies shows, so an interrupted run goes on where it was. `make accuracy ARGS=--chip` runs it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arch.config import preset
from arch.program import Program
from compiler.frontend.load import load_network
from compiler.graph.evaluate import evaluate
from compiler.schedule.program import compile_graph
from examples.digits.network import test_images
from examples.networks import catalog
from examples.networks.accuracy import outputs_of, program_scores
from golden.lanes import Bytes
from golden.run import run as run_golden
from scripts.commands.files import write_whole

FILE = Path(catalog.__file__).resolve().parent / "on_chip.json"
FOLDER = Path(__file__).resolve().parent.parent / "build" / "accuracy"
MACHINE = "small"
GOLDEN, RTL = "golden model", "RTL"

#: A program run with the regions that the host writes: cycles, and the regions that it reads.
Runner = Callable[[Program, Mapping[str, Bytes]], tuple[int, Mapping[str, Bytes]]]


class DifferenceError(Exception):
    """The chip did not take the predicted cycles."""


@dataclass(frozen=True)
class Record:
    """What an engine made of the first test images.

    Attributes
    ----------
    engine, network, form
        Who, and of what.
    batch, cycles
        Images of a program, and the cycles of its run, which are those predicted.
    classes
        The class that each image got, a digit each.
    same
        Images whose scores are the bits of the graph's evaluation.
    """

    engine: str
    network: str
    form: str
    batch: int
    cycles: int = 0
    classes: str = ""
    same: int = 0

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What it is a record of."""
        return self.engine, self.network, self.form, self.batch


#: What is run: engine, network, form, images of a program, and images in all.
RUNS: tuple[tuple[Record, int], ...] = (
    (Record(RTL, "mlp", "qdq", 60), 360),
    (Record(RTL, "cnn", "qdq", 30), 360),
    (Record(GOLDEN, "transformer", "fp16", 1), 360),
    (Record(RTL, "transformer", "fp16", 1), 30),
)


def golden(program: Program, inputs: Mapping[str, Bytes]) -> tuple[int, Mapping[str, Bytes]]:
    """Run on the golden model."""
    result = run_golden(program, inputs)
    return result.cycles, {name: result.region(name) for name in outputs_of(program)}


def rtl(program: Program, inputs: Mapping[str, Bytes]) -> tuple[int, Mapping[str, Bytes]]:
    """Run in the hardware; errors as of :func:`scripts.rtl.simulate`."""
    # Imported now: the golden model needs no Verilator.
    from scripts.rtl import simulate

    outcome, _ = simulate(program, inputs, FOLDER)
    return outcome.cycles, outcome.regions


#: How a program is run, by engine.
RUNNERS: Mapping[str, Runner] = {GOLDEN: golden, RTL: rtl}


def load(file: Path = FILE) -> dict[tuple, Record]:
    """What is kept."""
    rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return {record.key: record for record in (Record(**row) for row in rows)}


def save(records: Iterable[Record], file: Path = FILE) -> None:
    """Keep it, whole."""
    rows = [asdict(record) for record in sorted(records, key=lambda record: record.key)]
    write_whole(file, (json.dumps(rows, indent=1) + "\n").encode())


def measure(record: Record, images: int, keep: Callable[[Record], None], runner: Runner | None = None) -> Record:
    """Run the images that a record does not have yet, batch by batch.

    Parameters
    ----------
    record
        What is known; of another program, that is of other cycles, it counts for nothing.
    images
        How many there are to be in the end.
    keep
        Is given each new state.
    runner
        Runs the programs; None: the engine's.

    Raises
    ------
    DifferenceError
        If a run takes other cycles than predicted.
    """
    network, config, runner = catalog.network(record.network), preset(MACHINE), runner or RUNNERS[record.engine]
    graph = load_network(network.path(record.form), {"batch": record.batch})
    made = compile_graph(graph, config)
    if record.cycles != made.cycles:
        record = replace(record, cycles=made.cycles, classes="", same=0)

    def regions(program: Program, inputs: Mapping[str, Bytes]) -> Mapping[str, Bytes]:
        cycles, found = runner(program, inputs)
        if cycles != made.cycles:
            raise DifferenceError(f"{record.network}: {record.engine} took {cycles} cycles, predicted {made.cycles}")
        return found

    while (done := len(record.classes)) < images:
        pixels = test_images()[0][done : done + record.batch]
        scores = program_scores(made.program, network, record.form, pixels, regions)
        (wanted,) = evaluate(graph, config, network.inputs(pixels, record.form)).values()
        record = replace(
            record,
            classes=record.classes + "".join(map(str, np.argmax(scores, axis=1))),
            same=record.same + int(equal(scores, wanted).sum()),
        )
        keep(record)
    return record


def equal(scores: NDArray, wanted: NDArray) -> NDArray[np.bool_]:
    """Which images have the same bits in both: bool[images]."""
    return np.array([one.tobytes() == other.tobytes() for one, other in zip(scores, wanted, strict=True)])


def run(tell: Callable[[str], None]) -> None:
    """Run everything that is not kept yet."""
    for plain, images in RUNS:
        records = load()

        def keep(record: Record) -> None:
            save((load() | {record.key: record}).values())
            tell(f"{record.network} on {record.engine}: {len(record.classes)} images, {record.same} as evaluated")

        measure(records.get(plain.key, plain), images, keep)
