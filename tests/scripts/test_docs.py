"""The generated pages: that the committed ones are up to date, and that one notices when they are not."""

from pathlib import Path

import pytest

from scripts import docs


def test_the_committed_pages_are_up_to_date():
    assert docs.outdated() == [], "run make docs"


def test_a_stale_page_is_noticed_and_written_anew(tmp_path: Path):
    assert docs.outdated(tmp_path) == list(docs.PAGES)
    assert docs.write(tmp_path) == list(docs.PAGES)
    assert docs.outdated(tmp_path) == [] and docs.write(tmp_path) == []
    page = tmp_path / "isa.md"
    page.write_text(page.read_text(encoding="utf-8").replace("0x11", "0x12", 1), encoding="utf-8")
    assert docs.outdated(tmp_path) == ["isa.md"]


def test_check_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr(docs, "outdated", lambda: ["isa.md"])
    assert docs.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/isa.md: out of date, run make docs\n"
    monkeypatch.setattr(docs, "outdated", list)
    assert docs.main(["--check"]) == 0
