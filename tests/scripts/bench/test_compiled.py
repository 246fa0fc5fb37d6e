"""The benchmark of the compiler: its tables, its page, and that a wrong program is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.bench import compiled


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A page of its own, of little."""
    found = tmp_path / "performance.md"
    monkeypatch.setattr(compiled, "PAGE", found)
    monkeypatch.setattr(compiled, "PRODUCTS", (("small", (128, 64, 64)), ("tiny", (2000, 8, 8))))
    monkeypatch.setattr(compiled, "NETWORKS", (("mlp", "qdq", 30),))
    monkeypatch.setattr(compiled, "MACHINES", ("small", "tiny"))
    return found


def test_tables_are_printed_and_written(page: Path, capsys: pytest.CaptureFixture[str]):
    assert compiled.main([]) == 0 and not page.exists()
    assert compiled.main(["--write"]) == 0
    lines = page.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("| ") for line in capsys.readouterr().out.splitlines()) == 2 * 8
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]
    good, big = (row for row in cells if row[0] in ("small", "tiny"))
    assert good[1:3] == ["128x64x64", "128"] and int(good[5]) >= int(good[3]) and good[6].endswith("%")
    assert big[1] == "2000x8x8" and big[5].startswith("refused: the network does not fit")
    network = next(row for row in cells if row[0] == "mlp, int8")
    assert sum(int(cell) for cell in network[4:8]) == int(network[3])
    assert float(network[8].replace(",", "")) == pytest.approx(30 * 900e6 / int(network[3]), abs=1)


def test_a_program_that_takes_other_cycles_is_told(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    real = compiled.compile_graph

    def late(graph, config):
        made = real(graph, config)
        return replace(made, facts=replace(made.facts, cycles=made.cycles + 1))

    monkeypatch.setattr(compiled, "compile_graph", late)
    assert compiled.main(["--write"]) == 1
    assert "cycles, predicted were" in capsys.readouterr().err and not page.exists()
