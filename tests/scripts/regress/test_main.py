"""The command: what it refuses, one seed, all machines, the page of what has run."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.regress import __main__ as command
from scripts.regress import ledger
from scripts.regress.batch import Agreement, Case, Outcome
from scripts.regress.ledger import Ledger
from tb import verilator


class FakeBatch:
    """Every program agrees, but those of seed 1."""

    def __init__(self, model: verilator.Model, folder: Path) -> None:
        self.machine = folder.name

    def __call__(self, cases: Sequence[Case], fuse: int) -> Outcome:
        bad = [program.meta == '{"seed": 1}' for program, _ in cases] + [True]
        return Outcome(tuple(Agreement(9, {}) for _ in range(bad.index(True))), "cycle 3" if any(bad[:-1]) else "")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "build" / "regress"
    found.mkdir(parents=True)
    monkeypatch.setattr(command, "FOLDER", found)
    monkeypatch.setattr(command, "Batch", FakeBatch)
    monkeypatch.setattr(
        command, "lockstep_model", lambda config: verilator.Model(Path(f"{config.name}_1"), config.name)
    )
    return found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--machine", "huge"], "preset must be one of "),
        (["--seeds", "0"], "seeds must be at least 1, not 0"),
        (["--report"], "nothing has run yet: make regress runs the programs that the page counts"),
    ],
)
def test_what_cannot_be(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"regress: {message}")
    assert error.count("\n") == 1


def test_machines_that_agree(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert command.main(["--machine", "nano", "--machine", "spare", "--seeds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "regress: 2 of 2 random programs on 2 machines; all agree",
        "regress: what they covered is in build/regress/coverage.md",
    ]
    assert "| spare | 1 | 9 | 0 | 0: 1 |" in (folder / "coverage.md").read_text(encoding="utf-8")


def test_machines_that_differ(capsys: pytest.CaptureFixture[str]):
    assert command.main(["--machine", "nano", "--seeds", "2"]) == 1
    assert "regress: 1 of 2 random programs on 1 machines; 1 differ" in capsys.readouterr().out


def test_the_node_tests_belong_to_it(monkeypatch: pytest.MonkeyPatch):
    ran: list[list[str]] = []

    def nodes(arguments: list[str]) -> int:
        ran.append(arguments)
        return 1

    monkeypatch.setattr(command.node_tests, "main", nodes)
    monkeypatch.setattr(command, "SHARES", {"nano": 1})
    assert command.main([]) == 1, "a node test fails, though all programs agree"
    assert command.main(["--nodes"]) == 1
    assert ran == [["--check"]] * 2
    assert command.main(["--machine", "nano", "--seeds", "1"]) == 0
    assert len(ran) == 2


def test_one_seed(capsys: pytest.CaptureFixture[str]):
    assert command.main(["--machine", "nano", "--seed", "0"]) == 0
    assert capsys.readouterr().out == "nano: seed 0 agrees\n"
    assert command.main(["--machine", "nano", "--seed", "1"]) == 1
    assert capsys.readouterr().out.startswith("nano: seed 1 differs:\ncycle 3\nreplay or shrink: ")


def test_a_run_that_is_stopped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def stop(_config: object) -> verilator.Model:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "lockstep_model", stop)
    assert command.main(["--machine", "nano"]) == 130
    assert capsys.readouterr().err == "regress: stopped; what agreed is kept, and the next run goes on there\n"


def test_the_page_counts_the_latest_ledger_of_each_machine(folder: Path, capsys: pytest.CaptureFixture[str]):
    for time, (model, book) in enumerate(
        (("new", Ledger("nano", {1, 2, 3})), ("old", Ledger("nano", {1})), ("x", Ledger("tiny", {5})))
    ):
        ledger.save(folder, model, book)
        os.utime(folder / f"{model}.json", (100 - time, 100 - time))
    (folder / "other.json").write_text("[]", encoding="utf-8")
    assert command.main(["--report"]) == 0
    assert capsys.readouterr().out == "regress: 4 programs, in coverage.md\n"
    assert "| nano | 3 |" in (folder / "coverage.md").read_text(encoding="utf-8")
