"""The page that tells of all faults and what noticed each."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from scripts.mutate.fault import Fault
from scripts.mutate.trial import Outcome, Verdict
from scripts.pages.markdown import code, table
from scripts.pages.markdown import page as joined

_HEAD = """# The mutation check

`make mutate` puts single faults into the hardware, one at a time, in a copy of the project, and runs the tests of the
unit in which the fault lies. A fault counts as caught only if a test saw a wrong value, or a right one in the wrong
cycle; a test that merely could not run does not count. The list is `scripts/mutate/faults`; what is below was written
by the command.

{caught} of {total} faults caught.
"""


def page(trials: Sequence[tuple[Fault, Outcome]]) -> str:
    """Text of the page, in the order of the list."""
    caught = sum(outcome.verdict is Verdict.CAUGHT for _, outcome in trials)
    parts = [_HEAD.format(caught=caught, total=len(trials))]
    units = Counter(_unit(fault) for fault, _ in trials)
    for unit in units:
        rows = [_row(fault, outcome) for fault, outcome in trials if _unit(fault) == unit]
        parts += [f"## {unit}", table(("fault", "file", "seen by"), rows)]
    return joined(*parts)


def _unit(fault: Fault) -> str:
    """Folder of the unit; what lies in none is shared by all."""
    folder = PurePosixPath(fault.file).parent.name
    return {"hdl": "Shared", "host": "Host port", "float": "Floating point", "icu": "Queues"}.get(
        folder, folder.upper()
    )


def _row(fault: Fault, outcome: Outcome) -> tuple[str, str, str]:
    seen = outcome.verdict.value
    if outcome.verdict is Verdict.CAUGHT:
        seen = code(outcome.test.removeprefix("tests/hdl/"))
    return fault.meaning, code(fault.file.removeprefix("hdl/")), seen
