"""What a build took: kept once, when it is made."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from arch.config import preset
from scripts.full import record


def test_a_build_is_measured_when_it_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    made: list[str] = []
    part = SimpleNamespace(is_built=False, folder=tmp_path, part=None, name="superlane")
    whole = SimpleNamespace(is_built=False, folder=tmp_path, part=part, name="rim")

    def build(planned: SimpleNamespace, *, jobs: int) -> str:
        if not planned.is_built:
            made.append(planned.name)
        planned.is_built = True
        return planned.name

    monkeypatch.setattr(record.verilator, "root", lambda: None)
    monkeypatch.setattr(record.verilator, "build", build)
    monkeypatch.setattr(record.verilator, "progress", lambda planned: "")
    monkeypatch.setattr(record.hosted, "plan", lambda texts: whole)
    monkeypatch.setattr(record.hosted, "exported", lambda config: bool(made))
    monkeypatch.setattr(record.hosted, "sources", lambda config: {"a": "12", "b": "345"})
    assert record.build(preset("tiny"), tmp_path, jobs=3) == "rim" and made == ["superlane", "rim"]
    first = record.load(tmp_path)
    assert first["export"]["modules"] == 2 and first["export"]["bytes"] == 5
    for step in ("export", "superlane", "rim"):
        assert first[step]["seconds"] >= 0 and first[step]["processor"] >= 0 and first[step]["peak_mib"] > 0
    assert first["rim"]["jobs"] == 3
    record.build(preset("tiny"), tmp_path, jobs=1)
    assert record.load(tmp_path) == first and made == ["superlane", "rim"]
