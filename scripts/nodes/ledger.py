"""Outcomes of node tests, kept under a name made of what they depend on: whatever stops a run, the next goes on there,
and a change of the compiler, of the golden model or of the machine starts anew."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from arch.config import Config

ROOT = Path(__file__).resolve().parent.parent.parent
#: Packages on which outcomes depend.
PACKAGES = ("arch", "golden", "compiler", "scripts/nodes")


def name_of(engine: str, config: Config) -> str:
    """Name of the ledger of an engine and a machine, as the sources are now."""
    digest = hashlib.sha256(config.fingerprint)
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{engine}_{config.name}_{digest.hexdigest()[:16]}"


class Ledger:
    """Outcomes by the test's name, each (status, reason), a line of a file each.

    Parameters
    ----------
    file
        Where they are kept; what cannot be read in it is left out.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found = _read(file)

    @property
    def found(self) -> Mapping[str, tuple[str, str]]:
        """What is known."""
        return self._found

    def add(self, test: str, status: str, reason: str) -> None:
        """Keep an outcome."""
        self._found[test] = (status, reason)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([test, status, reason]) + "\n")


def _read(file: Path) -> dict[str, tuple[str, str]]:
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            test, status, reason = json.loads(line)
        except ValueError:  # the last line of a run that was killed
            continue
        found[test] = (status, reason)
    return found
