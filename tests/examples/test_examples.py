"""Every example: right to the bit and to the cycle, by `make examples` and by `superlane run`; differences are seen."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from arch.config import preset
from arch.isa.table import decode
from arch.queues import queues, queues_by_name
from examples.catalog import EXAMPLES, Example
from examples.planes import from_planes, to_planes
from golden.run import ENGINES, run
from scripts import examples as runner
from scripts.cli import main
from scripts.commands import report

EACH = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
BY_NAME = {example.name: example for example in EXAMPLES}
DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def run_of(example: Example):
    return run(
        runner.program_of(example), {name: to_planes(rows) for name, rows in example.inputs().items()}, trace=True
    )


@EACH
@pytest.mark.parametrize("engine", list(ENGINES))
def test_an_example_gives_what_numpy_says_in_the_cycles_that_its_text_states(example, engine):
    outcome = runner.run_example(example, engine=engine)
    assert outcome.problems == ()
    assert outcome.cycles == example.stated_cycles


@EACH
def test_superlane_runs_the_folder(example, tmp_path, capsys):
    dump = tmp_path / "out.npz"
    assert main(["run", str(example.folder), "--json", "--dump", str(dump)]) == 0
    assert json.loads(capsys.readouterr().out)["cycles"] == example.stated_cycles
    with np.load(dump) as archive:
        for name, want in example.expected(example.inputs()).items():
            assert runner.agree(from_planes(archive[name], want.dtype), want, example.tolerance)


@EACH
def test_the_input_files_are_those_of_the_seeds(example):
    wanted = runner.input_files(example)
    assert {path: path.read_bytes() for path in wanted} == wanted, "run python -m scripts.examples --write"
    assert set(example.folder.glob("*.npy")) == set(wanted)


@EACH
def test_the_text_explains_itself(example):
    lines = example.source.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("; ")
    assert max(len(line) for line in lines if not line.startswith(".config")) <= 120
    assert f"**{example.name}**" in (DOCS / "examples.md").read_text(encoding="utf-8")


@EACH
def test_a_wrong_bit_a_wrong_cycle_and_an_undefined_word_are_seen(example):
    result = run_of(example)
    want = example.expected(example.inputs())
    assert runner.judge(example, result, want) == []
    name, rows = next(iter(want.items()))
    bent = rows.copy()
    bent[-1, -1] += 1
    assert f"{name} differs in " in " ".join(runner.judge(example, result, {name: bent}))
    late = dataclasses.replace(result, cycles=result.cycles + 1)
    assert runner.judge(example, late, want) == [
        f"its text states {example.stated_cycles} cycles, not {example.stated_cycles + 1}"
    ]
    undefined = dataclasses.replace(result, memory_defined=np.zeros_like(result.memory_defined))
    assert f"{name} has undefined words" in runner.judge(example, undefined, want)


def test_differences_are_an_exit_code(monkeypatch, capsys):
    wrong = dataclasses.replace(BY_NAME["copy"], expected=lambda given: {"y": given["x"] ^ 1})
    monkeypatch.setattr(runner, "EXAMPLES", (wrong, BY_NAME["gather"]))
    assert runner.main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "copy         FAIL    177 cycles  y differs in 64 of 64 elements"
    assert " ".join(lines[1].split()) == "gather ok 108 cycles as stated, equal to NumPy bit for bit"
    assert runner.main(["gather"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_an_unknown_example_is_refused(capsys):
    with pytest.raises(SystemExit) as leave:
        runner.main(["fly"])
    assert leave.value.code == 2
    assert "no example 'fly'; there are copy, vector_add," in capsys.readouterr().err


def test_a_text_must_state_its_cycles(tmp_path, monkeypatch):
    (tmp_path / "copy.sl").write_text("; cycles: 3\n; cycles: 4\n")
    monkeypatch.setattr(Example, "folder", tmp_path)
    with pytest.raises(ValueError, match=r"^copy\.sl must state its cycles in one line '; cycles: N'$"):
        _ = BY_NAME["copy"].stated_cycles


def test_the_matrix_product_has_no_bubble():
    result = run_of(BY_NAME["matmul"])
    index = queues_by_name(preset("small"))["E.mxm0.activations"].index
    cycles = [entry.cycle for entry in result.trace if entry.queue == index and entry.word[0].mnemonic == "ABC"]
    assert cycles == list(range(10, 58))
    assert result.counters.macs.sum() == 48 * 32 * 32


def test_the_report_counts_the_operations_of_softmax():
    """896 instructions of six ALUs, of 16 x 515 at most, on vectors of 32."""
    text = report.text(report.Ran(run_of(BY_NAME["softmax"]), 1.0))
    assert f"VXM       28,672 element operations, 55.7 per cycle, {100 * 896 / (16 * 515):.1f} % of 512" in text


def test_the_program_that_prefetches_does_so():
    example = BY_NAME["prefetch"]
    program = runner.program_of(example)
    reader = queues_by_name(program.config)["W.mem0"]
    reads = [entry for entry in run_of(example).trace if entry.queue == reader.index]
    names = [entry.word[0].mnemonic for entry in reads]
    assert names.count("Read") == 128 > program.config.queue_depth
    assert names.count("Ifetch") >= 1
    assert [e.cycle for e in reads if e.word[0].mnemonic == "Read"] == [n + n // 16 for n in range(128)]
    assert program.data, "text in memory"


@EACH
def test_every_word_of_an_example_is_defined(example):
    program = runner.program_of(example)
    for queue, words in zip(queues(program.config), program.preload, strict=True):
        assert all(decode(word, queue.unit) is not None for word in words)


@pytest.mark.parametrize("element", ["int8", "uint16", "int32", "float32"])
def test_planes_hold_a_byte_each_lowest_first(element):
    vectors = np.arange(24).reshape(3, 8).astype(element) * 3
    planes = to_planes(vectors)
    size = vectors.itemsize
    assert planes.dtype == np.uint8 and planes.shape == (3 * size, 8)
    for row in range(3):
        for lane in range(8):
            word = bytes(int(planes[byte * 3 + row, lane]) for byte in range(size))
            assert np.frombuffer(word, vectors.dtype)[0] == vectors[row, lane]
    assert np.array_equal(from_planes(planes, vectors.dtype), vectors)
