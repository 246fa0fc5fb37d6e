"""Files of a session: what it is told, and what it leaves."""

import json
from pathlib import Path

import numpy as np

from arch.faults import Fault
from arch.program import Program
from arch.queues import queues
from compiler.asm.trace import Issue
from golden.result import FaultEntry
from tb.hostlink import session
from tb.hostlink.driver import Outcome, Reports
from tb.hostlink.session import Settings
from tests.scripts.programs import TINY, X, copy

EARLY, LATE = FaultEntry(0, 1, Fault.DRY, 99, 3), FaultEntry(2, 0, Fault.ECC, 100, 1)


def test_a_folder_is_made_ready_and_rid_of_what_was_there(tmp_path: Path):
    folder = tmp_path / "new"
    for settings in (Settings(500, 2), Settings(), Settings(backdoor=True, watched=(3, 4))):
        session.prepare(folder, copy(), {"x": X}, settings)
        assert Program.from_bytes((folder / session.PROGRAM).read_bytes()) == copy()
        assert Settings(**json.loads((folder / session.SETTINGS).read_text(encoding="utf-8"))) == settings
        with np.load(folder / session.INPUTS) as found:
            assert [found[name].tolist() for name in found] == [X.tolist()]
        assert not (folder / session.OUTCOME).exists() and not (folder / session.PROGRESS).exists()
        for name in (session.OUTCOME, session.PROGRESS):
            (folder / name).write_text("old")


def test_what_a_session_leaves_is_read_back(tmp_path: Path):
    """Of a run that its limit stopped, faults in later cycles do not count; else all do."""
    counters = {queue.index: (queue.index, 2 * queue.index) for queue in queues(TINY)}
    reports = Reports((EARLY, LATE), {(3, 1): 7})
    for stopped, faults in ((False, (EARLY, LATE)), (True, (EARLY,))):
        steps = session._Steps(tmp_path)
        session._save(tmp_path, copy(), Outcome(100, stopped), {"y": X, "cycles": X + 1}, reports, counters, steps)
        found = session.load_outcome(tmp_path)
        assert (found.cycles, found.stopped, found.faults) == (100, stopped, faults)
        assert found.regions.keys() == {"y", "cycles"} and (found.regions["cycles"] == X + 1).all()
        assert found.corrected[3, 1] == found.corrected.sum() == 7
        assert found.issues is None, "nobody asked"
        assert [(a, b) for a, b in zip(found.issued, found.parked, strict=True)] == list(counters.values())


def test_issues_before_the_end_are_read_back():
    word = (1 << 127) | 5
    issues = [Issue(0, 3, word, 0), Issue(9, 4, 0, 0), Issue(10, 3, word, 0)]
    assert session._issues(session._table(issues, 10)) == tuple(issues[:2])
    assert session._issues(session._table([], 10)) == ()
