"""All examples, in the order in which docs/examples.md tells of them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import NDArray

from examples.copy import expected as copy
from examples.gather import expected as gather
from examples.matmul import expected as matmul
from examples.prefetch import expected as prefetch
from examples.requantize import expected as requantize
from examples.rotate import expected as rotate
from examples.softmax import expected as softmax
from examples.transpose import expected as transpose
from examples.vector_add import expected as vector_add

Tensors = Mapping[str, NDArray]

_STATED = re.compile(r"^; cycles: ([0-9]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One program.

    Attributes
    ----------
    name
        Its folder, and its source in it.
    inputs
        Inputs by region, [vectors, vector] of their element type; the same in every call.
    expected
        What it gives for some inputs, by region, from NumPy alone.
    tolerance
        Greatest error relative to the expectation; 0 where every bit must agree.
    """

    name: str
    inputs: Callable[[], Tensors]
    expected: Callable[[Tensors], Tensors]
    tolerance: float = 0.0

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return Path(__file__).resolve().parent / self.name

    @property
    def source(self) -> Path:
        """Its text."""
        return self.folder / f"{self.name}.sl"

    @property
    def stated_cycles(self) -> int:
        """Cycles that its text states, in a line "; cycles: N"; ``ValueError`` if there is none."""
        found = _STATED.findall(self.source.read_text(encoding="utf-8"))
        if len(found) != 1:
            raise ValueError(f"{self.source.name} must state its cycles in one line '; cycles: N'")
        return int(found[0])


#: Greatest error of softmax, four units in the last place: exp, the sum, RSqrt (twice) and two products round.
SOFTMAX_TOLERANCE = 5e-7

EXAMPLES = (
    Example("copy", copy.inputs, copy.expected),
    Example("vector_add", vector_add.inputs, vector_add.expected),
    Example("requantize", requantize.inputs, requantize.expected),
    Example("matmul", matmul.inputs, matmul.expected),
    Example("gather", gather.inputs, gather.expected),
    Example("transpose", transpose.inputs, transpose.expected),
    Example("rotate", rotate.inputs, rotate.expected),
    Example("softmax", softmax.inputs, softmax.expected, SOFTMAX_TOLERANCE),
    Example("prefetch", prefetch.inputs, prefetch.expected),
)
