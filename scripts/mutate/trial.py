"""One trial: the tests of a unit, in a copy of the project that has a fault."""

import importlib.util
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from scripts.mutate.fault import Fault

#: What a copy holds: all that tests import.
COPIED = ("arch", "golden", "hdl", "compiler", "tb", "scripts", "tests", "pyproject.toml")
#: Seconds after which a trial is given up.
PATIENCE = 600
#: How the message of a failed comparison begins; any other exception is no finding.
COMPARISONS = ("assert", "AssertionError", "Failed: DID NOT RAISE")


class Verdict(Enum):
    """How a trial ended; the value is its phrase in messages."""

    CAUGHT = "caught"
    SURVIVED = "survived: every test passed"
    BROKEN = "broken: the tests could not run, which says nothing of the hardware"
    ENDLESS = "endless: the tests did not come to an end"


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes
    ----------
    verdict
        In a word.
    test
        The test that failed, if any.
    message
        First line of what it said, or the end of the output.
    """

    verdict: Verdict
    test: str = ""
    message: str = ""


class Copy:
    """A copy of the project, for one trial at a time.

    Parameters
    ----------
    root
        The project's folder.
    folder
        Where the copy goes; what is there is removed.
    """

    def __init__(self, root: Path, folder: Path):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in COPIED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, folder / name)

    def run(self, tests: Sequence[str], fault: Fault | None = None) -> Outcome:
        """Run tests, with a fault or without; the copy is whole again afterwards."""
        if fault is None:
            return self._tests(tests)
        file = self.folder / fault.file
        whole = file.read_text(encoding="utf-8")
        try:
            self._write(file, fault.mutated(whole))
            return self._tests(tests)
        finally:
            self._write(file, whole)

    def _write(self, file: Path, text: str) -> None:
        """Write a source. Its compiled form goes: its date could be of the same second, its size the same, too."""
        file.write_text(text, encoding="utf-8")
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)

    def _tests(self, tests: Sequence[str]) -> Outcome:
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-m", "not slow and not rtl", f"--junitxml={report}", *tests]
        variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
        # Loading what pytest finds installed would take longer than many a test.
        variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return Outcome(Verdict.ENDLESS, message=f"after {PATIENCE} s")
        if done.returncode == 0:
            return Outcome(Verdict.SURVIVED)
        test, message = _failure(report) if done.returncode == 1 else ("", "")
        if message.startswith(COMPARISONS):
            return Outcome(Verdict.CAUGHT, test, message.splitlines()[0])
        return Outcome(Verdict.BROKEN, test, message or (done.stdout + done.stderr)[-2000:])


def _failure(report: Path) -> tuple[str, str]:
    """The first test that failed in a report, and what it said; nothing for one that could not be set up."""
    for case in ElementTree.parse(report).iter("testcase"):
        failure = case.find("failure")
        if failure is not None:
            path = case.get("classname", "").replace(".", "/")
            return f"{path}.py::{case.get('name')}", failure.get("message", "")
    return "", ""
