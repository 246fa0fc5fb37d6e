"""`superlane run --engine rtl` as a user starts it: the hardware is exported, built and simulated."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.cli import main
from scripts.sim.view import views
from tb import verilator
from tests.tb.hostlink import programs
from tests.tb.hostlink.config import HOSTED
from tests.tb.programs import noise, trouble

pytestmark = [pytest.mark.rtl, pytest.mark.slow]

RTL = ["--engine", "rtl", "--compare"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    try:
        verilator.root()
    except verilator.MissingToolError as error:
        pytest.skip(str(error))
    (tmp_path / "copy.slp").write_bytes(programs.copying(HOSTED).to_bytes())
    (tmp_path / "trouble.slp").write_bytes(trouble(HOSTED).to_bytes())
    np.save(tmp_path / "x.npy", noise(1, programs.SOURCE_ROWS, HOSTED))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("fuse", [None, HOSTED.superlanes])
def test_a_program_gives_what_the_golden_model_gives(folder: Path, capsys, fuse: int | None):
    options = [] if fuse is None else ["--fuse", str(fuse)]
    assert main(["run", "copy.slp", "--input", "source=x.npy", "--json", "--dump", "-"]) == 0
    golden = json.loads(capsys.readouterr().out)
    assert main(["run", "copy.slp", "--input", "source=x.npy", "--json", "--dump", "-", *RTL, *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("differences") == [] and found.pop("engine") == "rtl" and golden.pop("engine") == "golden"
    assert found.pop("seconds") > 0 and golden.pop("seconds") > 0
    assert found == golden and found["regions"]["target"]


def test_faults_are_the_same(folder: Path, capsys):
    assert main(["run", "trouble.slp", *RTL]) == 1
    out = capsys.readouterr().out
    assert "compare   equal" in out and "faults: none" not in out


def test_a_program_that_is_stopped_leaves_what_it_wrote(folder: Path, capsys):
    assert main(["run", "copy.slp", "--input", "source=x.npy", *RTL, "--limit", "60", "--dump", "y.npz"]) == 1
    out = capsys.readouterr().out
    assert "cycles    60 stopped at the limit" in out and "like the golden model" in out
    with np.load("y.npz") as archive:
        assert archive["target"].any()


def test_a_trace_is_what_the_program_promises(folder: Path, capsys):
    given = ["run", "copy.slp", "--input", "source=x.npy"]
    assert main([*given, *RTL, "--trace", "rtl.jsonl"]) == 0
    assert main(["timeline", "copy.slp", "--trace", "rtl.jsonl"]) == 0
    assert "all as promised" in capsys.readouterr().out
    assert main([*given, "--trace", "golden.jsonl"]) == 0
    ours, theirs = ((folder / name).read_text().splitlines() for name in ("rtl.jsonl", "golden.jsonl"))
    assert ours[0] == theirs[0] and len(ours) == len(theirs) > 10
    # The same program with a later start of one queue is not what happened.
    assert main(["timeline", "trouble.slp", "--trace", "rtl.jsonl"]) == 1
    capsys.readouterr()


def test_a_waveform_holds_what_its_views_name(folder: Path, capsys):
    assert main(["run", "copy.slp", "--input", "source=x.npy", "--engine", "rtl", "--waves", "w.vcd"]) == 0
    scopes: list[str] = []
    names = set()
    with (folder / "w.vcd").open(encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words[:1] == ["$scope"]:
                scopes.append(words[2])
            elif words[:1] == ["$upscope"]:
                scopes.pop()
            elif words[:1] == ["$var"]:
                names.add(".".join((*scopes, words[4])) + ("" if words[5] == "$end" else words[5]))
            elif words[:1] == ["$enddefinitions"]:
                break
        assert any(line.startswith("#") for line in file), "time passes"
    one, other = views(folder / "w.vcd")
    shown = [line for line in one.read_text(encoding="utf-8").splitlines() if line.startswith("superlane_chip")]
    assert shown and set(shown) <= names
    added = [line.split()[1] for line in other.read_text(encoding="utf-8").splitlines() if "variable_add" in line]
    assert added == [name.partition("[")[0] for name in shown]
    capsys.readouterr()
