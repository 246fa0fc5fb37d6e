"""An export is made once for the same sources and wishes."""

from pathlib import Path

import pytest

from hdl.seam import Block
from hdl.secded import Encoder
from tb import exports
from tb.exports import kept


def test_an_export_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made: list[tuple[str, bool]] = []

    def fake(top: Block, *, checks: bool) -> dict[str, str]:
        made.append((top.module_name, checks))
        return {top.module_name: f"module, {len(made)}"}

    root, builds = tmp_path / "root", tmp_path / "builds"
    (root / "hdl").mkdir(parents=True)
    (root / "hdl" / "x.py").write_text("1", encoding="utf-8")
    monkeypatch.setattr(exports, "export", fake)
    monkeypatch.setattr(exports, "BUILDS", builds)
    monkeypatch.setattr(exports, "ROOT", root)
    top = Encoder(word_bits=32)
    first = kept(top, "a")
    assert kept(top, "a") == first == {"secded_encoder_32": "module, 1"}
    assert kept(top, "b") != first
    assert kept(top, "a", checks=True) != first
    (root / "hdl" / "x.py").write_text("2", encoding="utf-8")
    assert kept(top, "a") != first
    assert made == [("secded_encoder_32", checks) for checks in (False, False, True, False)]
    assert not list(builds.glob("*.part"))
