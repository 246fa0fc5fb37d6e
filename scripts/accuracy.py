"""Accuracy of the networks of `examples/networks` on the test images (`make accuracy`): docs/networks-accuracy.md.

With `--check` nothing is written; exit code 1 says that the page differs from what was measured. What the hardware and,
of the transformer, the golden model give is kept by `scripts.on_chip`, for it takes long; `--chip` measures it first.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from examples.networks import accuracy
from examples.networks.catalog import NETWORKS, Network, network
from scripts import on_chip
from scripts.cli import refuse
from scripts.commands.files import write_whole
from scripts.on_chip import Record

PAGE = Path(__file__).resolve().parent.parent / "docs" / "networks-accuracy.md"

#: Scores [images, 10] of a form of a network, or None if it is not for this engine.
Engine = Callable[[Network, str], NDArray | None]

#: Everything that computes scores, a column of the table each; onnxruntime computes all forms.
ENGINES: Mapping[str, Engine] = MappingProxyType(
    {"onnxruntime": accuracy.scores, "machine": accuracy.machine, "golden model": accuracy.golden}
)

#: What the forms of a network are.
FORMS: Mapping[str, str] = MappingProxyType(
    {"float": "fp32", "qdq": "int8, QDQ", "qoperator": "int8, QOperator", "fp16": "fp16"}
)

_HEAD = """# Accuracy of the networks

Written by `make accuracy`. The networks are those of `examples/networks`, trained on four fifths of scikit-learn's
digits by `make train`; the shares are those of the {images} images that training has not seen. (Their recipes were
chosen by these shares, so on other images expect a little less.) Integers: weights int8 with a scale for each output
channel, activations uint8.

*onnxruntime* is the pinned session, *machine* the graph that the compiler makes of the model, evaluated in the
machine's arithmetic at `small`, *golden model* its program, run on the model of the chip. *Same class* counts the
images to which all of them give the class that the fp32 model gives in onnxruntime, *same bits* those whose ten scores
are the same in all of them. The least margin is the least distance between the highest score and the next, by
onnxruntime; where it is 0 the first of both counts.
"""

_CHIP = """
## On the chip

Programs at `small` as the compiler makes them, an image or several each, run one after the other on the golden model
and in the exported Verilog under Verilator, booted through the AXI ports (`make accuracy ARGS=--chip`). Each took the
predicted cycles. *Same bits*: images whose ten scores are bit for bit those of *machine* above.
"""


@dataclass(frozen=True)
class Row:
    """One form of one network.

    Attributes
    ----------
    network, form
        Which.
    shares
        Share of the test images named rightly, by engine; None if it does not compute this form.
    agreeing
        Images to which every engine gives the class of the fp32 model.
    equal
        Images whose scores are the same bits in every engine; None with one engine.
    margin
        Least distance between an image's highest score and the next.
    images
        Images in all.
    """

    network: Network
    form: str
    shares: Mapping[str, float | None]
    agreeing: int
    equal: int | None
    margin: float
    images: int


def measure(networks: tuple[Network, ...] = NETWORKS, engines: Mapping[str, Engine] = ENGINES) -> list[Row]:
    """A row for each form of each network; the first engine is to compute every form."""
    return [
        _row(network, form, {name: engine(network, form) for name, engine in engines.items()})
        for network in networks
        for form in network.forms
    ]


def _row(network: Network, form: str, found: Mapping[str, NDArray | None]) -> Row:
    shares = {name: None if s is None else float(accuracy.right(s).mean()) for name, s in found.items()}
    scores = np.stack([s for s in found.values() if s is not None])
    named = np.argmax(accuracy.scores(network, "float"), axis=1)
    agreeing = (np.argmax(scores, axis=2) == named).all(axis=0)
    equal = (scores == scores[0]).all(axis=(0, 2))
    margin = float(accuracy.margins(scores[0]).min())
    return Row(
        network, form, shares, int(agreeing.sum()), int(equal.sum()) if len(scores) > 1 else None, margin, len(named)
    )


def page(rows: list[Row], records: Iterable[Record] = ()) -> str:
    """The page of some rows, at least one, and of what was measured on the chip."""
    engines = list(rows[0].shares)
    heads = ["network", "parameters", "form", *engines, "same class", "same bits", "least margin"]
    lines = [_HEAD.format(images=rows[0].images), _line(heads), "|" + "---|" * len(heads)]
    for row in rows:
        shares = ["" if share is None else f"{share:.2%}" for share in row.shares.values()]
        parameters = f"{row.network.record()['parameters']:,}"
        equal = "" if row.equal is None else str(row.equal)
        lines.append(
            _line(
                [row.network.name, parameters, FORMS[row.form], *shares, str(row.agreeing), equal, f"{row.margin:.3f}"]
            )
        )
    trained = ", ".join(f"{network.name} {network.record()['accuracy']:.2%}" for network in NETWORKS)
    lines += ["", f"PyTorch found at the end of the training: {trained}."]
    if chip := [_chip(record) for record in sorted(records, key=lambda record: record.key)]:
        heads = ["network", "form", "on", "images a program", "cycles", "images", "accuracy", "same bits"]
        lines += [_CHIP, _line(heads), "|" + "---|" * len(heads), *chip]
    return "\n".join([*lines, ""])


def _chip(record: Record) -> str:
    classes = np.array([int(one) for one in record.classes])
    share = (classes == accuracy.images()[1][: len(classes)]).mean()
    name = network(record.network).name
    cells = [name, FORMS[record.form], record.engine, str(record.batch), f"{record.cycles:,}"]
    return _line([*cells, str(len(classes)), f"{share:.2%}", str(record.same)])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(prog="scripts.accuracy", description="Measure the accuracy of the networks.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    parser.add_argument("--chip", action="store_true", help="run on the chip first what is not kept yet; takes long")
    options = parser.parse_args(arguments)
    check = options.check
    try:
        if options.chip:
            on_chip.run(lambda line: print(line, flush=True))
        text = page(measure(), on_chip.load().values())
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print(text, end="")
        if not check and not current:
            write_whole(PAGE, text.encode())
    except (ValueError, OSError) as error:
        return refuse(error)
    except on_chip.DifferenceError as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 1
    if check and not current:
        print(f"docs/{PAGE.name}: out of date, run make accuracy")
    return int(check and not current)


if __name__ == "__main__":
    sys.exit(main())
