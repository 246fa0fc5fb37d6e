"""`superlane timeline` from the command line: files, exit codes, messages."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.cli import main
from tests.scripts.programs import X, copy, dry


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with programs, an input, and a trace."""
    monkeypatch.chdir(tmp_path)
    Path("copy.bin").write_bytes(copy().to_bytes())
    Path("dry.bin").write_bytes(dry().to_bytes())
    np.save("x.npy", X)
    assert main(["run", "copy.bin", "--input", "x=x.npy", "--engine", "step", "--trace", "t.jsonl"]) == 0
    return tmp_path


def test_a_page_and_a_trace_are_written(folder: Path, capsys):
    capsys.readouterr()
    assert main(["timeline", "copy.bin", "--perfetto", "p.json"]) == 0
    assert capsys.readouterr().out == "copy.html: 171 cycles, 62 issues in 61 runs\n"
    assert Path("copy.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(Path("p.json").read_text())["traceEvents"]


def test_what_happened_is_as_promised(folder: Path, capsys):
    capsys.readouterr()
    assert main(["timeline", "copy.bin", "-o", "page.html", "--trace", "t.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert out == "page.html: 171 cycles, 62 issues in 61 runs; 62 issues happened, all as promised\n"
    assert err == ""


def test_a_difference_is_told_and_makes_exit_code_1(folder: Path, capsys):
    lines = Path("t.jsonl").read_text().splitlines()
    wrong = [line.replace("a=1:0", "a=1:3") for line in lines if '"cycle": 1, "queue": "W.mem0"' not in line]
    Path("wrong.jsonl").write_text("\n".join(wrong))
    capsys.readouterr()
    assert main(["timeline", "copy.bin", "--trace", "wrong.jsonl"]) == 1
    out, err = capsys.readouterr()
    assert out == "copy.html: 171 cycles, 62 issues in 61 runs; 61 issues happened, 2 differences\n"
    assert err.splitlines() == [
        "superlane: cycle 1 W.mem0: promised, and did not happen: Read a=0:1 s=E0 stride=1",
        "superlane: cycle 5 E.mem0: another instruction than promised: Write a=1:0 s=E0 / Write a=1:3 s=E0",
    ]


def test_many_differences_are_counted(folder: Path, capsys):
    Path("empty.jsonl").write_text("")
    assert main(["timeline", "copy.bin", "--trace", "empty.jsonl"]) == 1
    out, err = capsys.readouterr()
    assert "; 0 issues happened, 62 differences" in out
    assert err.splitlines()[-1] == "superlane: and 52 more"


def test_a_program_without_end_is_shown_up_to_the_limit(folder: Path, capsys):
    assert main(["timeline", "dry.bin", "--limit", "30"]) == 0
    assert "30 cycles, 57 issues in 57 runs, not followed to its end\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.bin"], "no.bin: No such file or directory"),
        (["copy.bin", "-o", "page.txt"], "page.txt: must end in .html"),
        (["copy.bin", "-o", "no/page.html"], "no/page.html: there is no folder no"),
        (["copy.bin", "--perfetto", "p.txt"], "p.txt: must end in .json"),
        (["copy.bin", "--trace", "t.txt"], "t.txt: a trace file must end in .csv or .jsonl"),
        (["copy.bin", "--trace", "none.csv"], "none.csv: No such file or directory"),
        (["copy.bin", "--trace", "broken.jsonl"], "broken.jsonl:1: no trace: has no 'queue'"),
        (["copy.bin", "--trace", "copy.jsonl"], "copy.jsonl: is neither a program file nor a source text (UTF-8)"),
        (["copy.bin", "--limit", "0"], "--limit must be a whole number of at least 1, not '0'"),
        (["copy.bin", "--preset", "full"], "copy.bin: is for the machine 'tiny', not for preset 'full'"),
        (["meta.sl"], "meta.sl: meta.labels must be a list"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(folder: Path, capsys, arguments: list[str], message: str):
    Path("broken.jsonl").write_text("{}\n")
    Path("copy.jsonl").write_bytes(copy().to_bytes())
    Path("meta.sl").write_text('.superlane 1\n.preset tiny\n.meta "{\\"labels\\": 1}"\n')
    before = sorted(path.name for path in folder.iterdir())
    capsys.readouterr()
    assert main(["timeline", *arguments]) == 2
    assert capsys.readouterr() == ("", f"superlane: {message}\n")
    assert sorted(path.name for path in folder.iterdir()) == before
