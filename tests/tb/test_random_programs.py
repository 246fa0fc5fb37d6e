"""The entry by which a seed is looked at."""

from pathlib import Path

import pytest

from arch.program import Program
from tb.random_programs import CONFIGS, Schedule, generate, listing, main, named, summary


def test_a_seed_is_listed(capsys: pytest.CaptureFixture[str]):
    assert main(["--preset", "tiny", "--seed", "7", "--cycles", "60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    schedule = generate(CONFIGS["tiny"], 7, cycles=60)
    assert lines == [*summary(schedule), *listing(schedule)]
    assert lines[0].startswith("tiny, seed 7: ")
    assert "W.mem0" in lines
    assert any(line.strip().startswith("3: Read ") or ": Read a=" in line for line in lines)


def test_a_summary_is_two_lines(capsys: pytest.CaptureFixture[str]):
    assert main(["--preset", "2x16", "--cycles", "40", "--summary"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_program_file_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "seven.slp"
    assert main(["--seed", "7", "--cycles", "40", "--summary", "--out", str(path)]) == 0
    assert Program.from_bytes(path.read_bytes()) == generate(CONFIGS["tiny"], 7, cycles=40).program()


def test_a_faulty_program_lists_what_is_no_instruction(capsys: pytest.CaptureFixture[str]):
    assert main(["--seed", "3", "--faulty"]) == 0
    assert ".word 0x" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "huge"], "random_programs: preset must be one of tiny, small, fpga, full, one, "),
        (["--density", "2"], "random_programs: density must be from 0 to 1, not 2.0"),
        (["--cycles", "-1"], "random_programs: cycles must not be negative, not -1"),
        (["--cycles", "1", "--out", "missing/folder/x"], "random_programs: [Errno 2]"),
    ],
)
def test_wrong_options_give_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("name", [*CONFIGS, "full"])
def test_machines_are_found_by_name(name: str):
    assert named(name).name == name


def test_schedules_are_values():
    assert isinstance(generate(CONFIGS["one"], 1, cycles=10), Schedule)
    assert generate(CONFIGS["one"], 1, cycles=10) == generate(CONFIGS["one"], 1, cycles=10)
