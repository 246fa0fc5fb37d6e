"""The command line: what it prints, its exit codes, and that bad input is a line and leaves nothing behind."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from arch.config import PRESETS
from arch.rates import rates
from golden.run import ENGINES
from scripts.cli import main, parser
from tests.scripts.programs import X, copy, double_drive, dry

SOURCE = """\
.superlane 1
.preset tiny
.input x W.mem0 0:0 rows=2
.output y E.mem0 1:0 rows=2
.queue W.mem0
 0: Read a=0:0 s=E0 stride=1
 1: Repeat n=1
.queue E.mem0
 5: Write a=1:0 s=E0 stride=1
 6: Repeat n=1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a program in every form."""
    (tmp_path / "copy.bin").write_bytes(copy().to_bytes())
    (tmp_path / "double.bin").write_bytes(double_drive().to_bytes())
    (tmp_path / "dry.bin").write_bytes(dry().to_bytes())
    (tmp_path / "copy.sl").write_text(SOURCE)
    (tmp_path / "bad.sl").write_text(SOURCE.replace("Read", "Raed"))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "demo.sl").write_text(SOURCE)
    for name, rows in (("x", X), ("demo/x", X), ("x0", X[:1]), ("x1", X[:1]), ("tall", X[:1].repeat(9, 0))):
        np.save(tmp_path / f"{name}.npy", rows)
    np.save(tmp_path / "wide.npy", X.astype(np.int32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_info_tells_the_numbers_of_a_preset(capsys: pytest.CaptureFixture):
    assert main(["info", "--preset", "full"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "int8 MACs per cycle                         409,600" in lines
    assert any(line.split() == ["Notify", "35"] for line in lines)
    assert any(line.split() == ["mem", "88"] for line in lines)


def test_info_for_machines(capsys: pytest.CaptureFixture):
    assert main(["info", "--preset", "tiny", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["rates"] == rates(PRESETS["tiny"])
    assert record["fingerprint"] == PRESETS["tiny"].fingerprint.hex()
    assert len(record["queues"]) == 58
    assert main(["info", "--json"]) == 0
    assert [machine["name"] for machine in json.loads(capsys.readouterr().out)] == list(PRESETS)


@pytest.mark.parametrize("program", ["copy.bin", "copy.sl"])
def test_a_program_runs_from_file_and_text(folder, capsys, program):
    assert main(["run", program, "--preset", "tiny", "--input", "x=x.npy", "--dump", "-"]) == 0
    out, err = capsys.readouterr()
    assert "cycles    171 until idle" in out
    assert "y:\n     0  00010203 04050607\n     1  08090a0b 0c0d0e0f\n" in out
    assert err == ""


@pytest.mark.parametrize("program", ["demo", "demo/", "./demo"])
def test_a_folder_brings_its_own_inputs(folder, capsys, program):
    assert main(["run", program, "--json", "--dump", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["regions"] == {"y": X.tolist()}
    np.save(folder / "other.npy", X + 1)
    assert main(["run", program, "--json", "--dump", "-", "--input", "x=other.npy"]) == 0
    assert json.loads(capsys.readouterr().out)["regions"] == {"y": (X + 1).tolist()}


def test_dump_and_trace_are_written(folder, capsys):
    assert main(["run", "copy.bin", "--input", "x=x.npy", "--dump", "y.npz", "--trace", "t.csv"]) == 0
    with np.load("y.npz") as archive:
        assert list(archive) == ["y"] and np.array_equal(archive["y"], X)
    with open("t.csv", encoding="utf-8") as file:
        writes = [row for row in csv.DictReader(file) if row["instruction"].startswith("Write")]
    assert [(row["cycle"], row["queue"]) for row in writes] == [("5", "E.mem0"), ("6", "E.mem0")]
    assert main(["run", "copy.bin", "--input", "x=x.npy", "--trace", "t.jsonl"]) == 0
    assert json.loads(Path("t.jsonl").read_text().splitlines()[1])["cycle"] == 0
    capsys.readouterr()


def test_program_errors_and_faults_are_exit_code_1(folder, capsys):
    assert main(["run", "double.bin", "--input", "x0=x0.npy", "--input", "x1=x1.npy"]) == 1
    assert "W.mem1 cycle 0: two producers drive one stream register" in capsys.readouterr().out
    assert main(["run", "dry.bin", "--limit", "200", "--json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert record["stopped"] and record["cycles"] == 200 and record["faults"][0]["fault"] == "DRY"


@pytest.mark.parametrize("engine", list(ENGINES))
def test_engines_report_the_same(folder, capsys, engine):
    reports = []
    for options in ([], ["--engine", "golden"], ["--engine", engine]):
        assert main(["run", "demo", "--json", *options]) == 0
        reports.append({k: v for k, v in json.loads(capsys.readouterr().out).items() if k != "seconds"})
    assert reports[0] == reports[1] == reports[2]


def test_text_to_file_to_text_to_file(folder, capsys):
    assert main(["asm", "copy.sl", "-o", "a.bin"]) == 0
    assert main(["disasm", "a.bin", "-o", "a.sl"]) == 0
    assert main(["disasm", "a.bin"]) == 0
    assert capsys.readouterr().out == Path("a.sl").read_text()
    assert main(["asm", "a.sl", "-o", "b.bin"]) == 0
    assert Path("a.bin").read_bytes() == Path("b.bin").read_bytes()


def test_a_preset_supplies_the_machine_that_a_text_leaves_open(folder, capsys):
    (folder / "open.sl").write_text(SOURCE.replace(".preset tiny\n", ""))
    assert main(["run", "open.sl", "--preset", "tiny", "--input", "x=x.npy"]) == 0
    assert capsys.readouterr().out.startswith("machine   tiny: ")
    for options in ([], ["--preset", "huge"]):
        assert main(["run", "open.sl", *options]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["run", "copy.sl", "--preset", "small"]) == 2
    assert re.fullmatch(r"superlane: copy\.sl:2:\d+: wrong configuration: .*\n", capsys.readouterr().err)


def test_every_mistake_of_a_text_is_a_line(folder, capsys):
    (folder / "bad.sl").write_text(SOURCE.replace("Read", "Raed").replace("Write", "Wirte"))
    assert main(["asm", "bad.sl", "-o", "bad.bin"]) == 2
    lines = capsys.readouterr().err.splitlines()
    places = [re.match(r"superlane: bad\.sl:(\d+):\d+: ", line) for line in lines]
    assert {int(place[1]) for place in places if place} >= {6, 9} and all(places)


def test_a_program_error_that_follows_from_the_text_is_refused(folder, capsys):
    late = SOURCE.replace(" 5: Write", " 6: Write").replace(" 6: Repeat", " 7: Repeat")
    (folder / "late.sl").write_text(late)
    assert main(["run", "late.sl", "--input", "x=x.npy"]) == 2
    assert "reads a stream nobody defined" in capsys.readouterr().err


BAD = [
    ([], r"the following arguments are required: COMMAND \(see superlane --help\)"),
    (["fly"], r"argument COMMAND: invalid choice: 'fly' .*"),
    (["info", "--preset", "huge"], r"preset must be one of tiny, small, fpga, full, not 'huge'"),
    (["run"], r"the following arguments are required: PROGRAM \(see superlane run --help\)"),
    (["run", "none.bin"], r"none\.bin: No such file or directory"),
    (["run", "x.npy"], r"x\.npy: is neither a program file nor a source text \(UTF-8\)"),
    (["run", "copy.bin"], r"input 'x' is missing: the program's inputs are x"),
    (["run", "copy.bin", "--preset", "small"], r"copy\.bin: is for the machine 'tiny', not for preset 'small'"),
    (["run", "copy.bin", "--preset", "huge"], r"preset must be one of tiny, small, fpga, full, not 'huge'"),
    (["run", "copy.bin", "--input", "x"], r"--input must be NAME=FILE\.npy, not 'x'"),
    (["run", "copy.bin", "--input", "=x.npy"], r"--input must be NAME=FILE\.npy, not '=x\.npy'"),
    (["run", "copy.bin", "--input", "q=x.npy"], r"--input q: the program's inputs are x"),
    (["run", "dry.bin", "--input", "q=x.npy"], r"--input q: the program's inputs are none"),
    (["run", "copy.bin", "--input", "x=x.npy", "--input", "x=x.npy"], r"--input x is given twice"),
    (["run", "copy.bin", "--input", "x=none.npy"], r"none\.npy: No such file or directory"),
    (["run", "copy.bin", "--input", "x=copy.bin"], r"copy\.bin: not an \.npy array: .*"),
    (["run", "copy.bin", "--input", "x=wide.npy"], r"wide\.npy: .*elements must be uint8 or int8, not int32"),
    (
        ["run", "copy.bin", "--input", "x=tall.npy"],
        r"input 'x' must be uint8\[2, 8\] \(rows, vector\), not uint8\[9, 8\]",
    ),
    (["run", "copy.bin", "--limit", "0"], r"--limit must be a whole number of at least 1, not '0'"),
    (["run", "copy.bin", "--limit", "many"], r"--limit must be a whole number of at least 1, not 'many'"),
    (["run", "copy.bin", "--engine", "steam"], r"argument --engine: invalid choice: 'steam' .*"),
    (["run", "copy.bin", "--dump", "y.txt"], r"y\.txt: a dump must end in \.npz, or be - to print"),
    (["run", "copy.bin", "--dump", "no/y.npz"], r"no/y\.npz: there is no folder no"),
    (["run", "copy.bin", "--trace", "t.txt"], r"t\.txt: a trace file must end in \.csv or \.jsonl"),
    (["run", "copy.bin", "--trace", "no/t.csv"], r"no/t\.csv: there is no folder no"),
    (["run", "."], r".*\.sl: No such file or directory"),
    (["run", "bad.sl"], r"bad\.sl:6:\d+: .*Raed.*"),
    (["asm", "bad.sl", "-o", "bad.bin"], r"bad\.sl:6:\d+: .*Raed.*"),
    (["asm", "copy.sl"], r"the following arguments are required: -o/--output \(see superlane asm --help\)"),
    (["asm", "copy.sl", "-o", "demo"], r"demo: is a folder, not a file to write"),
    (["asm", "copy.sl", "-o", "no/a.bin"], r"no/a\.bin: there is no folder no"),
    (["asm", "copy.sl", "-o", "./copy.sl"], r"copy\.sl: is the file that is read, and would be overwritten"),
    (["disasm", "copy.bin", "-o", "copy.bin"], r"copy\.bin: is the file that is read, and would be overwritten"),
    (["asm", "copy.bin", "-o", "a.bin"], r"copy\.bin: is a program file already"),
    (["asm", "none.sl", "-o", "a.bin"], r"none\.sl: No such file or directory"),
    (["asm", "demo", "-o", "a.bin"], r"demo: is a folder, not a file"),
    (["disasm", "copy.sl"], r"copy\.sl: not a Superlane program: it does not start with the magic bytes"),
    (["disasm", "none.bin"], r"none\.bin: No such file or directory"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) or "nothing" for a, _ in BAD])
def test_bad_input_is_a_line_and_exit_code_2(folder, capsys, arguments, message):
    before = files(folder)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(f"superlane: {message}\n", err), err
    assert files(folder) == before


def test_a_damaged_program_is_refused(folder, capsys):
    data = bytearray(copy().to_bytes())
    data[100] ^= 1
    (folder / "damaged.bin").write_bytes(data)
    for command in (["run", "damaged.bin"], ["disasm", "damaged.bin"]):
        assert main(command) == 2
        expected = "superlane: damaged.bin: program file is damaged or cut short: its checksum does not match\n"
        assert capsys.readouterr().err == expected


def test_the_page_tells_every_command_and_option():
    page = (Path(__file__).resolve().parent.parent.parent / "docs" / "cli.md").read_text(encoding="utf-8")
    (commands,) = (action.choices for action in parser()._actions if isinstance(action.choices, dict))
    assert set(commands) == {"info", "quantize", "compile", "asm", "disasm", "run", "timeline"}
    for name, command in commands.items():
        _, found, section = page.partition(f"\n## superlane {name}")
        assert found, name
        for action in command._actions:
            option = (action.option_strings or [str(action.metavar)])[0]
            assert option in section.partition("\n## ")[0] or option == "-h", f"{name} {option}"


def test_the_version_is_that_of_the_project(capsys):
    project = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.*)"$', project, re.MULTILINE)
    with pytest.raises(SystemExit) as leave:
        main(["--version"])
    assert leave.value.code == 0
    assert capsys.readouterr().out == f"superlane {version}\n"


def test_help_is_no_error(capsys):
    with pytest.raises(SystemExit) as leave:
        main(["run", "--help"])
    assert leave.value.code == 0
    assert "Exit code 0: fine" in " ".join(capsys.readouterr().out.split())


#: The command is run from other folders, too.
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def _superlane(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "scripts.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


def test_the_process_leaves_with_the_exit_code_and_no_traceback():
    run = _superlane("run", "no such file")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", "superlane: no such file: No such file or directory\n")


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -m scripts.cli info --json | head -c 10"
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert run.stderr == "" and len(run.stdout) == 10


def test_closed_streams_are_no_error(folder):
    command = f"{sys.executable} -m scripts.cli"
    for arguments, code in (("info >&-", 0), ("disasm copy.bin >&-", 0), ("run none 2>&-", 2)):
        run = subprocess.run(["sh", "-c", f"{command} {arguments}"], capture_output=True, text=True, env=_ENVIRONMENT)
        assert (run.returncode, run.stderr) == (code, ""), arguments


def test_an_output_that_is_a_circle_of_links_is_replaced(folder):
    (folder / "circle").symlink_to("circle")
    assert main(["asm", "copy.sl", "-o", "circle"]) == 0
    assert main(["disasm", "circle", "-o", "copy.txt"]) == 0


def test_a_text_with_a_mark_of_byte_order_is_a_text(folder):
    (folder / "marked.sl").write_bytes("\ufeff".encode() + SOURCE.replace("\n", "\r\n").encode())
    assert main(["asm", "marked.sl", "-o", "marked.bin"]) == 0
    assert main(["asm", "copy.sl", "-o", "plain.bin"]) == 0
    assert Path("marked.bin").read_bytes() == Path("plain.bin").read_bytes()
