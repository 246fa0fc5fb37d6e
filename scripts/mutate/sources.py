"""Which sources a test depends on, found by walking imports; and a digest of their contents."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

#: Besides sources, what decides how tests run.
SETTINGS = ("pyproject.toml", "tests/conftest.py")


def closure(root: Path, files: Iterable[str]) -> list[str]:
    """Sources of the project that ``files`` import, directly or not, themselves included; sorted.

    Parameters
    ----------
    root
        The project's folder.
    files
        Python files, from there.
    """
    found: set[str] = set()
    left = list(files)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _imported(root, name)
    return sorted(found)


def digest(root: Path, files: Iterable[str]) -> str:
    """Digest of names and contents."""
    whole = hashlib.sha256()
    for name in files:
        whole.update(f"{name}\0".encode())
        whole.update(hashlib.sha256((root / name).read_bytes()).digest())
    return whole.hexdigest()


@cache
def _imported(root: Path, name: str) -> tuple[str, ...]:
    """Sources that a file names in its imports, wherever in it they stand, and the packages that hold them."""
    found: set[str] = set()
    for target in _targets(ast.parse((root / name).read_text(encoding="utf-8"))):
        parts = target.split(".")
        for size in range(1, len(parts) + 1):
            path = "/".join(parts[:size])
            found |= {file for file in (f"{path}.py", f"{path}/__init__.py") if (root / file).is_file()}
    return tuple(sorted(found))


def _targets(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
