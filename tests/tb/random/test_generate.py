"""Random programs are legal, and the golden model issues exactly what the generator says in the cycles that it says."""

import dataclasses
import subprocess
import sys
from functools import cache

import pytest

from arch.faults import Fault
from arch.isa.legal import problem
from arch.isa.table import decode, encode
from arch.queues import Unit, queues
from arch.timing import timing
from golden.result import Result
from golden.run import run
from tb.random.barrier import Barrier
from tb.random.scene import Scene
from tb.random_programs import CONFIGS, Schedule, generate, named

#: Seeds run at each machine; a budget for `make test`, no claim of completeness.
SEEDS = range(100, 102)
#: The host stops a run then; every random program is idle long before.
LIMIT = 4000

#: A few programs of each machine share the golden model's runs between the tests.
CASES = [(name, seed) for name in CONFIGS for seed in SEEDS]
FAULTY = [(name, seed) for name in ("tiny", "one", "3x8", "slow") for seed in range(200, 204)]


@cache
def drawn(name: str, seed: int, faulty: bool = False) -> tuple[Schedule, Result]:
    schedule = generate(CONFIGS[name], seed, faulty=faulty)
    return schedule, run(schedule.program(), engine="step", limit=LIMIT, trace=True)


def issues(schedule: Schedule) -> set[tuple]:
    """What the schedule says of each issue that the golden model's trace knows."""
    return {
        (cycle, index, entry.word, repeat)
        for index, entry in schedule.flat()
        for repeat, cycle in enumerate(entry.issues())
        if entry.mnemonic not in ("?", "NOP", "Repeat") and not (entry.mnemonic == "Ifetch" and entry.text is None)
    }


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_every_word_is_one_of_its_machine(name: str, seed: int):
    schedule, _ = drawn(name, seed)
    everything = queues(schedule.config)
    assert sum(map(len, schedule.entries)) > 5 * len(everything)
    for index, entry in schedule.flat():
        assert not isinstance(entry.word, int)
        assert decode(encode(entry.word), everything[index].unit) == entry.word
        assert problem(schedule.config, everything[index], entry.word) is None


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_it_runs_without_errors_and_faults(name: str, seed: int):
    _, result = drawn(name, seed)
    assert result.errors == ()
    assert result.faults == ()
    assert not result.stopped


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_everything_issues_when_the_schedule_says(name: str, seed: int):
    schedule, result = drawn(name, seed)
    assert {(e.cycle, e.queue, e.word, e.repeat) for e in result.trace} == issues(schedule)
    last = max(entry.cycle for _, entry in schedule.flat())
    assert result.cycles == last + 1 + timing(schedule.config).drain


@pytest.mark.parametrize(("name", "seed"), FAULTY)
def test_faulty_programs_have_faults_and_no_errors(name: str, seed: int):
    schedule, result = drawn(name, seed, faulty=True)
    assert result.errors == ()
    assert result.faults
    assert {(e.cycle, e.queue, e.word, e.repeat) for e in result.trace} == issues(schedule)


def test_text_is_fetched_by_many_queues():
    # That the words of the blocks issue, and when, the traces above tell.
    fetched = {
        (name, schedule.entries[index][-1].cycle > entry.cycle)
        for name, seed in CASES
        for schedule in [drawn(name, seed)[0]]
        for index, entry in schedule.flat()
        if entry.text
    }
    assert len(fetched) >= len(CONFIGS) // 2


def test_every_fault_occurs_but_bit_errors():
    seen = {entry.fault for name, seed in FAULTY for entry in drawn(name, seed, faulty=True)[1].faults}
    assert set(Fault) - seen == {Fault.ECC}


def test_the_golden_model_sees_what_is_missing():
    # Without the Reads the others sample streams that nobody defines: the check above can fail.
    schedule, _ = drawn("tiny", SEEDS[0])
    rows = tuple(tuple(e for e in row if "Read" not in e.mnemonic) for row in schedule.entries)
    result = run(dataclasses.replace(schedule, entries=rows).program(), engine="step", limit=LIMIT)
    assert {"UNDEFINED_STREAM"} <= {entry.error.name for entry in result.errors}


