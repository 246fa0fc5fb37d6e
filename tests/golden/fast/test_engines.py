"""The fast engine against the step engine: results, states and traces of random programs, legal and damaged."""

import dataclasses
import random

import pytest

from arch.faults import Fault, ProgramError
from arch.isa.table import encode
from arch.program import Program
from golden.fast.run import finish, run, start, states_at
from golden.result import Result
from golden.step.chip import Machine
from tb.random_programs import generate, named
from tests.golden.fast.compare import differences
from tests.golden.schedule import program as handmade
from tests.golden.schedule import word

_CONFIGS = ("tiny", "one", "3x8", "2x16", "integer", "single", "row", "mute", "slow", "fpga")


def _program(preset: str, seed: int, *, cycles: int = 150, faulty: bool = False) -> Program:
    return generate(named(preset), seed, cycles=cycles, density=0.2, faulty=faulty).program()


def _damaged(program: Program, rng: random.Random, changes: int) -> Program:
    """The program with words left out, doubled and changed: full of program errors and faults."""
    preload = [list(words) for words in program.preload]
    for _ in range(changes):
        words = rng.choice([words for words in preload if len(words) > 1])
        at, choice = rng.randrange(len(words)), rng.random()
        if choice < 0.4:
            del words[at]
        elif choice < 0.6:
            words.insert(at, rng.choice(words))
            del words[program.config.queue_depth :]
        else:
            words[at] ^= 1 << (rng.randrange(128) if choice < 0.8 else rng.randrange(8, 48))
    return dataclasses.replace(program, preload=tuple(map(tuple, preload)))


def _both(program: Program, limit: int) -> tuple[Result, Result]:
    return Machine(program, trace=True).run(limit), run(program, limit=limit, trace=True)


@pytest.mark.parametrize("preset", _CONFIGS)
@pytest.mark.parametrize("faulty", [False, True])
def test_random_programs_give_the_same_result(preset, faulty):
    for seed in range(2):
        step, fast = _both(_program(preset, seed, faulty=faulty), 3000)
        assert differences(step, fast) == [], f"seed {seed}"
        assert step.counters.issued.sum() > 100


@pytest.mark.parametrize("seed", range(12))
def test_damaged_programs_give_the_same_errors_and_faults(seed):
    rng = random.Random(seed)
    limit = rng.choice([100, 250, 700, rng.randrange(1, 400)])
    step, fast = _both(_damaged(_program("tiny", seed, faulty=seed % 3 == 0), rng, rng.randint(1, 6)), limit)
    assert differences(step, fast) == []


def test_damage_shows():
    """The programs above are not all spared."""
    kinds = set()
    for seed in range(12):
        result = run(_damaged(_program("tiny", seed), random.Random(seed), 6), limit=300)
        kinds |= {entry.error for entry in result.errors} | {entry.fault for entry in result.faults}
    assert len(kinds) >= 8


@pytest.mark.parametrize("preset", ["tiny", "3x8"])
@pytest.mark.parametrize("seed", range(3))
def test_states_of_cycles_are_the_same(preset, seed):
    program = _program(preset, seed)
    rng = random.Random(seed)
    cycles = sorted([0, 1, *rng.sample(range(2, 150), 4)])
    machine = Machine(program)
    for cycle, state in zip(cycles, states_at(program, None, cycles), strict=True):
        while machine.cycle < cycle:
            machine.step()
        assert differences(machine.state(), state) == [], f"cycle {cycle}"


def test_a_stopped_run_is_as_of_its_last_cycle():
    program = _program("tiny", 3)
    for limit in (1, 2, 17, 90, 91):
        step, fast = _both(program, limit)
        assert step.stopped
        assert differences(step, fast) == []


def test_windows_of_any_size_give_the_same_result(monkeypatch):
    program = _program("tiny", 5)
    whole = run(program, limit=3000)
    for size in (1, 7, 64):
        monkeypatch.setattr("golden.fast.engine.Engine._fit", lambda self, end, n=size: min(end, self.carry.start + n))
        assert differences(whole, run(program, limit=3000)) == []


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_text_that_takes_evaluation(monkeypatch, seed):
    """Programs that need their Ifetch, with nothing known of its text but what evaluation of the streams gives."""
    program = _program("tiny", seed, cycles=400)
    known = run(program, limit=3000)
    monkeypatch.setattr("golden.fast.text.StaticText.vector", lambda self, block, cycle: None)
    engine = start(program, None, 3000)
    assert not engine.finished
    assert differences(known, finish(engine)) == []
    assert differences(known, Machine(program).run(3000)) == []


@pytest.mark.parametrize("busy", [("NOP", {"n": 5000}), ("Repeat", {"n": 5000, "d": 1}), ("Sync", {})])
def test_text_that_overflows_while_the_run_is_stopped(busy):
    """Text arrives at a full queue that takes no further word before the limit."""
    config = named("tiny")
    read = word("Read", a=0, s="W0")
    words = [encode(item) for item in (word("Ifetch", s="E0"), read, word(busy[0], **busy[1]))]
    full = [*words, *[encode(read)] * (config.queue_depth - len(words))]
    program = handmade(config, {}, raw={"E.mem0": full})
    for limit in (20, 100, 700):
        step, fast = _both(program, limit)
        assert differences(step, fast) == []
    assert Fault.OVERFLOW in {entry.fault for entry in fast.faults}


def test_errors_that_damage_hardly_ever_makes():
    """ROW_HAZARD and PAIR_BUSY, which random damage does not hit."""
    acc = {"type": "i32", "row": 3}
    schedule = {
        "W.mxm0.accumulators": [
            (10, word("ACC", mode="write", keep=1, **acc)),
            (12, word("ACC", mode="add", keep=1, out="E0", **acc)),
            (13, word("ACC", mode="read", out="E4", **acc)),
            (40, word("ACC", mode="read", out="E4", **acc)),
        ],
        "E.mxm0.activations": [(5, word("ABC", form="f16", s="E0"))],
        "E.mxm1.activations": [(5, word("ABC", form="i8i8", s="E4"))],
    }
    step, fast = _both(handmade(named("tiny"), schedule), 1000)
    assert differences(step, fast) == []
    assert {ProgramError.ROW_HAZARD, ProgramError.PAIR_BUSY} <= {entry.error for entry in fast.errors}


def test_a_difference_is_found():
    """The comparison is not blind."""
    program = _program("tiny", 1)
    result = run(program, limit=3000)
    memory = result.memory.copy()
    memory[0, 0, 0, 0, 0, 0] ^= 1
    assert differences(result, dataclasses.replace(result, memory=memory))
    assert differences(result, dataclasses.replace(result, cycles=result.cycles + 1))
