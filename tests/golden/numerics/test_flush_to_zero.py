"""The CPU modes that flush subnormals, which other libraries switch on, change no result."""

import ctypes
import platform
import shutil
import subprocess

import numpy as np
import pytest

from golden.numerics import dot, floats, transcendental
from golden.numerics.casts import cast
from tests.golden.numerics.oracles import ALL_F16, EDGES, edge_pairs, near_pairs

SOURCE = """
#include <xmmintrin.h>
unsigned get(void) { return _mm_getcsr(); }
void set(unsigned mode) { _mm_setcsr(mode); }
"""
FLUSH = 0x8040  # flush-to-zero and denormals-are-zero


@pytest.fixture
def flush(tmp_path):
    """A function that switches both modes on, until the end of the test."""
    if platform.machine() not in ("x86_64", "AMD64") or not shutil.which("gcc"):
        pytest.skip("needs gcc on an x86-64 CPU")
    (tmp_path / "mode.c").write_text(SOURCE)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", "mode.so", "mode.c"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "mode.so"))
    before = library.get()
    yield lambda: library.set(before | FLUSH)
    library.set(before)


def _results():
    """Results of everything that computes in floats."""
    results = []
    for dtype in ("f16", "f32"):
        edges, near = edge_pairs(dtype), near_pairs(dtype, 20_000, 6)
        a, b = (np.concatenate(columns) for columns in zip(edges, near, strict=True))
        small = np.arange(0, 0x01800000, 997, dtype=np.uint32)
        if dtype == "f32":
            a, b = np.concatenate([a, small]), np.concatenate([b, small[::-1]])
        results += [getattr(floats, name)(a, b, dtype) for name in ("add", "sub", "mul", "minimum", "lt", "eq")]
        results += [getattr(transcendental, name)(a, dtype) for name in ("exp", "tanh", "rsqrt", "relu")]
        results += [cast(a, dtype, dst) for dst in ("i8", "u32", "i32", "f16", "f32")]
    matrix = ALL_F16[::61][:1024].reshape(32, 32)
    results += [dot.dot_f16(matrix, matrix.T), cast(EDGES["f32"], "i32", "f16"), cast(EDGES["f32"], "u32", "f32")]
    return results


def test_results_do_not_change(flush):
    expected = _results()
    flush()
    tiny = np.array([1], dtype=np.uint32).view(np.float32)
    assert not (tiny + tiny).view(np.uint32).any(), "the mode should have flushed this sum"
    for before, now in zip(expected, _results(), strict=True):
        np.testing.assert_array_equal(now, before)
