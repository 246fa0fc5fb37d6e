"""Rules that hold for every file of the repository; each check is shown to fail on a planted fault."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Longest Python file, in lines.
LONGEST = 350

#: Tables of data that may be longer, each with its reason.
TABLES: dict[str, str] = {}

#: Folders of one machine. An absolute path into them works on no other.
MACHINE_FOLDERS = ("root", "work", "tmp", "home")
MACHINE_PATH = re.compile(rf"(?:^|[\s\"'`=(\[<,:/])(/(?:{'|'.join(MACHINE_FOLDERS)})/)")


@cache
def tracked_texts() -> dict[str, str]:
    """Return {path: text} of every text file that git tracks, as it stands in the working tree."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: the list of tracked files is unknown")
    texts = {}
    for name in filter(None, listing.stdout.split("\0")):
        try:
            texts[name] = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # binary, or deleted and not yet committed, or a submodule
    return texts


def machine_paths(text: str) -> list[int]:
    """Return the lines of `text` that name a folder of one machine."""
    return [number for number, line in enumerate(text.splitlines(), 1) if MACHINE_PATH.search(line)]


def star_imports(source: str) -> list[int]:
    """Return the lines of `source` that import everything."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    return [node.lineno for node in nodes if any(alias.name == "*" for alias in node.names)]


def requirements(project: dict) -> Iterable[str]:
    """Return every direct requirement of a pyproject file, that of the build included."""
    yield from project["build-system"]["requires"]
    yield from project["project"].get("dependencies", [])
    for group in project["project"].get("optional-dependencies", {}).values():
        yield from group


def loose_requirements(text: str) -> list[str]:
    """Return the requirements in the pyproject `text` that are not pinned, or have no reason beside them."""
    loose = []
    for requirement in requirements(tomllib.loads(text)):
        pinned = re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[A-Za-z0-9.]+", requirement)
        reason = re.search(rf'"{re.escape(requirement)}",? +# \S+ \S+', text)
        if not (pinned and reason):
            loose.append(requirement)
    return loose


def test_no_file_names_a_folder_of_one_machine():
    found = [f"{name}:{line}" for name, text in tracked_texts().items() for line in machine_paths(text)]
    assert found == []


def test_no_python_file_is_too_long():
    lengths = {name: text.count("\n") for name, text in tracked_texts().items() if name.endswith(".py")}
    too_long = {name: n for name, n in lengths.items() if n > LONGEST and name not in TABLES}
    assert too_long == {}


def test_nothing_is_imported_by_star():
    python = {name: text for name, text in tracked_texts().items() if name.endswith(".py")}
    assert [f"{name}:{line}" for name, text in python.items() for line in star_imports(text)] == []


def test_every_dependency_is_pinned_and_has_a_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "numpy" in text
    assert loose_requirements(text) == []


@pytest.mark.parametrize("package", ["golden", "hdl", "compiler", "tb", "scripts"])
def test_a_package_is_found_from_any_folder(package: str, tmp_path: Path):
    program = f"import {package}; print({package}.__file__)"
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, f"{package} is not installed (make setup): {run.stderr}"
    assert Path(run.stdout.strip()) == ROOT / package / "__init__.py"


@pytest.mark.parametrize("folder", MACHINE_FOLDERS)
@pytest.mark.parametrize("before", ["", "see ", '"', "file://", "PATH=", "a:", "("])
def test_a_planted_machine_path_is_found(folder: str, before: str):
    assert machine_paths(f"first\n{before}/{folder}/x") == [2]


@pytest.mark.parametrize("folder", MACHINE_FOLDERS)
@pytest.mark.parametrize("before", ["build", "..", "example.org", "$(OUT)"])
def test_other_paths_are_left_alone(before: str, folder: str):
    assert machine_paths(f"{before}/{folder}/x") == []
    assert machine_paths("/".join(("", "usr", "bin", ""))) == []


def test_a_planted_star_import_is_found():
    assert star_imports("import os\nfrom os import *\n# from os import *\n") == [2]


@pytest.mark.parametrize(
    ("entry", "loose"),
    [
        ('"numpy==2.4.6", # golden model', []),
        ('"numpy[extra]==2.4.6", # golden model', []),
        ('"numpy==2.4.6",', ["numpy==2.4.6"]),
        ('"numpy==2.4.6", # TODO', ["numpy==2.4.6"]),
        ('"numpy>=2.4.6", # golden model', ["numpy>=2.4.6"]),
        ('"numpy==2.*", # golden model', ["numpy==2.*"]),
        ('"numpy", # golden model', ["numpy"]),
    ],
)
@pytest.mark.parametrize("place", ["build", "dependencies", "optional"])
def test_a_planted_loose_dependency_is_found(entry: str, loose: list[str], place: str):
    lists = {name: entry if name == place else "" for name in ("build", "dependencies", "optional")}
    text = (
        f"[build-system]\nrequires = [\n{lists['build']}\n]\n"
        f"[project]\ndependencies = [\n{lists['dependencies']}\n]\n"
        f"[project.optional-dependencies]\ntest = [\n{lists['optional']}\n]\n"
    )
    assert loose_requirements(text) == loose
