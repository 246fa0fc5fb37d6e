"""MXM: dot products of one plane or of a pair, and the accumulators' addition."""

import numpy as np

from arch.config import Config
from arch.isa.mxm import FORMS
from arch.types import Type
from golden.lanes import Bytes, Elements, join
from golden.numerics import dot as products
from golden.numerics import floats, integers

__all__ = ["accumulate", "dot", "sum_type"]


def sum_type(form: int) -> Type:
    """Type of the sums of an ABC of a form."""
    return Type.F32 if FORMS[form] == "f16" else Type.I32


def dot(
    config: Config, form: int, half: int, activations: Bytes, weights: tuple[Bytes, ...], *, lit: int | None = None
) -> Elements:
    """Sums of a run of ABC over the same weights.

    Parameters
    ----------
    config
        The machine.
    form
        Encoding of the form (``arch.isa.mxm.FORMS``): activation type, then weight type.
    half
        For f16 the half of each superlane's lanes that is K.
    activations : uint8[width, n, S, L]
        One stream per vector, two for f16.
    weights : tuple of uint8[S * L, S * L]
        W[K, column] of the plane; for f16 of the even (low bytes) and of the odd plane (high bytes).
    lit
        Superlanes that are powered, all by default. A dark superlane adds nothing to the sums, whatever weights it
        keeps (an infinite one times zero would be NaN).

    Returns
    -------
    uint32[n, S, L]
        Raw bits: int32, or fp32 rounded once.
    """
    S, L = config.superlanes, config.lanes
    rows = (S if lit is None else lit) * L
    vectors = join(activations).reshape(-1, S * L)
    matrix = join(np.stack(weights))
    if FORMS[form] == "f16":
        chosen = np.arange(rows).reshape(-1, L)[:, half * L // 2 : half * L // 2 + L // 2].reshape(-1)
        sums = products.dot_f16(vectors[:, chosen].astype(np.uint16), matrix[chosen].astype(np.uint16))
    else:
        name = FORMS[form]
        sums = products.dot_i8(vectors[:, :rows].astype(np.uint8), matrix[:rows].astype(np.uint8), name[:2], name[2:])
    return sums.reshape(-1, S, L)


def accumulate(element: Type, row: Elements, sums: Elements) -> Elements:
    """Row plus sums, raw bits of one shape: i32 wraps, f32 rounds to nearest even."""
    if element.floating:
        return floats.add(row, sums, element.value)
    return integers.add(row, sums, element.value)
