"""Measure the fp32 errors of exp, tanh and rsqrt and write `docs/numerics.md`.

Run `python -m scripts.measure_numerics` from the repository (about a minute); `--check` only compares. The oracle is
NumPy's float64, whose own error is below 1e-6 units in the last place of fp32 (a test compares it with MPFR).
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arch.transcendental import EXP, F32, PATH, RSQRT, TABLE, TANH
from golden.numerics import transcendental

TARGET = Path(__file__).resolve().parent.parent / "docs" / "numerics.md"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Sweep:
    """Which fp32 operands of a function are measured.

    Attributes
    ----------
    oracle : callable
        The function in float64.
    first, last : float
        Operands from `first` up to below `last`.
    both_signs : bool
        Whether the negative ones are measured too.
    stride : int
        Every so many-th operand in the full measurement.
    """

    oracle: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    first: float
    last: float
    both_signs: bool
    stride: int


@dataclass(frozen=True)
class Measurement:
    """What a sweep found.

    Attributes
    ----------
    count : int
        Number of operands.
    error, operand : float
        The largest error in ulp and where it is.
    misrounded : float
        Share of results that are not correctly rounded.
    disordered : int
        Pairs of neighboring operands whose results are in the wrong order.
    """

    count: int
    error: float
    operand: float
    misrounded: float
    disordered: int


SWEEPS = {
    "exp": Sweep(np.exp, 2.0**-26, 104.0, both_signs=True, stride=1),
    "tanh": Sweep(np.tanh, 2.0**-13, 10.0, both_signs=False, stride=1),
    "rsqrt": Sweep(lambda x: 1 / np.sqrt(x), 1.0, 4.0, both_signs=False, stride=1),
}


def operands(sweep: Sweep, stride: int) -> Iterator[NDArray[np.uint32]]:
    """Yield the fp32 bits of a sweep in chunks; each begins with the last operand of the one before."""
    first, last = (int(np.float32(x).view(np.uint32)) for x in (sweep.first, sweep.last))
    for sign in (0, F32.sign) if sweep.both_signs else (0,):
        for start in range(first, last, CHUNK * stride):
            yield np.arange(start, min(start + CHUNK * stride + 1, last), stride, dtype=np.uint32) | np.uint32(sign)


def errors(result: NDArray[np.uint32], exact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Error of finite fp32 bits in units in the last place of the exact value."""
    exponent = np.maximum(np.frexp(exact)[1] - 1, F32.min_exponent)
    return np.abs(result.view(np.float32).astype(np.float64) - exact) * np.ldexp(1.0, F32.fraction_bits - exponent)


def measure(name: str, stride: int) -> Measurement:
    """Run one sweep."""
    sweep, function = SWEEPS[name], getattr(transcendental, name)
    count, worst, operand, misrounded, disordered = 0, 0.0, 0.0, 0, 0
    before = None
    for bits in operands(sweep, stride):
        x = bits.view(np.float32).astype(np.float64)
        exact = sweep.oracle(x)
        result = function(bits, "f32")
        error = np.where(result == F32.inf, 0.0, errors(np.minimum(result, F32.inf - 1), exact))
        if (exact[result == F32.inf] < 2.0**128 - 2.0**104).any():
            raise AssertionError(f"{name} overflows too early")
        at = int(error.argmax())
        if error[at] > worst:
            worst, operand = float(error[at]), float(x[at])
        count += bits.size - (bits[0] == before)
        before = bits[-1]
        misrounded += int((error > 0.5).sum())
        # Each function is monotonic and a chunk has one sign: the rarer direction is the wrong one.
        steps = np.diff(result.astype(np.int64))
        disordered += int(min((steps < 0).sum(), (steps > 0).sum()))
    return Measurement(count, worst, operand, misrounded / count, disordered)


PAGE = """# Accuracy of exp, tanh and rsqrt

Written by `scripts/measure_numerics.py`; the data path is that of
[decision 0002](decisions/0002-transcendentals.md). An ulp is the unit in the last place of the exact result.

fp16: every one of the 65,536 operands of each function gives the correctly rounded result (the tests compare them
all with MPFR). fp32:

| function | largest error, ulp | at | not correctly rounded | neighbors out of order | operands |
|---|---|---|---|---|---|
{rows}

The operands are all fp32 numbers for which the result is neither trivial nor saturated: for exp 2**-26 <= |x| < 104,
for tanh 2**-13 <= x < 10 (it is odd), for rsqrt 1 <= x < 4 (other exponents only shift the result's).

| table rows: exp | rsqrt | tanh | all | bits a row | bits |
|---|---|---|---|---|---|
| {exp_rows} | {rsqrt_rows} | {tanh_rows} | {all_rows} | {row_bits} | {table_bits:,} |

| multiplier | bits |
|---|---|
{multipliers}
"""


def page(measurements: dict[str, Measurement]) -> str:
    """The whole text of `docs/numerics.md`."""
    rows = [
        f"| {name} | {m.error:.3f} | {m.operand:.9g} | {100 * m.misrounded:.2f} % | {m.disordered:,} | {m.count:,} |"
        for name, m in measurements.items()
    ]
    multipliers = {
        "exp: significand x log2(e), a constant": (F32.fraction_bits + 1, EXP.log2e.bit_length()),
        "c3 x top of t": (PATH.c3_bits, PATH.t_high_bits),
        "(c2 + ...) x t": (PATH.c2_sum_bits, PATH.t_bits),
        "(c1 + ...) x t": (PATH.c1_sum_bits, PATH.t_bits),
    }
    row_bits = PATH.c0_bits + PATH.c1_bits + PATH.c2_bits + PATH.c3_bits
    return PAGE.format(
        rows="\n".join(rows),
        exp_rows=1 << EXP.index_bits,
        rsqrt_rows=2 << RSQRT.index_bits,
        tanh_rows=len(TABLE) - TANH.binades[0].base,
        all_rows=len(TABLE),
        row_bits=row_bits,
        table_bits=row_bits * len(TABLE),
        multipliers="\n".join(f"| {name} | {a} x {b} |" for name, (a, b) in multipliers.items()),
    )


def main() -> int:
    """Write the page, or with `--check` say whether it is up to date."""
    parser = argparse.ArgumentParser(description="Write or check the page of measured errors.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if the file differs")
    check = parser.parse_args().check
    text = page({name: measure(name, sweep.stride) for name, sweep in SWEEPS.items()})
    if not check:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        print(f"{TARGET.name} is out of date: run python -m scripts.measure_numerics", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
