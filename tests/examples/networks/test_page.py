"""docs/bring-your-model.md: its Python runs and says what it should, its commands are commands."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from scripts.cli import parser

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bring-your-model.md"


def test_its_python_says_what_the_page_promises():
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(program, str(PAGE), "exec"), {})
    same, right = said.getvalue().splitlines()
    assert same == "same bits: True"
    assert float(right.removeprefix("right: ")) > 0.98


def commands() -> list[str]:
    return re.findall(r"^superlane (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_has_commands():
    assert [line.split()[0] for line in commands()] == ["quantize", "compile", "run"]


@pytest.mark.parametrize("line", commands(), ids=[line.split()[0] for line in commands()])
def test_its_commands_can_be_given(line: str):
    words = shlex.split(line)
    if f"{words[0]} " not in parser().format_help():
        pytest.skip(f"superlane {words[0]}: not there yet")
    assert parser().parse_args(words).command
