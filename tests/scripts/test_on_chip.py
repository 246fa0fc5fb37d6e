"""Accuracy on the chip: kept image by image, resumed, held to the compiler's promises; what is kept is true."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from examples.networks import accuracy
from examples.networks.catalog import network
from scripts import on_chip
from scripts.on_chip import GOLDEN, Record

MLP = Record(GOLDEN, "mlp", "qdq", 20)


def test_a_run_resumes_where_it_was():
    kept: list[Record] = []
    first = on_chip.measure(MLP, 20, kept.append)
    assert kept == [first] and len(first.classes) == first.same == 20
    ran: list[int] = []

    def counted(program, inputs) -> tuple[int, Mapping]:
        ran.append(1)
        return on_chip.golden(program, inputs)

    second = on_chip.measure(first, 60, kept.append, counted)
    assert len(ran) == 2 and second.same == 60 and second.classes.startswith(first.classes)
    assert [int(one) for one in second.classes] == np.argmax(_machine("mlp", "qdq")[:60], axis=1).tolist()
    assert on_chip.measure(second, 60, kept.append, counted) == second and len(ran) == 2
    stale = replace(second, cycles=1)
    assert on_chip.measure(stale, 20, kept.append) == first


def test_a_wrong_score_and_a_wrong_cycle_are_seen():
    def wrong(program, inputs):
        cycles, regions = on_chip.golden(program, inputs)
        found = {name: rows.copy() for name, rows in regions.items()}
        next(iter(found.values()))[0, 3] ^= 1
        return cycles, found

    assert on_chip.measure(MLP, 20, lambda record: None, wrong).same == 19
    with pytest.raises(on_chip.DifferenceError, match=r"mlp: golden model took \d+ cycles, predicted"):
        on_chip.measure(MLP, 20, lambda record: None, lambda *given: (7, on_chip.golden(*given)[1]))


def test_records_are_kept(tmp_path: Path):
    file = tmp_path / "kept.json"
    assert on_chip.load(file) == {}
    records = [replace(MLP, engine="RTL", classes="12"), MLP]
    on_chip.save(records, file)
    assert on_chip.load(file) == {record.key: record for record in records}


@pytest.mark.parametrize("record", on_chip.load().values(), ids=lambda record: f"{record.network}-{record.engine}")
def test_what_is_kept_is_what_the_machine_computes(record: Record):
    assert record.same == len(record.classes) > 0
    wanted = np.argmax(_machine(record.network, record.form)[: len(record.classes)], axis=1)
    assert [int(one) for one in record.classes] == wanted.tolist()


def _machine(name: str, form: str) -> np.ndarray:
    found = accuracy.machine(network(name), form)
    assert found is not None
    return found
