"""`superlane run --engine rtl`, the simulation played: what is asked of it, reported, compared and refused."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arch.config import preset
from arch.faults import Fault
from arch.isa.table import encode
from arch.program import Program
from compiler.asm.strides import advance
from compiler.asm.trace import Issue
from golden.memory import regions_named
from golden.result import FaultEntry
from golden.run import run as run_golden
from scripts import rtl
from scripts.cli import main
from scripts.commands import compare, hardware
from scripts.sim.view import views
from tb import hosted, verilator
from tb.hostlink.session import SessionOutcome, Settings
from tests.scripts.programs import X, copy, dry, undefined_output

RTL = ["--engine", "rtl"]
COPY = ["run", "copy.bin", "--input", "x=x.npy", *RTL]


@dataclass
class Played:
    """Does what the hardware would, by the golden model, and keeps what it was asked for."""

    change: dict[str, Any] = field(default_factory=dict)
    fails: Exception | None = None
    asked: dict[str, Any] = field(default_factory=dict)

    def __call__(self, program: Program, inputs: Any, folder: Path, **options: Any) -> tuple[SessionOutcome, rtl.Times]:
        self.asked = {"program": program, "folder": folder, **options}
        if self.fails is not None:
            raise self.fails
        if options["waveform"] is not None:
            for file in (options["waveform"], *views(options["waveform"])):
                file.write_text(file.suffix)
        return replace(outcome_of(program, inputs, options["settings"]), **self.change), rtl.Times(1, 2, 3)


def outcome_of(program: Program, inputs: Any, settings: Settings) -> SessionOutcome:
    """What hardware leaves that does what the golden model does."""
    golden = run_golden(program, inputs, limit=settings.limit, trace=settings.trace)
    counters = golden.counters
    wanted = [name for name, parts in regions_named(program).items() if any(part.role != "input" for part in parts)]
    regions = {name: golden.region(name) for name in wanted}
    rest = (counters.corrected, counters.issued, counters.parked)
    issues = tuple(
        # Hardware has added the strides to what it issues.
        Issue(one.cycle, one.queue, encode(advance(one.word, one.repeat) if one.repeat else one.word), 0)
        for one in golden.trace
    )
    known = issues if settings.trace else None
    return SessionOutcome(golden.cycles, golden.stopped, regions, golden.faults, *rest, {}, known)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    found = Played()
    monkeypatch.setattr(rtl, "simulate", found)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "copy.bin").write_bytes(copy().to_bytes())
    (tmp_path / "dry.bin").write_bytes(dry().to_bytes())
    (tmp_path / "undefined.bin").write_bytes(undefined_output().to_bytes())
    spare = replace(preset("tiny"), spare=True)
    (tmp_path / "spare.bin").write_bytes(Program(spare, copy().preload, copy().data, copy().regions).to_bytes())
    np.save(tmp_path / "x.npy", X)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hardware, "_FOLDER", tmp_path / "sessions")
    return tmp_path


def test_the_report_is_that_of_the_golden_model_but_for_what_hardware_does_not_know(folder, capsys, played: Played):
    assert main(["run", "copy.bin", "--input", "x=x.npy", "--json", "--dump", "-"]) == 0
    golden = json.loads(capsys.readouterr().out)
    assert main([*COPY, "--json", "--dump", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    unknown = {"engine": "rtl", "macs": None, "errors": None, "undefined_outputs": None, "seconds": 3.0}
    assert record == {**golden, **unknown}
    assert record["regions"] == {"y": X.tolist()}
    assert main([*COPY, "--dump", "y.npz"]) == 0
    out = capsys.readouterr().out
    assert "cycles    171 until idle" in out and "rtl       3.00 s, 57 cycles/s" in out and "MACs" not in out
    assert out.endswith("program errors: not seen by the hardware; --compare asks the golden model\n")
    with np.load("y.npz") as archive:
        assert np.array_equal(archive["y"], X)
    assert not list((folder / "sessions").iterdir()), "a session that went well leaves nothing"


def test_comparing_says_equal_or_where_not(folder, capsys, played: Played):
    assert main([*COPY, "--compare"]) == 0
    out = capsys.readouterr().out
    assert (
        "compare   equal: outputs, cycles, faults" in out and "MACs      0, " in out and "program errors: none" in out
    )
    wrong = X.copy()
    wrong[1, 3] ^= 8
    played.change = {"regions": {"y": wrong}, "cycles": 170}
    assert main([*COPY, "--compare"]) == 1
    out = capsys.readouterr().out
    assert "compare   DIFFERENT" in out and "cycles: the hardware took 170, the golden model 171" in out
    assert "region y of the hardware and the golden model: 1 of 16 differ, first at [1, 3]: 3, not 11" in out
    assert main([*COPY, "--compare", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["differences"]) == 2
    assert main(COPY) == 0, "nobody asked"


def test_faults_and_the_limit_are_exit_code_1(folder, capsys, played: Played):
    assert main(["run", "dry.bin", *RTL, "--limit", "200", "--compare"]) == 1
    out = capsys.readouterr().out
    assert "stopped at the limit like the golden model; nothing else is compared" in out and ": DRY, 200 in all" in out
    assert played.asked["settings"] == Settings(200, None)


def test_what_nobody_defined_is_not_compared(folder, capsys, played: Played):
    played.change = {"regions": {"y": np.full((3, preset("tiny").vector), 7, np.uint8)}}
    assert main(["run", "undefined.bin", *RTL, "--compare"]) == 0
    assert "undefined outputs: 1\n  y: 6 words" in capsys.readouterr().out


def test_a_trace_of_the_hardware_lies_beside_the_promise(folder, capsys, played: Played):
    assert main([*COPY, "--trace", "t.jsonl"]) == 0
    assert played.asked["settings"].trace
    assert main(["timeline", "copy.bin", "--trace", "t.jsonl"]) == 0
    assert "all as promised" in capsys.readouterr().out
    lines = (folder / "t.jsonl").read_text().splitlines()
    lost = next(n for n, line in enumerate(lines) if "Write" in line)
    (folder / "t.jsonl").write_text("\n".join(lines[:lost] + lines[lost + 1 :]) + "\n")
    assert main(["timeline", "copy.bin", "--trace", "t.jsonl"]) == 1
    assert "promised, and did not happen: Write" in capsys.readouterr().err
    assert main([*COPY, "--trace", "t.csv"]) == 0
    assert (folder / "t.csv").read_text().startswith("cycle,queue,instruction,repeat\n")
    assert main(COPY) == 0 and not played.asked["settings"].trace


def test_options_reach_the_simulation(folder, capsys, played: Played):
    arguments = ["run", "spare.bin", "--input", "x=x.npy", *RTL, "--fuse", "2", "--waves", "w.vcd", "--jobs", "3"]
    assert main(arguments) == 0
    asked = {name: played.asked[name] for name in ("settings", "jobs")}
    assert asked == {"settings": Settings(1_000_000, 2), "jobs": 3}
    for file in ("w.vcd", "w.gtkw", "w.sucl"):
        assert (folder / file).read_text() == Path(file).suffix
    assert not list((folder / "sessions").iterdir())
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [*COPY, "--trace", "t.csv", "--waves", "w.vcd"],
            "--trace and --waves need models of their own: take one after the other",
        ),
        ([*COPY, "--trace", "t.txt"], r"t\.txt: a trace file must end in \.csv or \.jsonl"),
        ([*COPY, "--fuse", "0"], "--fuse: the machine 'tiny' has no spare superlane"),
        ([*COPY, "--jobs", "0"], "--jobs must be a whole number of at least 1, not '0'"),
        ([*COPY, "--waves", "w.txt"], r"w\.txt: a waveform must end in \.fst or \.vcd"),
        ([*COPY, "--waves", "no/w.vcd"], r"no/w\.vcd: there is no folder no"),
        ([*COPY, "--limit", "4294967296"], "--limit must be below 4,294,967,296 for the hardware, not 4,294,967,296"),
        (["run", "copy.bin", *RTL], "input 'x' is missing: the program's inputs are x"),
        (["run", "copy.bin", "--compare"], "--compare needs --engine rtl"),
        (["run", "copy.bin", "--fuse", "0"], "--fuse needs --engine rtl"),
        (["run", "copy.bin", "--engine", "step", "--waves", "w.vcd"], "--waves needs --engine rtl"),
        (["run", "spare.bin", *RTL, "--fuse", "3"], "--fuse must be a whole number from 0 to 2, not '3'"),
        (["run", "spare.bin", *RTL, "--fuse", "-1"], "argument --fuse: expected one argument .*|--fuse must .* '-1'"),
        (["run", "spare.bin", *RTL, "--fuse", "x"], "--fuse must be a whole number from 0 to 2, not 'x'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_a_line_before_any_work(folder, capsys, played: Played, arguments, message):
    assert main(arguments) == 2
    assert re.fullmatch(f"superlane: (?:{message})\n", capsys.readouterr().err)
    assert not played.asked and not (folder / "sessions").exists()


def test_fst_without_its_headers_is_a_line(folder, capsys, played: Played, monkeypatch):
    monkeypatch.setattr(hosted, "waveform_format", lambda: "vcd")
    assert main([*COPY, "--waves", "w.fst"]) == 2
    assert re.fullmatch(r"superlane: w\.fst: FST takes the headers of lz4 and zlib .*\n", capsys.readouterr().err)
    assert not played.asked


def _missing(tool: str) -> Callable[[], Path]:
    def root() -> Path:
        raise verilator.MissingToolError(f"{tool} is missing: Verilator's models need g++, make and perl")

    return root


def test_a_missing_tool_is_a_line(folder, capsys, monkeypatch):
    monkeypatch.setattr(verilator, "root", _missing("g++"))
    for more in ([], ["--waves", "w.fst"]):
        assert main([*COPY, *more]) == 2
        err = capsys.readouterr().err
        assert err == "superlane: g++ is missing: Verilator's models need g++, make and perl\n"
        assert not (folder / "sessions").exists()


def test_missing_packages_are_a_line(folder, capsys, played: Played, monkeypatch):
    monkeypatch.setitem(sys.modules, "scripts.rtl", None)
    monkeypatch.delattr("scripts.rtl")
    assert main(COPY) == 2
    err = capsys.readouterr().err
    assert re.fullmatch(r"superlane: --engine rtl needs the extras 'hdl' and 'rtl' \(make setup\): .*\n", err), err


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (verilator.BuildError("building t failed at make; its log ends:\nno"), "building t failed at make; .*\n.*: no"),
        (AssertionError("Traceback"), r"the simulation failed; its log is .*sessions.*log\.txt"),
    ],
    ids=("build", "simulation"),
)
def test_a_simulator_that_fails_is_exit_code_3(folder, capsys, played: Played, failure, message):
    played.fails = failure
    assert main([*COPY, "--waves", "w.vcd"]) == 3
    assert not (folder / "w.vcd").exists(), "nothing is half written"
    assert re.fullmatch(f"superlane: {message}\n", capsys.readouterr().err)
    kept = list((folder / "sessions").iterdir())
    assert bool(kept) == isinstance(failure, AssertionError), "a log that is named stays"


def test_faults_of_the_hardware_alone_are_a_difference():
    golden = run_golden(copy(), {"x": X})
    outcome = outcome_of(copy(), {"x": X}, Settings())
    assert compare.compare_runs(golden, outcome) == []
    found = compare.compare_runs(golden, replace(outcome, faults=(FaultEntry(0, 1, Fault.ECC, 9, 2),)))
    assert found[1:] == ["  W.mem0 superlane 1 cycle 9: ECC, 2 in all"]
    assert compare.compare_runs(replace(golden, faults=outcome.faults), replace(outcome, stopped=True)) == [
        "the hardware had not ended after 171 cycles"
    ]