def test_a_shifted_word_is_seen_in_the_trace():
    schedule, result = drawn("tiny", SEEDS[0])
    index, entry = next((i, e) for i, e in schedule.flat() if e.mnemonic == "Read")
    moved = dataclasses.replace(entry, cycle=entry.cycle + 1)
    assert (moved.cycle, index, moved.word, 0) not in {(e.cycle, e.queue, e.word, e.repeat) for e in result.trace}


def test_a_seed_gives_the_same_program_in_every_process():
    code = (
        "import hashlib; from tb.random_programs import CONFIGS, generate;"
        "print(hashlib.sha256(generate(CONFIGS['tiny'], 5, cycles=60).program().to_bytes()).hexdigest())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": salt}, capture_output=True, text=True)
        for salt in ("1", "2")
    ]
    assert runs[0].returncode == 0, runs[0].stderr
    assert len(runs[0].stdout.strip()) == 64
    assert runs[0].stdout == runs[1].stdout


def test_different_seeds_and_options_differ():
    config = CONFIGS["tiny"]
    programs = [
        generate(config, 1),
        generate(config, 2),
        generate(config, 1, cycles=200),
        generate(config, 1, density=0.5),
    ]
    assert len({schedule.program().to_bytes() for schedule in programs}) == 4


def test_only_the_units_asked_for_take_part():
    wanted = {Unit.MEM, Unit.VXM}
    schedule = generate(CONFIGS["tiny"], 3, units=wanted)
    busy = set()
    for queue, row in zip(queues(schedule.config), schedule.entries, strict=True):
        if any(entry.word and not isinstance(entry.word, int) and entry.word[0].spec.units for entry in row):
            busy.add(queue.unit)
    assert busy == wanted
    assert run(schedule.program(), engine="step", limit=LIMIT).faults == ()


def test_a_queue_has_a_word_for_each_release_under_way(monkeypatch: pytest.MonkeyPatch):
    # Short queues, a slow barrier, and many instructions: without these words a released queue could not park again.
    config, steer, most = dataclasses.replace(named("2x16-lean"), queue_depth=48), Barrier.steer, []

    def steered(barrier: Barrier, scene: Scene) -> None:
        most.append(len(barrier.notifies))
        for cursor in scene.cursors:
            gap = 0 if cursor.parked is not None else 2
            assert cursor.left >= len(barrier.notifies) + gap, f"cycle {scene.now}: {cursor.queue.name}"
        steer(barrier, scene)

    monkeypatch.setattr(Barrier, "steer", steered)
    for seed in range(30, 38):
        generate(config, seed, cycles=150, density=1.0, faulty=bool(seed % 2))
    assert max(most) > 4


@pytest.mark.parametrize("cycles", [0, 1, 7])
def test_short_programs_end(cycles: int):
    schedule = generate(CONFIGS["tiny"], 4, cycles=cycles)
    assert not run(schedule.program(), engine="step", limit=LIMIT).stopped


def test_no_density_gives_idle_queues():
    # Bursts, the barrier and text go on: what an idle queue draws by itself is what density is about.
    few, many = (len(generate(CONFIGS["tiny"], 6, density=d).flat()) for d in (0.0, 0.5))
    assert few < many


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"density": 1.5}, "density must be from 0 to 1, not 1.5"),
        ({"density": -0.1}, "density must be from 0 to 1, not -0.1"),
        ({"cycles": -1}, "cycles must not be negative, not -1"),
    ],
)
def test_wrong_options_are_refused(options: dict, message: str):
    with pytest.raises(ValueError) as caught:
        generate(CONFIGS["tiny"], 0, **options)
    assert str(caught.value) == message
