"""Accuracy of the networks of `examples/networks` on the test images (`make accuracy`): docs/networks-accuracy.md.

With `--check` nothing is written; exit code 1 says that the page differs from what was measured.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from examples.networks import accuracy
from examples.networks.catalog import NETWORKS, Network
from scripts.cli import refuse
from scripts.commands.files import write_whole

PAGE = Path(__file__).resolve().parent.parent / "docs" / "networks-accuracy.md"

#: Scores [images, 10] of a form of a network by everything that computes them, a column of the table each.
ENGINES: Mapping[str, Callable[[Network, str], NDArray]] = MappingProxyType({"onnxruntime": accuracy.scores})

#: What the forms of a network are.
FORMS: Mapping[str, str] = MappingProxyType(
    {"float": "fp32", "qdq": "int8, QDQ", "qoperator": "int8, QOperator", "fp16": "fp16"}
)

_HEAD = """# Accuracy of the networks

Written by `make accuracy`. The networks are those of `examples/networks`, trained on four fifths of scikit-learn's
digits by `make train`; the shares are those of the {images} images that training has not seen. (Their recipes were
chosen by these shares, so on other images expect a little less.) *As fp32* counts the images that get the class which
the fp32 model gives them. Integers: weights int8 with a scale for each output channel, activations uint8.
"""


@dataclass(frozen=True)
class Row:
    """One form of one network.

    Attributes
    ----------
    network, form
        Their names.
    shares
        Share of the test images named rightly, by engine.
    agreeing
        Images that get the class that the fp32 model gives them.
    images
        Images in all.
    """

    network: Network
    form: str
    shares: Mapping[str, float]
    agreeing: int
    images: int


def measure(networks: tuple[Network, ...] = NETWORKS, engines: Mapping[str, Callable] = ENGINES) -> list[Row]:
    """A row for each form of each network; agreement is that of the first engine."""
    rows = []
    for network in networks:
        named = np.argmax(accuracy.scores(network, "float"), axis=1)
        for form in network.forms:
            found = {name: engine(network, form) for name, engine in engines.items()}
            shares = {name: float(accuracy.right(scores).mean()) for name, scores in found.items()}
            first = next(iter(found.values()))
            rows.append(Row(network, form, shares, int(np.sum(np.argmax(first, axis=1) == named)), len(named)))
    return rows


def page(rows: list[Row]) -> str:
    """The page of some rows, at least one."""
    engines = list(rows[0].shares)
    lines = [
        _HEAD.format(images=rows[0].images),
        f"| network | parameters | form | {' | '.join(engines)} | as fp32 |",
        f"|---|---|---|{'---|' * len(engines)}---|",
    ]
    for row in rows:
        shares = " | ".join(f"{row.shares[name]:.2%}" for name in engines)
        parameters = f"{row.network.record()['parameters']:,}"
        lines.append(f"| {row.network.name} | {parameters} | {FORMS[row.form]} | {shares} | {row.agreeing} |")
    trained = ", ".join(f"{network.name} {network.record()['accuracy']:.2%}" for network in NETWORKS)
    return "\n".join([*lines, "", f"PyTorch found at the end of the training: {trained}.", ""])


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(prog="scripts.accuracy", description="Measure the accuracy of the networks.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is out of date")
    check = parser.parse_args(arguments).check
    try:
        text = page(measure())
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print(text, end="")
        if not check and not current:
            write_whole(PAGE, text.encode())
    except (ValueError, OSError) as error:
        return refuse(error)
    if check and not current:
        print(f"docs/{PAGE.name}: out of date, run make accuracy")
    return int(check and not current)


if __name__ == "__main__":
    sys.exit(main())
