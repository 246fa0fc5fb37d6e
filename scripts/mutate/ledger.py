"""What trials found, kept between runs: after an interruption, or a change of some sources, only the rest runs anew."""

import json
from pathlib import Path

from scripts.mutate.fault import Fault
from scripts.mutate.sources import SETTINGS, closure, digest
from scripts.mutate.trial import Outcome, Verdict

#: Kinds of entries that are kept. An endless or a broken trial is tried again.
KEPT = (Verdict.CAUGHT, Verdict.SURVIVED)


def key(root: Path, tests: tuple[str, ...], fault: Fault | None = None) -> str:
    """Digest of all that decides how a trial ends: the sources that the tests depend on, and the fault."""
    files = closure(root, (test.partition("::")[0] for test in tests))
    if fault is not None and fault.file not in files:
        raise ValueError(f"{fault.file}: none of {', '.join(tests)} depends on it ({fault.meaning})")
    settings = [name for name in SETTINGS if (root / name).is_file()]
    change = [fault.file, fault.old, fault.new] if fault else []
    return digest(root, [*files, *settings]) + json.dumps([tests, change])


class Ledger:
    """Outcomes by key, in a file that is replaced whole.

    Parameters
    ----------
    file
        Where they are kept. One that cannot be read counts as empty.
    """

    def __init__(self, file: Path):
        self._file = file
        try:
            self._entries: dict[str, list[str]] = dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            self._entries = {}

    def get(self, name: str) -> Outcome | None:
        """Outcome of a key, if it is known."""
        entry = self._entries.get(name)
        return None if entry is None else Outcome(Verdict[entry[0]], *entry[1:])

    def put(self, name: str, outcome: Outcome) -> None:
        """Keep an outcome."""
        if outcome.verdict not in KEPT:
            return
        self._entries[name] = [outcome.verdict.name, outcome.test, outcome.message]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._entries), encoding="utf-8")
        fresh.replace(self._file)
