"""The mutation check itself, on a project of three files: what is caught, what survives, what does not apply."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.mutate import __main__ as mutate
from scripts.mutate.fault import Fault, problems
from scripts.mutate.faults import FAULTS
from scripts.mutate.ledger import Ledger, key
from scripts.mutate.page import page
from scripts.mutate.sources import closure
from scripts.mutate.trial import Copy, Outcome, Verdict

ROOT = Path(__file__).resolve().parents[3]
PROJECT: Mapping[str, str] = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\nmarkers = ["slow", "rtl"]\n',
    "arch/__init__.py": "",
    "arch/size.py": "WIDTH = 8\n",
    "hdl/__init__.py": "",
    "hdl/adder.py": "from arch.size import WIDTH\n\n\ndef add(a, b):\n    return (a + b) % (1 << WIDTH)\n",
    "hdl/other.py": "X = 1\n",
    "tests/__init__.py": "",
    "tests/test_adder.py": (
        "from hdl.adder import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n\n\n"
        "def test_wrap():\n    assert add(255, 1) == 0\n"
    ),
}
TESTS = ("tests/test_adder.py",)
CARRY = Fault("hdl/adder.py", "a + b", "a ^ b", "a dropped carry", TESTS)
HARMLESS = Fault("hdl/adder.py", "a + b", "b + a", "nothing at all", TESTS)
CRASH = Fault("hdl/adder.py", "a + b", "a + c", "a name that is not there", TESTS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an adder and its test."""
    root = tmp_path / "project"
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_trial_tells_what_a_wrong_value_is_and_leaves_the_copy_whole(project: Path, tmp_path: Path):
    copy = Copy(project, tmp_path / "copy")
    caught = copy.run(TESTS, CARRY)
    assert (caught.verdict, caught.test) == (Verdict.CAUGHT, "tests/test_adder.py::test_wrap")
    assert copy.run(TESTS, HARMLESS).verdict is Verdict.SURVIVED
    crash = copy.run(TESTS, CRASH)
    assert crash.verdict is Verdict.BROKEN and "NameError" in crash.message
    assert copy.run(("tests/missing.py",)).verdict is Verdict.BROKEN
    assert copy.run(TESTS).verdict is Verdict.SURVIVED
    assert (copy.folder / CARRY.file).read_text() == (project / CARRY.file).read_text() == PROJECT[CARRY.file]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"old": "a - b"}, "hdl/adder.py: 'a - b' must stand there once, not 0 times (a dropped carry)"),
        ({"old": "a"}, "hdl/adder.py: 'a' must stand there once, not "),
        ({"new": "a + b"}, "hdl/adder.py: old and new text must differ (a dropped carry)"),
        ({"file": "hdl/no.py"}, "hdl/no.py: there is no such file (a dropped carry)"),
        ({"tests": ()}, "hdl/adder.py: a fault must name the tests that notice it (a dropped carry)"),
        ({"tests": ("tests/no.py::test_x",)}, "hdl/adder.py: no test file tests/no.py (a dropped carry)"),
    ],
)
def test_faults_that_do_not_apply_are_told(project: Path, changes: dict, message: str):
    found = problems([Fault(**{**CARRY.__dict__, **changes})], project)
    assert len(found) == 1 and found[0].startswith(message)


def test_a_fault_that_comes_twice_is_told(project: Path):
    assert problems([CARRY, HARMLESS], project) == []
    assert problems([CARRY, CARRY], project) == ["hdl/adder.py: a fault must stand in the list once (a dropped carry)"]


def test_what_a_test_depends_on_decides_whether_it_runs_anew(project: Path):
    files = ["arch/__init__.py", "arch/size.py", "hdl/__init__.py", "hdl/adder.py", "tests/test_adder.py"]
    assert closure(project, TESTS) == files
    before = key(project, TESTS, CARRY)
    (project / "hdl/other.py").write_text("X = 2\n")
    assert key(project, TESTS, CARRY) == before
    assert key(project, TESTS, HARMLESS) != before != key(project, TESTS)
    for name in ("arch/size.py", "tests/test_adder.py", "pyproject.toml"):
        before = key(project, TESTS, CARRY)
        with (project / name).open("a") as file:
            file.write("# changed\n")
        assert key(project, TESTS, CARRY) != before, name
    with pytest.raises(ValueError, match=r"^hdl/other.py: none of tests/test_adder.py depends on it \(x\)$"):
        key(project, TESTS, Fault("hdl/other.py", "X", "Y", "x", TESTS))


