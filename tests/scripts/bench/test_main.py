"""What `make bench` hands on."""

import sys

import pytest

from scripts.bench import __main__ as bench


@pytest.mark.parametrize(("options", "handed"), [((), ["--check"]), (("--write",), [])])
def test_cells_are_compared_with_the_table_or_written(
    options: tuple[str, ...], handed: list[str], monkeypatch: pytest.MonkeyPatch
):
    calls: list[list[str]] = []

    def cells(arguments: list[str]) -> int:
        calls.append(arguments)
        return 7

    monkeypatch.setattr(bench.cells, "main", cells)
    monkeypatch.setattr(sys, "argv", ["bench", "--cells", *options])
    assert bench.main() == 7
    assert calls == [handed]
