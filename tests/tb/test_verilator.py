"""Builds of the same model by several processes at a time."""

import subprocess
import sys
from pathlib import Path

from tb.verilator import alone

#: Notes when it has the lock and when it gives it back.
WORKER = """
import sys, time
from pathlib import Path
from tb.verilator import alone
folder = Path(sys.argv[1])
with alone(folder):
    with (folder.parent / "notes").open("a") as notes:
        notes.write("in ")
        notes.flush()
        time.sleep(0.2)
        notes.write("out ")
"""


def test_who_wants_what_another_process_builds_waits(tmp_path: Path):
    folder, root = tmp_path / "builds" / "model", Path(__file__).resolve().parents[2]
    with alone(folder):
        command = [sys.executable, "-c", WORKER, str(folder)]
        workers = [subprocess.Popen(command, cwd=root) for _ in range(3)]
        try:
            for worker in workers:
                worker.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            pass
        assert not (tmp_path / "builds" / "notes").exists()
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    assert (tmp_path / "builds" / "notes").read_text() == "in out " * 3
