"""What runs and what is left: batches, resumption, seeds that differ, the superlane bypassed, progress."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from arch.config import Config
from scripts.regress import ledger, work
from scripts.regress.batch import Agreement, Case, Outcome
from scripts.regress.work import Progress, run_machine, smaller
from tb.random.configs import named
from tb.random.generate import generate
from tb.random.schedule import Schedule

NANO = named("nano")


class Fake:
    """Runs nothing: every program agrees, but those of some seeds."""

    def __init__(self, *bad: int) -> None:
        self.bad = {f'{{"seed": {seed}}}' for seed in bad}
        self.batches: list[tuple[list[str], int]] = []

    def __call__(self, cases: Sequence[Case], fuse: int) -> Outcome:
        self.batches.append(([program.meta for program, _ in cases], fuse))
        good = next((n for n, (program, _) in enumerate(cases) if program.meta in self.bad), len(cases))
        agreed = tuple(Agreement(100, {"DRY": 1}) for _ in range(good))
        return Outcome(agreed, "cycle 7: stream E0" if good < len(cases) else "")

    @property
    def seeds(self) -> list[str]:
        return [meta for batch, _ in self.batches for meta in batch]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch):
    """Short programs in small batches, without bit errors."""

    def brief(config: Config, seed: int) -> Schedule:
        return generate(config, seed, cycles=20, fetches=0)

    monkeypatch.setattr(work, "BATCH", 3)
    monkeypatch.setattr(work, "schedule_of", brief)
    monkeypatch.setattr(work, "injection_of", lambda _schedule: None)


def run(fake: Fake, folder: Path, count: int, *, model: str = "m1", name: str = "nano") -> tuple[list[int], list[str]]:
    told: list[str] = []
    ticks = iter(range(1000))
    progress = Progress(count, told.append, lambda: 60.0 * next(ticks))
    return run_machine(name, named(name), model, fake, range(count), folder, progress), told


def test_all_seeds_run_once_and_are_kept(tmp_path: Path):
    fake = Fake()
    failed, told = run(fake, tmp_path, 7)
    assert failed == []
    assert [len(batch) for batch, _ in fake.batches] == [3, 3, 1]
    book = ledger.load(tmp_path, "m1", "nano")
    assert (book.passed, book.cycles, book.coverage.faults["DRY"]) == (set(range(7)), 700, 7)
    assert book.coverage.kinds
    # A minute for each batch of 3, 4 programs left.
    assert told[0] == "nano: 3 of 7 agree, 0 differ; 3 of 7 in all, 0.1/s, 1 min left beside building"


def test_a_second_run_does_the_rest(tmp_path: Path):
    run(Fake(), tmp_path, 4)
    fake = Fake()
    _, told = run(fake, tmp_path, 6)
    assert fake.seeds == ['{"seed": 4}', '{"seed": 5}']
    assert told[-1].startswith("nano: 6 of 6 agree")


def test_another_model_starts_anew(tmp_path: Path):
    run(Fake(), tmp_path, 3)
    fake = Fake()
    run(fake, tmp_path, 3, model="m2")
    assert len(fake.seeds) == 3


def test_a_seed_that_differs_is_named_and_the_others_still_run(tmp_path: Path):
    fake = Fake(1)
    failed, told = run(fake, tmp_path, 5)
    assert failed == [1]
    assert ledger.load(tmp_path, "m1", "nano").passed == {0, 2, 3, 4}
    assert told[0].splitlines()[:2] == ["nano: seed 1 differs:", "cycle 7: stream E0"]
    assert '--machine nano --seed 1 --fuse 0 [--shrink]"' in told[0]
    assert fake.batches[1][0] == ['{"seed": 2}', '{"seed": 3}', '{"seed": 4}']


def test_a_machine_is_given_up_after_enough_differences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work, "ENOUGH", 2)
    failed, _ = run(Fake(*range(9)), tmp_path, 9)
    assert failed == [0, 1]


def test_every_superlane_is_bypassed_in_turn(tmp_path: Path):
    fake = Fake()
    run(fake, tmp_path, 12, name="spare")
    assert [fuse for _, fuse in fake.batches] == [0, 1, 2, 0]
    assert ledger.load(tmp_path, "m1", "spare").fuses == {0: 6, 1: 3, 2: 3}


def test_a_damaged_ledger_is_a_new_one(tmp_path: Path):
    (tmp_path / "m1.json").write_text("{", encoding="utf-8")
    assert ledger.load(tmp_path, "m1", "nano") == ledger.Ledger("nano")


def test_what_differs_is_made_small():
    with pytest.raises(ValueError, match="must fail"):
        smaller(NANO, 0, Fake(), 0)
    found = smaller(NANO, 0, lambda cases, _fuse: Outcome((), "differs"), 0)
    assert sum(map(len, found.entries)) == 0 or len(found.flat()) < len(work.schedule_of(NANO, 0).flat()) // 2
