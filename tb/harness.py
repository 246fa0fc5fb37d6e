"""A block under Verilator with no bench in it: all ports of a cycle in, all ports of a cycle out, in words of 32 bits.

Where a unit test plays millions of cycles, calling Python in each would take most of the time. Inputs are made before
and outputs are judged after the run; between them stands a program that copies ports.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from amaranth import Value
from amaranth.lib import wiring
from numpy.typing import NDArray

from hdl.export import export
from hdl.seam import Block
from tb import verilator
from tb.ports import Port

#: Where the programs are kept.
BUILDS = verilator.BUILDS.parent / "harness"
#: How the program is made; the same options as for other models, but for VPI, which nobody needs here.
OPTIONS = (
    "--cc",
    "--exe",
    "--build",
    "-Wall",
    "-O3",
    "--prefix",
    "Vtop",
    "-Mdir",
    "obj",
)

_MAIN = """#include <cstdint>
#include <cstdio>
#include <cstring>
#include "Vtop.h"
#include "verilated.h"
// Whole ports are copied as they lie in memory: the words of a record are those of the host, lowest first.
int main() {{
    static uint32_t in[{inputs}], out[{outputs}];
    Vtop top;
    top.clk = 0; top.rst = 1; top.eval(); top.clk = 1; top.eval(); top.clk = 0; top.rst = 0;
    while (fread(in, sizeof in, 1, stdin) == 1) {{
{copy_in}        top.eval();
{copy_out}        fwrite(out, sizeof out, 1, stdout);
        top.clk = 1; top.eval(); top.clk = 0; top.eval();
    }}
    return 0;
}}
"""


@dataclass(frozen=True)
class Harness:
    """The program of a block.

    Attributes
    ----------
    program
        Its file.
    inputs, outputs
        Ports by name.
    """

    program: Path
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]

    def run(self, records: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Play cycles, the first behind a reset.

        Parameters
        ----------
        records : uint32[cycles, words]
            Values of all inputs, port by port.

        Returns
        -------
        uint32[cycles, words]
            Values of all outputs in the same cycle, before its clock edge.
        """
        words = {"inputs": size(self.inputs), "outputs": size(self.outputs)}
        if records.dtype != np.uint32 or records.ndim != 2 or records.shape[1] != words["inputs"]:
            raise ValueError(f"records must be uint32[cycles, {words['inputs']}], not {records.dtype}{records.shape}")
        done = subprocess.run([self.program], input=records.tobytes(), capture_output=True, check=True)
        return np.frombuffer(done.stdout, np.uint32).reshape(len(records), words["outputs"])


def size(ports: Mapping[str, Port]) -> int:
    """Words of a record."""
    return sum(port.words for port in ports.values())


def build(block: Block, texts: Mapping[str, str] | None = None, *, optimize: str = verilator.OPTIMIZE) -> Harness:
    """Export a block and build its program, unless the same one is there.

    Parameters
    ----------
    block
        The block.
    texts
        Files by name that take the place of its export, with a module of the same name and ports.
    optimize
        Of the compiler.

    Raises
    ------
    tb.verilator.MissingToolError
        In one line, if a tool is missing.
    RuntimeError
        If Verilator refuses the export.
    """
    verilator.root()
    ways: dict[bool, dict[str, Port]] = {True: {}, False: {}}
    for path, member, value in block.signature.flatten(block):
        ports, name = ways[member.flow == wiring.In], "__".join(map(str, path))
        ports[name] = Port(name, len(Value.cast(value)), size(ports))
    files = texts or {f"{name}.v": text for name, text in export(block).items()}
    files = {
        **files,
        "main.cpp": _main(ways[True], ways[False]),
        "lint.vlt": verilator.LINT.read_text(encoding="utf-8"),
    }
    return Harness(_program(block.module_name, files, optimize), ways[True], ways[False])


def _main(inputs: Mapping[str, Port], outputs: Mapping[str, Port]) -> str:
    copies = {}
    for way, ports in (("in", inputs), ("out", outputs)):
        lines = []
        for port in ports.values():
            member, place = f"top.{port.member}", f"{way} + {port.first}"
            ends = f"&{member}, {place}" if way == "in" else f"{place}, &{member}"
            lines.append(f"        memcpy({ends}, sizeof {member});\n")
        copies[f"copy_{way}"] = "".join(lines)
    return _MAIN.format(inputs=size(inputs), outputs=size(outputs), **copies)


def _program(top: str, texts: Mapping[str, str], optimize: str) -> Path:
    """Path of the program, which is built unless it is there."""
    digest = hashlib.sha256(
        repr((OPTIONS, optimize, version("verilator"), top, sorted(texts.items()))).encode()
    ).hexdigest()
    folder = BUILDS / f"{top}_{digest[:16]}"
    program, built = folder / "obj" / "Vtop", folder / "built"
    with verilator.alone(folder):
        if not built.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
            names = [name for name in texts if name != "main.cpp"]
            command = [
                "verilator",
                *OPTIONS,
                "-CFLAGS",
                optimize,
                "-MAKEFLAGS",
                "CFG_CXXFLAGS_PCH_I=-include",
                "--top-module",
                top,
            ]
            done = _call([*command, *names, "main.cpp"], folder)
            if not program.exists():
                raise RuntimeError(f"Verilator did not build {top}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
            built.touch()
    return program


def _call(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=verilator.environment(), capture_output=True, text=True, check=False)
