"""The page of accuracies: as measured, and told when it is not."""

from pathlib import Path

import numpy as np
import pytest

from examples.networks import accuracy as measured
from examples.networks.catalog import network
from scripts import accuracy, on_chip


def kept(page: str) -> list[str]:
    """Lines of a page without what last bits of floating point tell, which differ between processors: two cells."""
    lines = page.splitlines()
    return [line.rsplit("|", 3)[0] if "| fp32 |" in line or "| fp16 |" in line else line for line in lines]


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture):
    accuracy.main(["--check"])
    said, page = capsys.readouterr().out, accuracy.PAGE.read_text(encoding="utf-8")
    said = said.removesuffix("docs/networks-accuracy.md: out of date, run make accuracy\n")
    assert kept(said) == kept(page)
    assert "| mlp | 6,570 | fp32 | 98.61% |  |  | 360 " in kept(page)


def test_a_page_that_differs_is_told_and_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
):
    page = tmp_path / "page.md"
    page.write_text("old")
    rows = [_row()]
    monkeypatch.setattr(accuracy, "PAGE", page)
    monkeypatch.setattr(accuracy, "measure", lambda: rows)
    assert accuracy.main(["--check"]) == 1
    assert "docs/page.md: out of date, run make accuracy" in capsys.readouterr().out
    assert page.read_text() == "old"
    assert accuracy.main([]) == 0
    assert page.read_text() == accuracy.page(rows, on_chip.load().values())


def _row() -> accuracy.Row:
    shares = {"onnxruntime": 0.5, "machine": 0.25, "golden": None}
    return accuracy.Row(network("mlp"), "qdq", shares, agreeing=7, equal=5, margin=0.125, images=360)


def test_a_row_tells_every_engine():
    assert "| mlp | 6,570 | int8, QDQ | 50.00% | 25.00% |  | 7 | 5 | 0.125 |" in accuracy.page([_row()]).splitlines()


def test_the_chip_has_a_table():
    right = "".join(map(str, measured.images()[1][:4]))
    record = on_chip.Record("RTL", "mlp", "qdq", 2, 1234, right[:3] + str((int(right[3]) + 1) % 10), 4)
    lines = accuracy.page([_row()], [record]).splitlines()
    assert "| mlp | int8, QDQ | RTL | 2 | 1,234 | 4 | 75.00% | 4 |" in lines


@pytest.mark.parametrize("name", ["mlp", "cnn", "transformer"])
def test_every_image_without_a_tie_gets_the_class_of_the_float_model(name: str):
    chosen = network(name)
    floats = measured.scores(chosen, "float")
    for form in chosen.forms[1:]:
        scores = measured.machine(chosen, form)
        assert scores is not None
        same = np.argmax(scores, axis=1) == np.argmax(floats, axis=1)
        assert same[measured.margins(floats) > 0].all()


def test_an_engine_that_errs_shows_in_the_table():
    chosen = network("mlp")

    def wrong(chosen, form):
        return -measured.scores(chosen, form)

    def off(chosen, form):
        scores = measured.scores(chosen, form).copy()
        scores[3, 9] += np.spacing(scores[3, 9])
        return None if form == "qdq" else scores

    rows = accuracy.measure((chosen,), {"onnxruntime": measured.scores, "wrong": wrong})
    assert [row.form for row in rows] == list(chosen.forms)
    shares = rows[0].shares
    assert shares["wrong"] is not None and shares["onnxruntime"] is not None
    assert shares["wrong"] < 0.1 and np.isclose(shares["onnxruntime"], chosen.record()["accuracy"], atol=1e-5)
    assert rows[0].agreeing < 36 and rows[0].equal == 0
    rows = accuracy.measure((chosen,), {"onnxruntime": measured.scores, "off": off})
    assert [(row.agreeing, row.equal) for row in rows] == [(360, 359), (360, None), (360, 359)]
