"""What onnxruntime computes: the pinned session of :mod:`compiler.frontend.session`, which compiled networks equal."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from compiler.frontend.session import pinned


def run(model: onnx.ModelProto | Path, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Outputs of a model or of its file, by name."""
    opened = pinned(onnx.load(model) if isinstance(model, Path) else model)
    names = [output.name for output in opened.get_outputs()]
    # A model of plain tensors gives arrays, whatever the annotation of `run` allows.
    return dict(zip(names, map(np.asarray, opened.run(names, dict(inputs))), strict=True))
