"""`superlane info PROGRAM`: numbers of known programs, for people and for machines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from arch.conveyor import Hemisphere
from arch.program import Region
from golden.run import run
from scripts.cli import main
from scripts.commands import contents
from scripts.commands.load import Loaded, load
from tests.scripts.programs import TINY, X, copy, dry

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def facts(program) -> dict:
    return contents.record(Loaded(program, None), "p")


def test_the_numbers_are_those_of_a_run():
    found, result = facts(copy()), run(copy(), {"x": X}, trace=True)
    assert (found["cycles"], found["issues"], found["complete"]) == (result.cycles, len(result.trace), True)
    assert sum(unit["issued"] for unit in found["units"]) == result.counters.issued.sum()
    assert (found["faults"], found["errors"]) == (0, 0)
    assert found["text"]["words"] == sum(map(len, copy().preload))


def test_memory_counts_each_row_once():
    overlapping = Region("z", "output", Hemisphere.EAST, 0, (1 << 12) + 1, 3)
    found = facts(replace(copy(), regions=(*copy().regions, overlapping)))
    assert found["memory"]["rows"] == {"W": 2, "E": 4}
    assert found["memory"]["rows_of_a_hemisphere"] == TINY.slices * 2 * TINY.bank_words
    assert {t["name"]: t["rows"] for t in found["tensors"]} == {"x": 2, "y": 2, "z": 2}


def test_fetched_text_is_counted():
    found = contents.record(load(EXAMPLES / "prefetch", None), "prefetch")
    assert found["text"]["fetches"] == 1
    assert found["text"]["longest_queue"] == {"name": "W.mem0", "words": 96, "of": 96}
    assert {t["name"] for t in found["tensors"]} == {"x", "y", "data"}


def test_what_a_compiler_says_is_told():
    tensor = {"name": "w", "shape": [2, 3], "type": "i8", "hemisphere": 1, "slice": 2, "address": 5, "rows": 4}
    meta = {"network": "net", "predicted": {"cycles": 7}, "tensors": [tensor, {**tensor, "slice": 3}]}
    found = facts(replace(copy(), meta=json.dumps(meta)))
    assert (found["network"], found["predicted_cycles"]) == ("net", 7)
    assert found["tensors"][0] == {"name": "w", "kind": "tensor i8 [2, 3]", "pieces": 2, "slices": 2, "rows": 8}
    lines = contents.text(found).splitlines()
    assert lines[0] == "program   p (net)"
    assert lines[2] == "cycles    171 (7 predicted)"


def test_a_program_without_end_says_so():
    text = contents.text(facts(dry()))
    assert "cycles    1,000,000, not followed to its end" in text
    assert "findings  1 faults, 0 program errors" in text


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture):
    file = tmp_path / "copy.bin"
    file.write_bytes(copy().to_bytes())
    assert main(["info", str(file)]) == 0
    out = capsys.readouterr().out
    assert "mem                    8     2             4     0.3" in out
    assert "W MEM           2  1,024  0.2     16" in out
    assert main(["info", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cycles"] == 171
    assert main(["info", str(file), "--preset", "full"]) == 2
    assert "is for the machine 'tiny'" in capsys.readouterr().err
    file.write_bytes(replace(copy(), meta='{"labels": 1}').to_bytes())
    assert main(["info", str(file)]) == 2
    assert capsys.readouterr().err == f"superlane: {file}: meta.labels must be a list\n"