def test_the_ledger_keeps_what_is_settled(tmp_path: Path):
    file = tmp_path / "deep" / "outcomes.json"
    ledger, outcome = Ledger(file), Outcome(Verdict.CAUGHT, "t", "assert 1 == 2")
    ledger.put("a", outcome)
    ledger.put("b", Outcome(Verdict.BROKEN, message="no compiler"))
    again = Ledger(file)
    assert again.get("a") == outcome and again.get("b") is None
    file.write_text("{ cut off")
    assert Ledger(file).get("a") is None


def command(monkeypatch: pytest.MonkeyPatch, project: Path, faults: list[Fault], *arguments: str) -> SimpleNamespace:
    """Run the command on the project; its code, and how many trials ran."""
    copies = []

    class Counted(Copy):
        def run(self, tests, fault=None):
            copies.append(fault)
            return super().run(tests, fault)

    monkeypatch.setattr(mutate, "Copy", Counted)
    for name, value in (("ROOT", project), ("FOLDER", project / "build"), ("FAULTS", tuple(faults))):
        monkeypatch.setattr(mutate, name, value)
    monkeypatch.setattr(mutate, "PAGE", project / "mutations.md")
    return SimpleNamespace(code=mutate.main(arguments), trials=len(copies))


def test_the_command_resumes_and_fails_for_a_survivor(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    text = project / "mutations.md"
    first = command(monkeypatch, project, [CARRY])
    assert (first.code, first.trials) == (0, 2)
    assert "1 of 1 faults caught." in text.read_text()
    assert "| a dropped carry | `adder.py` | `tests/test_adder.py::test_wrap` |" in text.read_text()
    again = command(monkeypatch, project, [CARRY, HARMLESS])
    assert (again.code, again.trials) == (1, 1)
    assert "hdl/adder.py: nothing at all: survived: every test passed" in capsys.readouterr().err
    assert "1 of 2 faults caught." in text.read_text()
    text.unlink()
    assert command(monkeypatch, project, [CARRY], "--only", "carry").code == 0
    assert not text.exists()


def test_the_command_refuses_what_cannot_be(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    gone = Fault("hdl/adder.py", "a * b", "a + b", "a product", TESTS)
    assert command(monkeypatch, project, [CARRY, gone]).code == 2
    assert "must stand there once, not 0 times (a product)" in capsys.readouterr().err
    assert command(monkeypatch, project, [CARRY], "--only", "no such").code == 2
    assert "no fault has 'no such'" in capsys.readouterr().err
    (project / "tests/test_adder.py").write_text(
        "from hdl.adder import add\n\n\ndef test_x():\n    assert add(1, 1) == 3\n"
    )
    assert command(monkeypatch, project, [CARRY]).code == 2
    assert "tests/test_adder.py must pass without a fault" in capsys.readouterr().err
    assert not (project / "mutations.md").exists()


def test_the_page_tells_of_those_that_survive():
    text = page(
        [(CARRY, Outcome(Verdict.CAUGHT, "tests/hdl/test_x.py::test_y")), (HARMLESS, Outcome(Verdict.SURVIVED))]
    )
    assert "| a dropped carry | `adder.py` | `test_x.py::test_y` |" in text
    assert "| nothing at all | `adder.py` | survived: every test passed |" in text
    assert "1 of 2 faults caught." in text


def test_the_list_is_long_and_covers_every_unit():
    folders = {fault.file.rpartition("/")[0] for fault in FAULTS}
    assert len(FAULTS) >= 60
    assert folders >= {"hdl", *(f"hdl/{unit}" for unit in ("icu", "mem", "vxm", "mxm", "sxm", "c2c", "float", "host"))}
    assert len({(fault.file, fault.meaning) for fault in FAULTS}) == len(FAULTS)


def test_every_fault_of_the_list_applies():
    assert problems(FAULTS, ROOT) == []
