"""Steps that are not done again while what they depend on is the same."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from scripts.sim.watch import Watch


def digest(parts: Iterable[str | bytes]) -> str:
    """What tells inputs apart."""
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return found.hexdigest()


def step(folder: Path, name: str, key: str, made: Sequence[str], work: Callable[[], None], log: str = "") -> bool:
    """Do a step, unless that was done for the same key and its files are there.

    Parameters
    ----------
    folder
        Where its files are.
    name
        What it is, in a few words.
    key
        :func:`digest` of what it depends on.
    made
        Files that it leaves.
    work
        Does it.
    log
        File whose last line tells how far it has come.

    Returns
    -------
    bool
        Whether it was done now.
    """
    mark = folder / f"{made[0]}.key"
    if mark.exists() and mark.read_text(encoding="utf-8") == key and all((folder / file).exists() for file in made):
        return False
    mark.unlink(missing_ok=True)
    with Watch(name, (lambda: f"{name}: {last_line(folder / log)}") if log else None, who="fpga"):
        work()
    mark.write_text(key, encoding="utf-8")
    return True


def last_line(file: Path) -> str:
    """The last line of a log that says something, shortened."""
    if not file.exists():
        return "begins"
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - 4096))
        lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
    return next((line[:90] for line in reversed(lines) if line), "begins")
