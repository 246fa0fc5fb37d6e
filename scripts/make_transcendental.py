"""Make `arch/transcendental_table.py`: one cubic per segment of exp, rsqrt and tanh.

Run `python -m scripts.make_transcendental` from the repository; `--check` only compares. Each cubic
interpolates the function at the four Chebyshev nodes of its segment (within a few percent of the best
possible cubic), computed with 200 bits by MPFR, so the text is the same on every machine.
"""

# pyright: reportAttributeAccessIssue=false
# gmpy2 is compiled and has no complete type stubs.

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gmpy2
from gmpy2 import mpfr

from arch.transcendental import EXP, PATH, RSQRT, TANH

TARGET = Path(__file__).resolve().parent.parent / "arch" / "transcendental_table.py"
HEADER = '''"""Coefficients of exp, rsqrt and tanh, made by `scripts/make_transcendental.py`: do not edit.

Each row is (c0, c1, c2, c3) in units of 2**-{fraction_bits}; `arch.transcendental` says which rows belong to
what.
"""

ROWS = (
'''
PRECISION = 200
#: The truncations lose 1/2 unit each on average, the inner ones times t and t**2: 0.92 in sum, which c0 gives back.
TRUNCATION_BIAS = 1


def cubic(function: Callable[[mpfr], mpfr]) -> list[mpfr]:
    """Monomial coefficients of the cubic through `function` at the Chebyshev nodes of [0, 1]."""
    pi = gmpy2.const_pi()
    nodes = [(1 - gmpy2.cos(pi * (2 * i + 1) / 8)) / 2 for i in range(4)]
    divided = [function(node) for node in nodes]
    for order in range(1, 4):
        for i in range(3, order - 1, -1):
            divided[i] = (divided[i] - divided[i - 1]) / (nodes[i] - nodes[i - order])
    coefficients = [mpfr(0)] * 4
    for i in range(3, -1, -1):  # Newton form to monomials: p = p * (t - node) + divided
        shifted = [mpfr(0), *coefficients[:3]]
        coefficients = [s - nodes[i] * c for s, c in zip(shifted, coefficients, strict=True)]
        coefficients[0] += divided[i]
    return coefficients


def segments() -> Iterator[Callable[[mpfr], mpfr]]:
    """Yield the function of `t` in [0, 1) that each row approximates, in table order."""
    count = 1 << EXP.index_bits
    for index in range(count):
        yield lambda t, i=index: gmpy2.exp2((i + t) / count)
    count = 1 << RSQRT.index_bits
    for odd in range(2):
        for index in range(count):
            yield lambda t, i=index, odd=odd: 1 / gmpy2.sqrt((1 + (i + t) / count) * 2**odd)
    for binade in TANH.binades:
        count = 1 << binade.index_bits
        last = TANH.one_index if binade.exponent == TANH.one_exponent else count
        for index in range(last):
            yield lambda t, i=index, n=count, b=binade: gmpy2.mul_2exp(
                gmpy2.tanh((1 + (i + t) / n) * mpfr(2) ** b.exponent), b.scale
            )


def table_text() -> str:
    """Return the whole text of the table file."""
    with gmpy2.context(precision=PRECISION):
        lines = [HEADER.format(fraction_bits=PATH.fraction_bits)]
        for function in segments():
            row = [int(gmpy2.rint(gmpy2.mul_2exp(c, PATH.fraction_bits))) for c in cubic(function)]
            row[0] += TRUNCATION_BIAS
            lines.append(f"    ({', '.join(map(str, row))}),\n")
    return "".join([*lines, ")\n"])


def main() -> int:
    """Write the table, or with `--check` say whether it is up to date."""
    parser = argparse.ArgumentParser(description="Write or check the coefficient table.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if the file differs")
    text = table_text()
    if not parser.parse_args().check:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        print(f"{TARGET.name} is out of date: run python -m scripts.make_transcendental", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
