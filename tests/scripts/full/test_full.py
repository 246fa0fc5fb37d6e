"""`make full` as a command: options, what it prints and writes, and its exit code; the hardware is played."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from arch.config import Config, preset
from arch.rates import PUBLISHED, rates
from golden.result import Result
from scripts.full import __main__ as full
from scripts.full import figures, products, record, report, runner
from scripts.full.figures import Seen, Sight
from scripts.full.runner import Ran
from tb.hostlink.session import Memories, SessionOutcome

TINY = preset("tiny")


def played(golden: Result, *, late: int = 0, flipped: int = 0, unsound: int = 0) -> SessionOutcome:
    """What the hardware would leave that does what the golden model does, but for some faults."""
    memory = golden.memory.copy()
    defined = np.argwhere(golden.memory_defined)
    memory[tuple(defined[0])] ^= flipped
    names = dict.fromkeys(region.name for region in golden.program.regions if region.role != "input")
    regions = {name: golden.region(name) for name in names}
    return SessionOutcome(
        golden.cycles + late,
        False,
        regions,
        golden.faults,
        golden.counters.corrected,
        golden.counters.issued,
        golden.counters.parked,
        {"run": (golden.cycles, 0.5)},
        processor={"run": 0.25},
        memories=Memories(memory, golden.accumulators, unsound),
    )


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Plays the hardware; what is in it are the faults of :func:`played`."""
    wrong: dict[str, int] = {}

    def simulate(program, inputs, folder, **_):
        golden = runner.run_golden(program, inputs)
        return played(golden, **wrong), None

    monkeypatch.setattr(runner.rtl, "simulate", simulate)
    monkeypatch.setattr(record, "build", lambda *_, **__: None)
    return wrong


def test_all_equal(hardware: dict[str, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    options = ["--preset", "tiny", "--program", "permute", "--program", "int8", "--out", str(tmp_path)]
    assert full.main(options) == 0
    out = capsys.readouterr().out
    assert out.count("equal") == 2 and "DIFFERENT" not in out
    assert "| permute | 16 permutations of 8 elements |" in (tmp_path / "tiny" / "report.md").read_text()
    kept = record.load(tmp_path / "tiny")["runs"]["1"]
    assert kept["int8"]["equal"] and kept["permute"]["cycles"] > 0 and kept["permute"]["speed"] > 0


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ({"late": 1}, "cycles: the hardware took"),
        ({"flipped": 4}, "memory: "),
        ({"unsound": 3}, "memory: 3 words have wrong check bits"),
    ],
)
def test_a_difference_gives_exit_code_1(hardware: dict[str, int], tmp_path: Path, capsys, fault: dict, line: str):
    hardware.update(fault)
    assert full.main(["--preset", "tiny", "--program", "gather", "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "DIFFERENT" in out and line in out


def test_what_a_machine_has_no_room_for_is_left_out(hardware: dict[str, int], tmp_path: Path, capsys):
    assert full.main(["--preset", "tiny", "--program", "cnn", "--program", "chain", "--out", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "cnn: left out on tiny: " in captured.err and "chain" in captured.out


def test_wrong_scores_are_a_failure_and_not_left_out(hardware: dict[str, int], tmp_path: Path, monkeypatch, capsys):
    config, scores = preset("small"), np.zeros((2, 10), np.float32)
    made = SimpleNamespace(scores=lambda regions: scores, regions={}, onnxruntime=scores + 1)
    monkeypatch.setattr(products.simulated, "prepare", lambda *_: made)
    assert full.main(["--preset", "small", "--program", "cnn", "--out", str(tmp_path)]) == 1
    assert f"cnn: on {config.name} the golden model's scores are not" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "huge"], "preset must be one of tiny, small, fpga, full, not 'huge'"),
        (["--program", "sort"], "--program must be one of int8, fp16, permute, transpose, gather, chain, prefetch, "),
        (["--threads", "0"], "--threads must be at least 1, not 0"),
        (["--jobs", "0"], "--jobs must be at least 1, not 0"),
    ],
)
def test_bad_options_are_told_in_a_line(options: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    assert full.main(options) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_figures_of_the_planes_from_what_is_seen():
    seen = Seen(planes_sights(TINY), {name: 4 for name in figures._queues(TINY, "activations")}, {})
    found = figures.planes_figures(TINY, seen)
    assert found == {
        "dot_product_cycles": 2,
        "plane_load_cycles": 2,
        "all_planes_load_cycles": 12 - 3 + TINY.stages.operand + 1,
        "int8_macs_per_cycle": 4 * 64,
    }


def planes_sights(config: Config) -> dict[Sight, np.ndarray]:
    """A Read in cycle 3, loads in 11 and 12, an IW in 13, activations in 14 to 17, sums in 20 and 21."""
    shown = {"fire": (), "weights": (11, 12, 13), "activations": (14, 15, 16, 17), "e_mem0": (3,)}
    found = {}
    for sight in figures.planes_sights(config):
        key = next((name for name in shown if name in sight.port and name != "fire"), "fire")
        cycles = (20 + sight.superlane,) if sight.port.endswith("valid") else shown[key]
        found[sight] = np.isin(np.arange(30), cycles).astype(np.uint32)
    return found


def test_partial_sums_that_jump_are_refused():
    seen = planes_sights(TINY)
    last = Sight(1, "w_plane0_up__0__valid")
    seen[last] = np.roll(seen[last], 1)
    with pytest.raises(ValueError, match=r"^partial sums must climb one superlane per cycle, not reach them in cycles"):
        figures.planes_figures(TINY, Seen(seen, {}, {}))


def test_figures_are_held_against_table_and_papers():
    config = preset("full")
    right = {name: rates(config)[name] for name in PUBLISHED}
    assert not report.unlike(config, right) and rates(config)["all_planes_load_cycles"] < 40
    for name in right:
        wrong = report.unlike(config, {**right, name: 40})
        assert len(wrong) == 2 and "by the timing table" in wrong[0] and "published" in wrong[1]
    assert "| hops across a hemisphere | 11 | 11 | 11 |" in report.figures(config, right)
    assert "published" not in report.figures(TINY, {"hemisphere_hops": 1})


def test_the_speed_of_a_run_is_that_of_its_program():
    outcome = SimpleNamespace(steps={"boot": (9, 9.0), "run": (600, 2.0)}, processor={"boot": 9.0, "run": 1.5})
    case = SimpleNamespace(name="x")
    ran = Ran(case, None, outcome, 1.0, ())  # type: ignore[arg-type]
    assert ran.speed == 300 and ran.work == 400
